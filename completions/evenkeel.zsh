#compdef evenkeel

autoload -U is-at-least

_evenkeel() {
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
'*-f+[Compose file, or several with commas; repeatable \[default\: as Compose finds them\]]:F:_default' \
'*--files=[Compose file, or several with commas; repeatable \[default\: as Compose finds them\]]:F:_default' \
'*--env-file=[File of variables, instead of .env; repeatable]:F:_default' \
'*--compose-profile=[Profile of the files to enable; repeatable]:P:_default' \
'--profile=[Databases of the files\: fast or durable; sets POSTGRES_FSYNC]:P:(fast durable)' \
'-p+[Compose project \[default\: the project'\''s name and a hash of its directory\]]:P:_default' \
'--project=[Compose project \[default\: the project'\''s name and a hash of its directory\]]:P:_default' \
'-e+[Value of the label netra.env, and an environment beside the default one \[default\: test\]]:ENV:_default' \
'--env=[Value of the label netra.env, and an environment beside the default one \[default\: test\]]:ENV:_default' \
'--lock=[Name of the environment and its lock \[default\: as the Compose project\]]:NAME:_default' \
'--config=[File of options, or none \[default\: evenkeel.toml in this directory or a parent\]]:F:_default' \
'--slot=[Use the dedicated environment N, for a single step]:N:_default' \
'--slots=[Most dedicated environments at a time]:N:_default' \
'-j+[Run CMD N times at once, each in a dedicated environment]:N:_default' \
'--jobs=[Run CMD N times at once, each in a dedicated environment]:N:_default' \
'(-n --no-cleanup)--linger=[Keep the environment for D after the last user has left\: the next run enters at once]:D:_default' \
'--reset=[What gives an environment that was kept a clean state for the next run]:CMD:_default' \
'--pull=[Pull images\: missing, always or never]:WHEN:(missing always never)' \
'--start-timeout=[Longest wait until all services are ready]:D:_default' \
'--budget=[Memory that the services may use together \[default\: 4GiB with --env, else the machine'\''s\]]:SIZE:_default' \
'-c+[Category under which usage is recorded and predicted \[default\: the project'\''s name\]]:C:_default' \
'--category=[Category under which usage is recorded and predicted \[default\: the project'\''s name\]]:C:_default' \
'-w+[Longest wait for the lock, and for room]:D:_default' \
'--wait=[Longest wait for the lock, and for room]:D:_default' \
'--artifacts=[Save there what the services said \[default\: .evenkeel/RUN, when the run fails\]]:DIR:_default' \
'--production[Add compose.production.yml from the directory of the first file]' \
'--shared[Share one environment\: the first run starts it, the last one takes it down; users take turns (default)]' \
'--dedicated[Use a separate project with its own ports, networks and volumes, in the first free slot]' \
'(--linger)-n[Keep the environment for debugging, and print the command that removes it]' \
'(--linger)--no-cleanup[Keep the environment for debugging, and print the command that removes it]' \
'--replace[Take down an environment that is kept, and start a new one]' \
'--restart-if-changed[The same, if it was started from other files or options]' \
'--keep-images[Keep the images that were built, as a cache]' \
'--fixed-ports[Publish the ports of the files, and fail where one is taken]' \
'--no-isolate[Start the files as they are]' \
'--no-boost[Start with the CPU limits of the files, not with more until the services are ready]' \
'--no-check[Do not check the files]' \
'--strict[Refuse files with errors]' \
'--no-artifacts[Save nothing when the run fails]' \
'--force-restart[Restart every service before CMD, with '\''restartgate --force'\'']' \
'--stats[Show waits, holds, restarts and usage after the take-down]' \
'--cleanup-old[First remove unused environments older than 4 hours; needs no CMD]' \
'--dry-run[Print the commands, one a line, and run none]' \
'--json[Print one JSON object, for doctor]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::STEP -- A single step, instead of a run:((init\:"Say what a run would do and what stands in its way; write evenkeel.toml with the options that are given"
check\:"Check the files, the engine, and that there is room"
up\:"Start the environment and keep it\: '\''down'\'' takes it down"
down\:"Take it down and remove everything that belongs to it"
clean\:"Remove what is left of it, without reading its Compose files"
status\:"Show the environments of this machine and what they use"
doctor\:"Say what is wrong with the engine, the state directory, Compose, the clock, the disk, limits or PATH"
shim\:"Put a wrapper for docker into DIR\: with DIR first in PATH, no script bypasses the locks"))' \
'::DIR -- Directory of the wrapper, for shim:_default' \
'*::CMD -- Command to run while the environment is up:_default' \
&& ret=0
}

(( $+functions[_evenkeel_commands] )) ||
_evenkeel_commands() {
    local commands; commands=()
    _describe -t commands 'evenkeel commands' commands "$@"
}

if [ "$funcstack[1]" = "_evenkeel" ]; then
    _evenkeel "$@"
else
    compdef _evenkeel evenkeel
fi
