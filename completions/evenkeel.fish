# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_evenkeel_global_optspecs
    string join \n f/files= env-file= compose-profile= production profile= p/project= e/env= lock= config= shared dedicated slot= slots= j/jobs= n/no-cleanup linger= reset= replace restart-if-changed pull= keep-images start-timeout= fixed-ports no-isolate no-boost no-check strict budget= c/category= w/wait= artifacts= no-artifacts force-restart stats cleanup-old dry-run h/help V/version
end

function __fish_evenkeel_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_evenkeel_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_evenkeel_using_subcommand
    set -l cmd (__fish_evenkeel_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c evenkeel -n "__fish_evenkeel_needs_command" -s f -l files -d 'Compose file, or several with commas; repeatable [default: as Compose finds them]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l env-file -d 'File of variables, instead of .env; repeatable' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l compose-profile -d 'Profile of the files to enable; repeatable' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l profile -d 'Databases of the files: fast or durable [default: fast; sets POSTGRES_FSYNC]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s p -l project -d 'Compose project [default: the project\'s name and a hash of its directory]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s e -l env -d 'Value of the label netra.env, and an environment beside the default one [default: test]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l lock -d 'Name of the environment and its lock [default: as the Compose project]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l config -d 'File of options, or none [default: evenkeel.toml in this directory or a parent]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l slot -d 'Use the dedicated environment N, for a single step' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l slots -d 'Most dedicated environments at a time [default: 3]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s j -l jobs -d 'Run CMD N times at once, each in a dedicated environment' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l linger -d 'Keep the environment for D after the last user has left: the next run enters at once' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l reset -d 'What gives an environment that was kept a clean state for the next run' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l pull -d 'Pull images: missing, always or never [default: missing]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l start-timeout -d 'Longest wait until all services are ready [default: 5m]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l budget -d 'Memory that the services may use together [default: 4GiB with --env, else the machine\'s]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s c -l category -d 'Category under which usage is recorded and predicted [default: the project\'s name]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s w -l wait -d 'Longest wait for the lock, and for room [default: 10m]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l artifacts -d 'Save there what the services said [default: .evenkeel/RUN, when the run fails]' -r
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l production -d 'Add compose.production.yml from the directory of the first file'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l shared -d 'Share one environment: the first run starts it, the last one takes it down; users take turns (default)'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l dedicated -d 'Use a separate project with its own ports, networks and volumes, in the first free slot'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s n -l no-cleanup -d 'Keep the environment for debugging, and print the command that removes it'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l replace -d 'Take down an environment that is kept, and start a new one'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l restart-if-changed -d 'The same, if it was started from other files or options'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l keep-images -d 'Keep the images that were built, as a cache'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l fixed-ports -d 'Publish the ports of the files, and fail where one is taken'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l no-isolate -d 'Start the files as they are'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l no-boost -d 'Start with the CPU limits of the files, not with more until the services are ready'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l no-check -d 'Do not check the files'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l strict -d 'Refuse files with errors'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l no-artifacts -d 'Save nothing when the run fails'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l force-restart -d 'Restart every service before CMD, with \'restartgate --force\''
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l stats -d 'Show waits, holds, restarts and usage after the take-down'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l cleanup-old -d 'First remove unused environments older than 4 hours; needs no CMD'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -l dry-run -d 'Print the commands, one a line, and run none'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s h -l help -d 'Show this help'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -s V -l version -d 'Print version'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "init" -d 'Say what a run would do and what stands in its way; write evenkeel.toml'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "check" -d 'Check the files, the engine, and that there is room'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "up" -d 'Start the environment and keep it: \'down\' takes it down'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "down" -d 'Take it down and remove everything that belongs to it'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "clean" -d 'Remove what is left of it, without reading its Compose files'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "status" -d 'Show the environments of this machine and what they use'
complete -c evenkeel -n "__fish_evenkeel_needs_command" -a "shim" -d 'Put a wrapper for docker into DIR: with DIR first in PATH, no script bypasses the locks'
