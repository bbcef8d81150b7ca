#compdef restartgate

autoload -U is-at-least

_restartgate() {
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
'*-l+[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'*--label=[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'-p+[Only a service of this Compose project]:NAME:_default' \
'--project=[Only a service of this Compose project]:NAME:_default' \
'--cooldown=[Shortest time between two restarts of a service; each failure doubles it, up to ten times its length \[default\: 30s\]]:DURATION:_default' \
'--max-attempts=[Most restarts of a service within the window; one more trips the breaker \[default\: 3\]]:N:_default' \
'--window=[Time in which restarts are counted \[default\: 5m\]]:DURATION:_default' \
'--open=[How long the breaker stays open; each trip in a row doubles it, up to six times its length \[default\: 5m\]]:DURATION:_default' \
'--stable=[How long a service must stay up after a probe before the breaker closes \[default\: 1m\]]:DURATION:_default' \
'--per-minute=[Most restarts of all services within a minute \[default\: 6\]]:N:_default' \
'--reason=[Why it is restarted, for the history]:TEXT:_default' \
'--stop-timeout=[Time that each container has to stop before it is killed]:DURATION:_default' \
'--health-timeout=[Longest time until the service must be healthy]:DURATION:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'--per-host[Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine]' \
'--even-if-healthy[Restart also when it is healthy]' \
'--force[Restart it whatever the gate decides; it is recorded, and counts for the limits]' \
'-w[Wait until the gate allows it, instead of failing with 75]' \
'--wait[Wait until the gate allows it, instead of failing with 75]' \
'()--json[Print one JSON object; not with a command, whose stdout is its own]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::service -- Compose service or container name; never a container ID:_default' \
'::command -- Run this command instead of restarting a container:_default' \
":: :_restartgate_commands" \
"*::: :->restartgate" \
&& ret=0
    case $state in
    (restartgate)
        words=($line[3] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:restartgate-command-$line[3]:"
        case $line[3] in
            (check)
_arguments "${_arguments_options[@]}" : \
'*-l+[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'*--label=[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'-p+[Only a service of this Compose project]:NAME:_default' \
'--project=[Only a service of this Compose project]:NAME:_default' \
'--cooldown=[Shortest time between two restarts of a service; each failure doubles it, up to ten times its length \[default\: 30s\]]:DURATION:_default' \
'--max-attempts=[Most restarts of a service within the window; one more trips the breaker \[default\: 3\]]:N:_default' \
'--window=[Time in which restarts are counted \[default\: 5m\]]:DURATION:_default' \
'--open=[How long the breaker stays open; each trip in a row doubles it, up to six times its length \[default\: 5m\]]:DURATION:_default' \
'--stable=[How long a service must stay up after a probe before the breaker closes \[default\: 1m\]]:DURATION:_default' \
'--per-minute=[Most restarts of all services within a minute \[default\: 6\]]:N:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'--per-host[Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine]' \
'--even-if-healthy[Decide as for a restart with --even-if-healthy]' \
'--json[Print one JSON object]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::service -- Compose service or container name; never a container ID:_default' \
&& ret=0
;;
(wait)
_arguments "${_arguments_options[@]}" : \
'-p+[Services of this Compose project\: all of them where none is named]:NAME:_default' \
'--project=[Services of this Compose project\: all of them where none is named]:NAME:_default' \
'*-l+[Only services whose containers carry this label; may be repeated, all must match]:KEY=VALUE:_default' \
'*--label=[Only services whose containers carry this label; may be repeated, all must match]:KEY=VALUE:_default' \
'-t+[Longest time to wait]:DURATION:_default' \
'--timeout=[Longest time to wait]:DURATION:_default' \
'--poll=[Time between two runs of a service'\''s own health check]:DURATION:_default' \
'*--cpus-after=[CPU limit of a service once all are ready, 0 for none; may be repeated]:SERVICE=CPUS:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'()--start[Start what the project has created and not started, in the order of its depends_on]' \
'--engine-verdict[Count only what the engine says of health checks, and run none here\: unhealthy has failed at once]' \
'--json[Print one JSON object]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'*::services -- Compose services or container names:_default' \
&& ret=0
;;
(heal)
_arguments "${_arguments_options[@]}" : \
'*-l+[Only containers that carry this label; may be repeated, all must match]:KEY=VALUE:_default' \
'*--label=[Only containers that carry this label; may be repeated, all must match]:KEY=VALUE:_default' \
'-p+[Only containers of this Compose project]:NAME:_default' \
'--project=[Only containers of this Compose project]:NAME:_default' \
'--cooldown=[Shortest time between two restarts of a service; each failure doubles it, up to ten times its length \[default\: 30s\]]:DURATION:_default' \
'--max-attempts=[Most restarts of a service within the window; one more trips the breaker \[default\: 3\]]:N:_default' \
'--window=[Time in which restarts are counted \[default\: 5m\]]:DURATION:_default' \
'--open=[How long the breaker stays open; each trip in a row doubles it, up to six times its length \[default\: 5m\]]:DURATION:_default' \
'--stable=[How long a service must stay up after a probe before the breaker closes \[default\: 1m\]]:DURATION:_default' \
'--per-minute=[Most restarts of all services within a minute \[default\: 6\]]:N:_default' \
'(--dry-run)*--on=[Run CMD after such a decision, with the report as one JSON object on its stdin; several are separated by commas. There is one CMD\: for several, let it be a script]:DECISION:((restart\:"A service was restarted, whether it is healthy then or not"
refused\:"The gate refused a restart"
tripped\:"A refused restart has opened the breaker"))' \
'--stop-timeout=[Time that each container has to stop before it is killed]:DURATION:_default' \
'--health-timeout=[Longest time until a restarted service must be healthy]:DURATION:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'--once[Look once, restart what is unhealthy or dead now, and end]' \
'--dry-run[Say what would be restarted, and change and record nothing]' \
'--json[Print a line of JSON for each decision; with --once one object]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::command -- Command for --on; it is killed after 30 s, and its failure is told and changes nothing:_default' \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
'--cooldown=[Shortest time between two restarts of a service; each failure doubles it, up to ten times its length \[default\: 30s\]]:DURATION:_default' \
'--max-attempts=[Most restarts of a service within the window; one more trips the breaker \[default\: 3\]]:N:_default' \
'--window=[Time in which restarts are counted \[default\: 5m\]]:DURATION:_default' \
'--open=[How long the breaker stays open; each trip in a row doubles it, up to six times its length \[default\: 5m\]]:DURATION:_default' \
'--stable=[How long a service must stay up after a probe before the breaker closes \[default\: 1m\]]:DURATION:_default' \
'--per-minute=[Most restarts of all services within a minute \[default\: 6\]]:N:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
'--since=[Only what happened within this time, such as 7d]:DURATION:_default' \
'-n+[Show only the last N]:N:_default' \
'--last=[Show only the last N]:N:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::service -- Only this service, as NAME or PROJECT/NAME:_default' \
&& ret=0
;;
(stats)
_arguments "${_arguments_options[@]}" : \
'--since=[Only what happened within this time, such as 7d]:DURATION:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::service -- Only this service, as NAME or PROJECT/NAME:_default' \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::service -- The service, as NAME or PROJECT/NAME \[default\: the one decided about last\]:_default' \
&& ret=0
;;
(trip)
_arguments "${_arguments_options[@]}" : \
'*-l+[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'*--label=[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'-p+[Only a service of this Compose project]:NAME:_default' \
'--project=[Only a service of this Compose project]:NAME:_default' \
'--reason=[Why it is done, for the history]:TEXT:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'--per-host[Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::service -- Compose service or container name; never a container ID:_default' \
&& ret=0
;;
(reset)
_arguments "${_arguments_options[@]}" : \
'*-l+[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'*--label=[Only a service whose container carries this label; may be repeated, all must match]:KEY=VALUE:_default' \
'-p+[Only a service of this Compose project]:NAME:_default' \
'--project=[Only a service of this Compose project]:NAME:_default' \
'--reason=[Why it is done, for the history]:TEXT:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'--per-host[Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::service -- Compose service or container name; never a container ID:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_restartgate__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:restartgate-help-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(wait)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(heal)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(stats)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(trip)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(reset)
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

(( $+functions[_restartgate_commands] )) ||
_restartgate_commands() {
    local commands; commands=(
'check:Say what the gate would decide, and record nothing' \
'wait:Wait until services are ready, and start them with --start' \
'heal:Restart what becomes unhealthy or dies in a scope, through the gate' \
'status:Show the state of every service' \
'history:Show restarts and refusals' \
'stats:Count restarts and refusals, and how long it took to get healthy, by day and service' \
'explain:Show what the last decision about a service was based on' \
'trip:Open the breaker of a service' \
'reset:Close the breaker of a service, and count nothing that was before' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'restartgate commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__check_commands] )) ||
_restartgate__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate check commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__explain_commands] )) ||
_restartgate__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate explain commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__heal_commands] )) ||
_restartgate__subcmd__heal_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate heal commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help_commands] )) ||
_restartgate__subcmd__help_commands() {
    local commands; commands=(
'check:Say what the gate would decide, and record nothing' \
'wait:Wait until services are ready, and start them with --start' \
'heal:Restart what becomes unhealthy or dies in a scope, through the gate' \
'status:Show the state of every service' \
'history:Show restarts and refusals' \
'stats:Count restarts and refusals, and how long it took to get healthy, by day and service' \
'explain:Show what the last decision about a service was based on' \
'trip:Open the breaker of a service' \
'reset:Close the breaker of a service, and count nothing that was before' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'restartgate help commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__check_commands] )) ||
_restartgate__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help check commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__explain_commands] )) ||
_restartgate__subcmd__help__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help explain commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__heal_commands] )) ||
_restartgate__subcmd__help__subcmd__heal_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help heal commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__help_commands] )) ||
_restartgate__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help help commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__history_commands] )) ||
_restartgate__subcmd__help__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help history commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__reset_commands] )) ||
_restartgate__subcmd__help__subcmd__reset_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help reset commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__stats_commands] )) ||
_restartgate__subcmd__help__subcmd__stats_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help stats commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__status_commands] )) ||
_restartgate__subcmd__help__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help status commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__trip_commands] )) ||
_restartgate__subcmd__help__subcmd__trip_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help trip commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__help__subcmd__wait_commands] )) ||
_restartgate__subcmd__help__subcmd__wait_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate help wait commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__history_commands] )) ||
_restartgate__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate history commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__reset_commands] )) ||
_restartgate__subcmd__reset_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate reset commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__stats_commands] )) ||
_restartgate__subcmd__stats_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate stats commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__status_commands] )) ||
_restartgate__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate status commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__trip_commands] )) ||
_restartgate__subcmd__trip_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate trip commands' commands "$@"
}
(( $+functions[_restartgate__subcmd__wait_commands] )) ||
_restartgate__subcmd__wait_commands() {
    local commands; commands=()
    _describe -t commands 'restartgate wait commands' commands "$@"
}

if [ "$funcstack[1]" = "_restartgate" ]; then
    _restartgate "$@"
else
    compdef _restartgate restartgate
fi
