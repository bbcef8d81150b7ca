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
'*-f+[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'--env=[Purpose of the project \[default\: its label, else unknown\]]:ENV:((test\:"Created for a test run and removed after it"
dev\:"Long-running, keeps its data"
prod\:"Serves users"))' \
'--budget=[Memory that the project may use \[default\: 4GiB; not checked where the purpose is unknown\]]:SIZE:_default' \
'--profile=[How databases should be tuned \[default\: durable in dev and prod, else not checked\]]:PROFILE:((fast\:"For speed\: data may be lost in a crash"
durable\:"For durability\: data survives a power failure"))' \
'--config=[Configuration \[default\: composecheck.toml in the directory of the first Compose file or a parent\]]:FILE:_files' \
'--format=[Output format]:FORMAT:((human\:"Text\: the source lines, underlined, and how to fix them"
json\:"One JSON object"
sarif\:"SARIF 2.1.0, for code scanning"
github\:"Annotations for a GitHub workflow"
gitlab\:"Code Quality report for GitLab"
junit\:"JUnit XML, for CI systems that show test results"))' \
'--fail-on=[Lowest level of a finding that makes the exit status 1 \[default\: error\]]:LEVEL:((warning\:"Warnings and errors"
error\:"Errors only"))' \
'--baseline=[Ignore findings that are in this file]:FILE:_files' \
'(--baseline --json --format)--write-baseline=[Write the current findings to this file, for --baseline]:FILE:_files' \
'(--format)--json[Print the report as one JSON object, the same as --format json]' \
'(--write-baseline)--fix[Fix in the last file what can be fixed safely; comments, order and style are kept]' \
'(--json --format)--dry-run[With --fix\: print the changes as a diff and write nothing]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::projects -- Compose files, each checked as a project of its own:_files' \
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
'*-f+[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'--config=[Configuration \[default\: composecheck.toml in the directory of the first Compose file or a parent\]]:FILE:_files' \
'--budget=[Memory that the project may use \[default\: 4GiB\]]:SIZE:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(compare)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file that both override (repeatable)]:FILE:_files' \
'*--file=[Compose file that both override (repeatable)]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'--config=[Configuration \[default\: composecheck.toml in the directory of the first Compose file or a parent\]]:FILE:_files' \
'--fail-on=[Lowest level of a finding that makes the exit status 1 \[default\: error\]]:LEVEL:((warning\:"Warnings and errors"
error\:"Errors only"))' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':first -- Compose file of the first environment, such as dev:_files' \
':second -- Compose file of the second environment, such as test:_files' \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'--format=[Output format]:FORMAT:((origins\:"One value a line, with the file, line and column where it was written"
json\:"One JSON object, equal to that of '\''docker compose config --format json'\''"))' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(project)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'-p+[Name of the project \[default\: as Compose derives it\]]:NAME:_default' \
'--project-name=[Name of the project \[default\: as Compose derives it\]]:NAME:_default' \
'--format=[Output format]:FORMAT:((human\:"Text"
env\:"NAME=VALUE lines for a shell, with quotes where needed"))' \
'(--format)--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(isolate)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'-p+[Name of the project that the run gets \[default\: as Compose derives it\]]:NAME:_default' \
'--project-name=[Name of the project that the run gets \[default\: as Compose derives it\]]:NAME:_default' \
'*--label=[Label for every service, volume, network and built image (repeatable)]:KEY=VALUE:_default' \
'--ports=[How host ports are chosen]:PORTS:((free\:"Replace each by a free one"
keep\:"Keep them, and fail if one is taken"
given\:"Keep those that the environment or .env sets by a variable, replace the others"))' \
'--offset=[With --ports given\: add this number to the ports that are kept]:N:_default' \
'--lease=[File in which projects reserve host ports; ports of others are avoided, own ones kept]:FILE:_files' \
'--boost=[Raise lower CPU limits to this number of CPUs]:CPUS:_default' \
'--start-interval=[Check health this often during the start period, where there is one (engine 25 or newer)]:DURATION:_default' \
'--restart=[Whether the engine may restart services]:RESTART:((no\:"Restart no service\: what fails stays visible"
keep\:"Keep the policies of the files"))' \
'-o+[Write the override to this file instead of stdout]:FILE:_files' \
'--output=[Write the override to this file instead of stdout]:FILE:_files' \
'--ports-file=[Write the new ports to this file, as SERVICE_CONTAINERPORT=HOSTPORT and VARIABLE=HOSTPORT lines]:FILE:_files' \
'--boosted-file=[Write the CPU limits that --boost raised to this file, as SERVICE=CPUS lines with the limits of the project]:FILE:_files' \
'--release[Give back the reserved ports of the project and do nothing else]' \
'--json[Print one JSON object instead of the override]' \
'--explain[Tell on stderr what changes, and what stays shared]' \
'--strict[Exit with 1 if something is left that only one run at a time may use]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(init)
_arguments "${_arguments_options[@]}" : \
'*-f+[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--file=[Compose file (repeatable); later files override earlier ones \[default\: compose.yml and its override file\]]:FILE:_files' \
'*--env-file=[File of variables (repeatable) \[default\: .env beside the first file\]]:FILE:_files' \
'*--compose-profile=[Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); '\''*'\'' enables all]:NAME:_default' \
'--env=[Purpose of the project \[default\: that of its labels\]]:ENV:((test\:"Created for a test run and removed after it"
dev\:"Long-running, keeps its data"
prod\:"Serves users"))' \
'--dry-run[Print the configuration and write nothing]' \
'--schema[Print the JSON Schema of composecheck.toml and do nothing else]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(lsp)
_arguments "${_arguments_options[@]}" : \
'--env=[Purpose of the project \[default\: its label, else unknown\]]:ENV:((test\:"Created for a test run and removed after it"
dev\:"Long-running, keeps its data"
prod\:"Serves users"))' \
'--budget=[Memory that the project may use \[default\: 4GiB; not checked where the purpose is unknown\]]:SIZE:_default' \
'--profile=[How databases should be tuned \[default\: durable in dev and prod, else not checked\]]:PROFILE:((fast\:"For speed\: data may be lost in a crash"
durable\:"For durability\: data survives a power failure"))' \
'--config=[Configuration \[default\: composecheck.toml in the directory of the first Compose file or a parent\]]:FILE:_files' \
'--stdio[Use stdin and stdout, as always; some editors add this option]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(options)
_arguments "${_arguments_options[@]}" : \
'--toml=[Print the text of an evenkeel.toml in this directory instead of variables]:DIR:_files' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'*::words -- The arguments of evenkeel:_default' \
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
(project)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(isolate)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(lsp)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(options)
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
'explain:Explain a rule\: what it finds, why, an example and how to fix it' \
'budget:Show the memory that each service may use, and the sum against the budget' \
'compare:Show the differences between two environments, and which of them are not expected' \
'config:Print the merged project, and where each value was written' \
'project:Show what a project is\: its files, its name, a hash of its content, its services' \
'isolate:Print an override file that makes a run of the project its own' \
'init:Write a composecheck.toml that fits the project' \
'lsp:Serve an editor\: findings while typing, fixes, explanations, definitions' \
'options:Read the command line and evenkeel.toml of evenkeel, for its script' \
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
'explain:Explain a rule\: what it finds, why, an example and how to fix it' \
'budget:Show the memory that each service may use, and the sum against the budget' \
'compare:Show the differences between two environments, and which of them are not expected' \
'config:Print the merged project, and where each value was written' \
'project:Show what a project is\: its files, its name, a hash of its content, its services' \
'isolate:Print an override file that makes a run of the project its own' \
'init:Write a composecheck.toml that fits the project' \
'lsp:Serve an editor\: findings while typing, fixes, explanations, definitions' \
'options:Read the command line and evenkeel.toml of evenkeel, for its script' \
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
(( $+functions[_composecheck__subcmd__help__subcmd__init_commands] )) ||
_composecheck__subcmd__help__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help init commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__isolate_commands] )) ||
_composecheck__subcmd__help__subcmd__isolate_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help isolate commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__lsp_commands] )) ||
_composecheck__subcmd__help__subcmd__lsp_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help lsp commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__options_commands] )) ||
_composecheck__subcmd__help__subcmd__options_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help options commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__project_commands] )) ||
_composecheck__subcmd__help__subcmd__project_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help project commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__help__subcmd__rules_commands] )) ||
_composecheck__subcmd__help__subcmd__rules_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck help rules commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__init_commands] )) ||
_composecheck__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck init commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__isolate_commands] )) ||
_composecheck__subcmd__isolate_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck isolate commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__lsp_commands] )) ||
_composecheck__subcmd__lsp_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck lsp commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__options_commands] )) ||
_composecheck__subcmd__options_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck options commands' commands "$@"
}
(( $+functions[_composecheck__subcmd__project_commands] )) ||
_composecheck__subcmd__project_commands() {
    local commands; commands=()
    _describe -t commands 'composecheck project commands' commands "$@"
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
