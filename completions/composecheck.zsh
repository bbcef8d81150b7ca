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
'--format=[How to show the findings]:FORMAT:((human\:"For people\: the line, underlined, and the fix"
json\:"One JSON object"))' \
'--fail-on=[Level from which a finding makes the verdict no]:FAIL_ON:((warning\:"Any finding"
error\:"Errors only"))' \
'(--format)--json[Print the report as one JSON object\: the same as --format json]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
}

(( $+functions[_composecheck_commands] )) ||
_composecheck_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck commands' commands "$@"
}

if [ "$funcstack[1]" = "_composecheck" ]; then
    _composecheck "$@"
else
    compdef _composecheck composecheck
fi
