#compdef envlock

autoload -U is-at-least

_envlock() {
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
'--slots=[Allow N holders at once; each gets a slot number, from 0, in ENVLOCK_SLOT]:N:_default' \
'*--with=[Also lock NAME, exclusively or shared; locks are always taken in the order of their names]:NAME[:shared]:_default' \
'--setup=[Shell command that the first user runs to set the environment up, before anybody else enters]:CMD:_default' \
'--teardown=[Shell command that the last user runs to take the environment down, before anybody else enters]:CMD:_default' \
'--teardown-timeout=[End a take-down, or an --after command, that takes longer than this \[default\: no limit\]]:DURATION:_default' \
'--setup-key=[What the set-up starts from, as blank-separated NAME=VALUE; an environment started from something else is not entered]:WORDS:_default' \
'--keep-for=[As the last user, leave the environment up for this long]:DURATION:_default' \
'--replace=[Take down an environment that was kept, and set it up anew]::WHICH:((changed\:"One that was started from something else"
always\:"Any"))' \
'--reuse=[Shell command that the first user of an environment that was kept runs instead of the set-up]:CMD:_default' \
'--after=[Shell command to run after the command, still under the lock, with its exit code in ENVLOCK_EXIT]:CMD:_default' \
'-w+[Give up with 75 when the lock is not free after this long]:DURATION:_default' \
'--timeout=[Give up with 75 when the lock is not free after this long]:DURATION:_default' \
'-p+[Purpose to show to those that wait and in the history]:TEXT:_default' \
'--purpose=[Purpose to show to those that wait and in the history]:TEXT:_default' \
'-E+[End with N instead of 75 when the lock was not free in time]:N:_default' \
'--conflict-exit-code=[End with N instead of 75 when the lock was not free in time]:N:_default' \
'--report=[Write a record of the run to FILE as JSON]:FILE:_files' \
'--via=[Keep the lock in etcd, for users on several hosts \[default\: ENVLOCK_VIA, else files of this machine\]]:URL:_default' \
'--via-ca=[With etcds\://\: trust the CAs in this PEM file \[default\: ENVLOCK_VIA_CA, else those of the system\]]:FILE:_files' \
'--via-cert=[With etcds\://\: use the client certificate in this PEM file \[default\: ENVLOCK_VIA_CERT\]]:FILE:_files' \
'--via-key=[With etcds\://\: use the private key in this PEM file \[default\: ENVLOCK_VIA_KEY\]]:FILE:_files' \
'--ttl=[With --via\: how long the store keeps the lock of a host that vanished, from 5s to 5m \[default\: 15s\]]:DURATION:_default' \
'(--slots)-s[Share the lock with others that share it]' \
'(--slots)--shared[Share the lock with others that share it]' \
'(--keep-for)--keep[As the last user, leave the environment up until it is taken down with '\''envlock down'\'' or --replace]' \
'(-w --timeout --wait-forever)-n[Give up with 75 when the lock is not free now]' \
'(-w --timeout --wait-forever)--no-wait[Give up with 75 when the lock is not free now]' \
'(-w --timeout)--wait-forever[Wait without a limit]' \
'--private[Where the locks are those of all users, record neither the purpose nor the command\: others could read them]' \
'--inherit[Let background processes of the command keep the lock, as flock(1) does]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':name -- Environment to lock (status, history, break, held, doctor, down, sweep and help are reserved):_default' \
':command -- Command to run while the lock is held:_default' \
":: :_envlock_commands" \
"*::: :->envlock" \
&& ret=0
    case $state in
    (envlock)
        words=($line[3] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:envlock-command-$line[3]:"
        case $line[3] in
            (status)
_arguments "${_arguments_options[@]}" : \
'--via=[Look in etcd \[default\: ENVLOCK_VIA, else files of this machine\]]:URL:_default' \
'--via-ca=[With etcds\://\: trust the CAs in this PEM file \[default\: ENVLOCK_VIA_CA, else those of the system\]]:FILE:_files' \
'--via-cert=[With etcds\://\: use the client certificate in this PEM file \[default\: ENVLOCK_VIA_CERT\]]:FILE:_files' \
'--via-key=[With etcds\://\: use the private key in this PEM file \[default\: ENVLOCK_VIA_KEY\]]:FILE:_files' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::name -- Environment to show \[default\: all\]:_default' \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
'-n+[Show the last N holds; the percentiles are of all]:N:_default' \
'--last=[Show the last N holds; the percentiles are of all]:N:_default' \
'--via=[Look in etcd \[default\: ENVLOCK_VIA, else files of this machine\]]:URL:_default' \
'--via-ca=[With etcds\://\: trust the CAs in this PEM file \[default\: ENVLOCK_VIA_CA, else those of the system\]]:FILE:_files' \
'--via-cert=[With etcds\://\: use the client certificate in this PEM file \[default\: ENVLOCK_VIA_CERT\]]:FILE:_files' \
'--via-key=[With etcds\://\: use the private key in this PEM file \[default\: ENVLOCK_VIA_KEY\]]:FILE:_files' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
':name -- Environment to show:_default' \
&& ret=0
;;
(break)
_arguments "${_arguments_options[@]}" : \
'--ticket=[Ticket to break; needed where there are several holders]:ID:_default' \
'--reason=[Reason to show to the holder and in the history]:TEXT:_default' \
'--grace=[Time for the command to end after SIGTERM, and again for the take-down, before SIGKILL]:DURATION:_default' \
'--via=[Look in etcd \[default\: ENVLOCK_VIA, else files of this machine\]]:URL:_default' \
'--via-ca=[With etcds\://\: trust the CAs in this PEM file \[default\: ENVLOCK_VIA_CA, else those of the system\]]:FILE:_files' \
'--via-cert=[With etcds\://\: use the client certificate in this PEM file \[default\: ENVLOCK_VIA_CERT\]]:FILE:_files' \
'--via-key=[With etcds\://\: use the private key in this PEM file \[default\: ENVLOCK_VIA_KEY\]]:FILE:_files' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
':name -- Environment whose lock to break:_default' \
&& ret=0
;;
(held)
_arguments "${_arguments_options[@]}" : \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
':name -- Environment whose lock an envlock further up may hold:_default' \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
'--via=[Store to examine \[default\: ENVLOCK_VIA\]]:URL:_default' \
'--via-ca=[With etcds\://\: trust the CAs in this PEM file \[default\: ENVLOCK_VIA_CA, else those of the system\]]:FILE:_files' \
'--via-cert=[With etcds\://\: use the client certificate in this PEM file \[default\: ENVLOCK_VIA_CERT\]]:FILE:_files' \
'--via-key=[With etcds\://\: use the private key in this PEM file \[default\: ENVLOCK_VIA_KEY\]]:FILE:_files' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(down)
_arguments "${_arguments_options[@]}" : \
'--teardown=[Shell command to run instead of the take-down that is recorded; needed in etcd, from which no command is taken]:CMD:_default' \
'-w+[Give up with 75 when others use the environment for longer than this]:DURATION:_default' \
'--timeout=[Give up with 75 when others use the environment for longer than this]:DURATION:_default' \
'--via=[Look in etcd \[default\: ENVLOCK_VIA, else files of this machine\]]:URL:_default' \
'--via-ca=[With etcds\://\: trust the CAs in this PEM file \[default\: ENVLOCK_VIA_CA, else those of the system\]]:FILE:_files' \
'--via-cert=[With etcds\://\: use the client certificate in this PEM file \[default\: ENVLOCK_VIA_CERT\]]:FILE:_files' \
'--via-key=[With etcds\://\: use the private key in this PEM file \[default\: ENVLOCK_VIA_KEY\]]:FILE:_files' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
':name -- Environment to take down:_default' \
&& ret=0
;;
(sweep)
_arguments "${_arguments_options[@]}" : \
'--idle[Also take down those whose time is not over yet, but never those kept with --keep]' \
'--dry-run[Show what would be taken down, and take nothing down]' \
'(--json)--quiet-if-nothing[Print nothing when nothing was to be taken down]' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'*::names -- Environments to look at \[default\: all\]:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_envlock__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:envlock-help-command-$line[1]:"
        case $line[1] in
            (status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(break)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(held)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(down)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(sweep)
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

(( $+functions[_envlock_commands] )) ||
_envlock_commands() {
    local commands; commands=(
'status:Show who holds and who waits for an environment, or all of them' \
'history:Show the past holds of an environment' \
'break:End the command that holds an environment, so that the lock is released' \
'held:Test whether this process runs under the lock of an environment\: exit code 0 or 1' \
'doctor:See whether the locks in a store can be used\: its members, versions, the rights of the user, a lock and unlock' \
'down:Take down an environment that was kept, or that its users left behind' \
'sweep:Take down the environments that nobody uses and whose time is over, or whose users died' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'envlock commands' commands "$@"
}
(( $+functions[_envlock__subcmd__break_commands] )) ||
_envlock__subcmd__break_commands() {
    local commands; commands=()
    _describe -t commands 'envlock break commands' commands "$@"
}
(( $+functions[_envlock__subcmd__doctor_commands] )) ||
_envlock__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'envlock doctor commands' commands "$@"
}
(( $+functions[_envlock__subcmd__down_commands] )) ||
_envlock__subcmd__down_commands() {
    local commands; commands=()
    _describe -t commands 'envlock down commands' commands "$@"
}
(( $+functions[_envlock__subcmd__held_commands] )) ||
_envlock__subcmd__held_commands() {
    local commands; commands=()
    _describe -t commands 'envlock held commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help_commands] )) ||
_envlock__subcmd__help_commands() {
    local commands; commands=(
'status:Show who holds and who waits for an environment, or all of them' \
'history:Show the past holds of an environment' \
'break:End the command that holds an environment, so that the lock is released' \
'held:Test whether this process runs under the lock of an environment\: exit code 0 or 1' \
'doctor:See whether the locks in a store can be used\: its members, versions, the rights of the user, a lock and unlock' \
'down:Take down an environment that was kept, or that its users left behind' \
'sweep:Take down the environments that nobody uses and whose time is over, or whose users died' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'envlock help commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__break_commands] )) ||
_envlock__subcmd__help__subcmd__break_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help break commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__doctor_commands] )) ||
_envlock__subcmd__help__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help doctor commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__down_commands] )) ||
_envlock__subcmd__help__subcmd__down_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help down commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__held_commands] )) ||
_envlock__subcmd__help__subcmd__held_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help held commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__help_commands] )) ||
_envlock__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help help commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__history_commands] )) ||
_envlock__subcmd__help__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help history commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__status_commands] )) ||
_envlock__subcmd__help__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help status commands' commands "$@"
}
(( $+functions[_envlock__subcmd__help__subcmd__sweep_commands] )) ||
_envlock__subcmd__help__subcmd__sweep_commands() {
    local commands; commands=()
    _describe -t commands 'envlock help sweep commands' commands "$@"
}
(( $+functions[_envlock__subcmd__history_commands] )) ||
_envlock__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'envlock history commands' commands "$@"
}
(( $+functions[_envlock__subcmd__status_commands] )) ||
_envlock__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'envlock status commands' commands "$@"
}
(( $+functions[_envlock__subcmd__sweep_commands] )) ||
_envlock__subcmd__sweep_commands() {
    local commands; commands=()
    _describe -t commands 'envlock sweep commands' commands "$@"
}

if [ "$funcstack[1]" = "_envlock" ]; then
    _envlock "$@"
else
    compdef _envlock envlock
fi
