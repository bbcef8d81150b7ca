#compdef dockwatch

autoload -U is-at-least

_dockwatch() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--interval=[Time between samples]:DURATION:_default' \
'*-H+[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--host=[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only this Compose project]:NAME:_default' \
'--project=[Only this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'--json[Print JSON\: one object]' \
'(-f --follow)-a[Show stopped containers too]' \
'(-f --follow)--all[Show stopped containers too]' \
'(-f --follow)--disk[Ask what images, containers, volumes and build cache take on disk; the engine adds it up, which takes a while]' \
'-f[Go on\: a sample every interval, and between them what happens; with --json one object a line]' \
'--follow[Go on\: a sample every interval, and between them what happens; with --json one object a line]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_dockwatch_commands" \
"*::: :->dockwatch" \
&& ret=0
    case $state in
    (dockwatch)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:dockwatch-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
'--need=[Memory the run needs, such as 2GiB]:SIZE:_default' \
'--category=[Kind of run\: needs what recorded runs of this category used]:NAME:_default' \
'--fail-on=[Level from which the answer is no]:LEVEL:((safe\:"Under half of the budget"
warning\:"From 50 %"
critical\:"From 75 %"
emergency\:"From 90 %"))' \
'--wait=[Wait this long until it fits]:DURATION:_default' \
'*-H+[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--host=[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only this Compose project]:NAME:_default' \
'--project=[Only this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(record)
_arguments "${_arguments_options[@]}" : \
'--category=[Kind of run, for predictions\: unit, integration, e2e, performance, or a name of your own]:NAME:_default' \
'--interval=[Time between samples]:DURATION:_default' \
'(--report --interval)--orphans=[Record only that this many containers, networks and volumes were left after a run of the category was taken down\: for the report]:N:_default' \
'--report=[Write the record of the run as JSON to this file]:FILE:_files' \
'*-H+[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--host=[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only this Compose project]:NAME:_default' \
'--project=[Only this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'*::command -- Command to run:_default' \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
'--since=[Only runs that ended within this time, such as 7d]:DURATION:_default' \
'--category=[Only this category]:NAME:_default' \
'--json[Print one JSON object]' \
'(--json)--csv[Print CSV with a header]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(metrics)
_arguments "${_arguments_options[@]}" : \
'--textfile=[Write them to this file, which is never seen half-written\: for node_exporter]:PATH:_files' \
'*-H+[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--host=[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only this Compose project]:NAME:_default' \
'--project=[Only this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(predict)
_arguments "${_arguments_options[@]}" : \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
':category -- Kind of run\: unit, integration, e2e, performance, or a name of your own:_default' \
&& ret=0
;;
(report)
_arguments "${_arguments_options[@]}" : \
'--since=[Only what was recorded within this time, such as 7d]:DURATION:_default' \
'--html=[Write a page with plots to this file; it needs no network]:FILE:_files' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
'--interval=[Time between samples]:DURATION:_default' \
'*-H+[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--host=[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only this Compose project]:NAME:_default' \
'--project=[Only this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(enforce)
_arguments "${_arguments_options[@]}" : \
'--grace=[With --stop\: time from SIGTERM to SIGKILL]:DURATION:_default' \
'(--stop --kill --json)--on-level=[Go on, and run the command each time this level is reached from below]:LEVEL:((safe\:"Under half of the budget"
warning\:"From 50 %"
critical\:"From 75 %"
emergency\:"From 90 %"))' \
'--interval=[With --on-level\: time between samples]:DURATION:_default' \
'*-H+[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--host=[Engine to talk to, such as unix\:///run/docker.sock; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only what carries this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only this Compose project]:NAME:_default' \
'--project=[Only this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers, such as 4GiB; a bare number counts GiB]:SIZE:_default' \
'--max-containers=[Most running containers]:N:_default' \
'--max-networks=[Most networks, the engine'\''s own not counted]:N:_default' \
'--max-volumes=[Most volumes]:N:_default' \
'(--kill)--stop[Stop them]' \
'--kill[Kill them at once]' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::command -- Command to run when the level is reached:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_dockwatch__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:dockwatch-help-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(record)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(metrics)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(predict)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(report)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(enforce)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_dockwatch_commands] )) ||
_dockwatch_commands() {
    local commands; commands=(
'check:Say whether a run fits\: engine healthy, memory at hand, level below the bar' \
'record:Sample while a command runs and record its peaks; without a command, record one sample' \
'history:Show recorded runs' \
'metrics:Print figures for Prometheus' \
'predict:Say what a run of a category will need' \
'report:Show the success figures beside their targets, as a table or as a page with plots' \
'top:Show a live view\: history lines, sorting, filter' \
'enforce:End containers that are over their limits, or run a command when a level is reached' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'dockwatch commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__check_commands] )) ||
_dockwatch__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch check commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__enforce_commands] )) ||
_dockwatch__subcmd__enforce_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch enforce commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help_commands] )) ||
_dockwatch__subcmd__help_commands() {
    local commands; commands=(
'check:Say whether a run fits\: engine healthy, memory at hand, level below the bar' \
'record:Sample while a command runs and record its peaks; without a command, record one sample' \
'history:Show recorded runs' \
'metrics:Print figures for Prometheus' \
'predict:Say what a run of a category will need' \
'report:Show the success figures beside their targets, as a table or as a page with plots' \
'top:Show a live view\: history lines, sorting, filter' \
'enforce:End containers that are over their limits, or run a command when a level is reached' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'dockwatch help commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__check_commands] )) ||
_dockwatch__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help check commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__enforce_commands] )) ||
_dockwatch__subcmd__help__subcmd__enforce_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help enforce commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__help_commands] )) ||
_dockwatch__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help help commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__history_commands] )) ||
_dockwatch__subcmd__help__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help history commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__metrics_commands] )) ||
_dockwatch__subcmd__help__subcmd__metrics_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help metrics commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__predict_commands] )) ||
_dockwatch__subcmd__help__subcmd__predict_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help predict commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__record_commands] )) ||
_dockwatch__subcmd__help__subcmd__record_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help record commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__report_commands] )) ||
_dockwatch__subcmd__help__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help report commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__top_commands] )) ||
_dockwatch__subcmd__help__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help top commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__history_commands] )) ||
_dockwatch__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch history commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__metrics_commands] )) ||
_dockwatch__subcmd__metrics_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch metrics commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__predict_commands] )) ||
_dockwatch__subcmd__predict_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch predict commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__record_commands] )) ||
_dockwatch__subcmd__record_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch record commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__report_commands] )) ||
_dockwatch__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch report commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__top_commands] )) ||
_dockwatch__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch top commands' commands "$@"
}

if [ "$funcstack[1]" = "_dockwatch" ]; then
    _dockwatch "$@"
else
    compdef _dockwatch dockwatch
fi
