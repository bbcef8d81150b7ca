# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_composecheck_global_optspecs
    string join \n f/file= env-file= compose-profile= env= budget= profile= config= format= json fail-on= baseline= write-baseline= fix dry-run v/verbose h/help V/version
end

function __fish_composecheck_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_composecheck_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_composecheck_using_subcommand
    set -l cmd (__fish_composecheck_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c composecheck -n "__fish_composecheck_needs_command" -s f -l file -d 'Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]' -r -F
complete -c composecheck -n "__fish_composecheck_needs_command" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_needs_command" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_needs_command" -l env -d 'Purpose of the project [default: its label, else unknown]' -r -f -a "test\t'Created for a test run and removed after it'
dev\t'Long-running, keeps its data'
prod\t'Serves users'"
complete -c composecheck -n "__fish_composecheck_needs_command" -l budget -d 'Memory that the project may use [default: 4GiB; not checked where the purpose is unknown]' -r
complete -c composecheck -n "__fish_composecheck_needs_command" -l profile -d 'How databases should be tuned [default: durable in dev and prod, else not checked]' -r -f -a "fast\t'For speed: data may be lost in a crash'
durable\t'For durability: data survives a power failure'"
complete -c composecheck -n "__fish_composecheck_needs_command" -l config -d 'Configuration [default: composecheck.toml in the directory of the first Compose file or a parent]' -r -F
complete -c composecheck -n "__fish_composecheck_needs_command" -l format -d 'Output format' -r -f -a "human\t'Text: the source lines, underlined, and how to fix them'
json\t'One JSON object'
sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations for a GitHub workflow'
gitlab\t'Code Quality report for GitLab'
junit\t'JUnit XML, for CI systems that show test results'"
complete -c composecheck -n "__fish_composecheck_needs_command" -l fail-on -d 'Lowest level of a finding that makes the exit status 1 [default: error]' -r -f -a "warning\t'Warnings and errors'
error\t'Errors only'"
complete -c composecheck -n "__fish_composecheck_needs_command" -l baseline -d 'Ignore findings that are in this file' -r -F
complete -c composecheck -n "__fish_composecheck_needs_command" -l write-baseline -d 'Write the current findings to this file, for --baseline' -r -F
complete -c composecheck -n "__fish_composecheck_needs_command" -l json -d 'Print the report as one JSON object, the same as --format json'
complete -c composecheck -n "__fish_composecheck_needs_command" -l fix -d 'Fix in the last file what can be fixed safely; comments, order and style are kept'
complete -c composecheck -n "__fish_composecheck_needs_command" -l dry-run -d 'With --fix: print the changes as a diff and write nothing'
complete -c composecheck -n "__fish_composecheck_needs_command" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_needs_command" -s V -l version -d 'Print version'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "rules" -d 'List the rules'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "explain" -d 'Explain a rule: what it finds, why, an example and how to fix it'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "budget" -d 'Show the memory that each service may use, and the sum against the budget'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "compare" -d 'Show the differences between two environments, and which of them are not expected'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "config" -d 'Print the merged project, and where each value was written'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "project" -d 'Show what a project is: its files, its name, a hash of its content, its services'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "isolate" -d 'Print an override file that makes a run of the project its own'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "init" -d 'Write a composecheck.toml that fits the project'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "lsp" -d 'Serve an editor: findings while typing, fixes, explanations, definitions'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "options" -d 'Read the command line and evenkeel.toml of evenkeel, for its script'
complete -c composecheck -n "__fish_composecheck_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c composecheck -n "__fish_composecheck_using_subcommand rules" -l json -d 'Print one JSON object'
complete -c composecheck -n "__fish_composecheck_using_subcommand rules" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand rules" -s h -l help -d 'Print help'
complete -c composecheck -n "__fish_composecheck_using_subcommand explain" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand explain" -s h -l help -d 'Print help'
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -s f -l file -d 'Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -l config -d 'Configuration [default: composecheck.toml in the directory of the first Compose file or a parent]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -l budget -d 'Memory that the project may use [default: 4GiB]' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -l json -d 'Print one JSON object'
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand budget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -s f -l file -d 'Compose file that both override (repeatable)' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -l config -d 'Configuration [default: composecheck.toml in the directory of the first Compose file or a parent]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -l fail-on -d 'Lowest level of a finding that makes the exit status 1 [default: error]' -r -f -a "warning\t'Warnings and errors'
error\t'Errors only'"
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -l json -d 'Print one JSON object'
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand config" -s f -l file -d 'Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand config" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand config" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand config" -l format -d 'Output format' -r -f -a "origins\t'One value a line, with the file, line and column where it was written'
json\t'One JSON object, equal to that of \'docker compose config --format json\''"
complete -c composecheck -n "__fish_composecheck_using_subcommand config" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -s f -l file -d 'Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -s p -l project-name -d 'Name of the project [default: as Compose derives it]' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -l format -d 'Output format' -r -f -a "human\t'Text'
env\t'NAME=VALUE lines for a shell, with quotes where needed'"
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -l json -d 'Print one JSON object'
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand project" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -s f -l file -d 'Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -s p -l project-name -d 'Name of the project that the run gets [default: as Compose derives it]' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l label -d 'Label for every service, volume, network and built image (repeatable)' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l ports -d 'How host ports are chosen' -r -f -a "free\t'Replace each by a free one'
keep\t'Keep them, and fail if one is taken'
given\t'Keep those that the environment or .env sets by a variable, replace the others'"
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l offset -d 'With --ports given: add this number to the ports that are kept' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l lease -d 'File in which projects reserve host ports; ports of others are avoided, own ones kept' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l boost -d 'Raise lower CPU limits to this number of CPUs' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l start-interval -d 'Check health this often during the start period, where there is one (engine 25 or newer)' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l restart -d 'Whether the engine may restart services' -r -f -a "no\t'Restart no service: what fails stays visible'
keep\t'Keep the policies of the files'"
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -s o -l output -d 'Write the override to this file instead of stdout' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l ports-file -d 'Write the new ports to this file, as SERVICE_CONTAINERPORT=HOSTPORT and VARIABLE=HOSTPORT lines' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l boosted-file -d 'Write the CPU limits that --boost raised to this file, as SERVICE=CPUS lines with the limits of the project' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l release -d 'Give back the reserved ports of the project and do nothing else'
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l json -d 'Print one JSON object instead of the override'
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l explain -d 'Tell on stderr what changes, and what stays shared'
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -l strict -d 'Exit with 1 if something is left that only one run at a time may use'
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand isolate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -s f -l file -d 'Compose file (repeatable); later files override earlier ones [default: compose.yml and its override file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -l env-file -d 'File of variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -l compose-profile -d 'Compose profile to enable, in addition to COMPOSE_PROFILES (repeatable); \'*\' enables all' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -l env -d 'Purpose of the project [default: that of its labels]' -r -f -a "test\t'Created for a test run and removed after it'
dev\t'Long-running, keeps its data'
prod\t'Serves users'"
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -l dry-run -d 'Print the configuration and write nothing'
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -l schema -d 'Print the JSON Schema of composecheck.toml and do nothing else'
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -l env -d 'Purpose of the project [default: its label, else unknown]' -r -f -a "test\t'Created for a test run and removed after it'
dev\t'Long-running, keeps its data'
prod\t'Serves users'"
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -l budget -d 'Memory that the project may use [default: 4GiB; not checked where the purpose is unknown]' -r
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -l profile -d 'How databases should be tuned [default: durable in dev and prod, else not checked]' -r -f -a "fast\t'For speed: data may be lost in a crash'
durable\t'For durability: data survives a power failure'"
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -l config -d 'Configuration [default: composecheck.toml in the directory of the first Compose file or a parent]' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -l stdio -d 'Use stdin and stdout, as always; some editors add this option'
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand lsp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -n "__fish_composecheck_using_subcommand options" -l toml -d 'Print the text of an evenkeel.toml in this directory instead of variables' -r -F
complete -c composecheck -n "__fish_composecheck_using_subcommand options" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -n "__fish_composecheck_using_subcommand options" -s h -l help -d 'Print help'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "rules" -d 'List the rules'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "explain" -d 'Explain a rule: what it finds, why, an example and how to fix it'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "budget" -d 'Show the memory that each service may use, and the sum against the budget'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "compare" -d 'Show the differences between two environments, and which of them are not expected'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "config" -d 'Print the merged project, and where each value was written'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "project" -d 'Show what a project is: its files, its name, a hash of its content, its services'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "isolate" -d 'Print an override file that makes a run of the project its own'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "init" -d 'Write a composecheck.toml that fits the project'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "lsp" -d 'Serve an editor: findings while typing, fixes, explanations, definitions'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "options" -d 'Read the command line and evenkeel.toml of evenkeel, for its script'
complete -c composecheck -n "__fish_composecheck_using_subcommand help; and not __fish_seen_subcommand_from rules explain budget compare config project isolate init lsp options help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
