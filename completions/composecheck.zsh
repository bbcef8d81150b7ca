#compdef composecheck

autoload -U is-at-least

_composecheck() {
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
'*-f+[Compose file; repeat to lay one over another \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file; repeat to lay one over another \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File with variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile that is on, beside those of COMPOSE_PROFILES (repeatable); '\''*'\'' is all]:NAME:_default' \
'--env=[What the project is for \[default\: what its label says, else test\]]:ENV:((test\:"Started for a run and gone after it"
dev\:"Stays up and keeps its data"
prod\:"Serves users"))' \
'--budget=[Memory that the project may take \[default\: 4GiB\]]:SIZE:_default' \
'--profile=[What its databases are tuned for \[default\: not checked in a test environment, else durable\]]:PROFILE:((fast\:"Data that may be lost"
durable\:"Data that must survive a power cut"))' \
'--config=[Configuration \[default\: composecheck.toml at or above the folder of the first Compose file\]]:FILE:_files' \
'--format=[How to show the findings]:FORMAT:((human\:"For people\: the line, underlined, and the fix"
json\:"One JSON object"
sarif\:"SARIF 2.1.0, for code scanning"
github\:"Annotations of a GitHub workflow"))' \
'--fail-on=[Level from which a finding makes the verdict no \[default\: error\]]:LEVEL:((warning\:"Warnings and errors"
error\:"Errors only"))' \
'--baseline=[Leave out the findings that this file knows]:FILE:_files' \
'(--baseline --json --format)--write-baseline=[Write what is found now to this file, for --baseline]:FILE:_files' \
'(--format)--json[Print the report as one JSON object\: the same as --format json]' \
'(--write-baseline)--fix[Rewrite what is safe to rewrite in the last file; comments, order and style stay]' \
'(--json --format)--dry-run[With --fix\: only show what would be rewritten, as a diff]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::projects -- Compose files that are each a project, checked by itself:_files' \
":: :_composecheck_commands" \
"*::: :->composecheck" \
&& ret=0
    case $state in
    (composecheck)
        words=($line[2] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:composecheck-command-$line[2]:"
        case $line[2] in
            (rules)
_arguments "${_arguments_options[@]}" : \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
':rule -- Code or name of the rule, such as CC101:_default' \
&& ret=0
;;
(budget)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file; repeat to lay one over another \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file; repeat to lay one over another \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File with variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile that is on, beside those of COMPOSE_PROFILES (repeatable); '\''*'\'' is all]:NAME:_default' \
'--config=[Configuration \[default\: composecheck.toml at or above the folder of the first Compose file\]]:FILE:_files' \
'--budget=[Memory that the project may take \[default\: 4GiB\]]:SIZE:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(compare)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file that both are laid over (repeatable)]:FILE:_files' \
'*--file=[Compose file that both are laid over (repeatable)]:FILE:_files' \
'*--env-file=[File with variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile that is on, beside those of COMPOSE_PROFILES (repeatable); '\''*'\'' is all]:NAME:_default' \
'--config=[Configuration \[default\: composecheck.toml at or above the folder of the first Compose file\]]:FILE:_files' \
'--fail-on=[Level from which a finding makes the verdict no \[default\: error\]]:LEVEL:((warning\:"Warnings and errors"
error\:"Errors only"))' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':first -- Compose file of the first environment, such as dev:_files' \
':second -- Compose file of the second, such as test:_files' \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file; repeat to lay one over another \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file; repeat to lay one over another \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File with variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile that is on, beside those of COMPOSE_PROFILES (repeatable); '\''*'\'' is all]:NAME:_default' \
'--format=[How to print it]:FORMAT:((origins\:"One value a line, as it was written, with its file, line and column"
json\:"One JSON object, as '\''docker compose config --format json'\'' prints it"))' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_composecheck__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:composecheck-help-command-$line[1]:"
        case $line[1] in
            (rules)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(explain)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(budget)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(compare)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(config)
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

(( $+functions[_composecheck_commands] )) ||
_composecheck_commands() {
    local commands; commands=(
'rules:List the rules' \
'explain:Explain a rule\: what, why, an example and the fix' \
'budget:Show what each service may take of the machine'\''s memory, and the sum against the budget' \
'compare:Show what differs between two environments, and which of it should not' \
'config:Print the merged project, and where each of its values was written' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'composecheck commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__budget_commands] )) ||
_composecheck__subcmd__budget_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck budget commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__compare_commands] )) ||
_composecheck__subcmd__compare_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck compare commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__config_commands] )) ||
_composecheck__subcmd__config_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck config commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__explain_commands] )) ||
_composecheck__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck explain commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help_commands] )) ||
_composecheck__subcmd__help_commands() {
    local commands; commands=(
'rules:List the rules' \
'explain:Explain a rule\: what, why, an example and the fix' \
'budget:Show what each service may take of the machine'\''s memory, and the sum against the budget' \
'compare:Show what differs between two environments, and which of it should not' \
'config:Print the merged project, and where each of its values was written' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'composecheck help commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__budget_commands] )) ||
_composecheck__subcmd__help__subcmd__budget_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help budget commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__compare_commands] )) ||
_composecheck__subcmd__help__subcmd__compare_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help compare commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__config_commands] )) ||
_composecheck__subcmd__help__subcmd__config_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help config commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__explain_commands] )) ||
_composecheck__subcmd__help__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help explain commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__help_commands] )) ||
_composecheck__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help help commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__rules_commands] )) ||
_composecheck__subcmd__help__subcmd__rules_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help rules commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__rules_commands] )) ||
_composecheck__subcmd__rules_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck rules commands' commands "$@"
}

if [ "$funcstack[1]" = "_composecheck" ]; then
    _composecheck "$@"
else
    compdef _composecheck composecheck
fi
