complete -c evenkeel -s f -l files -d 'Compose file, or several with commas; repeatable [default: as Compose finds them]' -r
complete -c evenkeel -l env-file -d 'File of variables, instead of .env; repeatable' -r
complete -c evenkeel -l compose-profile -d 'Profile of the files to enable; repeatable' -r
complete -c evenkeel -l profile -d 'Databases of the files: fast or durable; sets POSTGRES_FSYNC' -r -f -a "fast\t''
durable\t''"
complete -c evenkeel -s p -l project -d 'Compose project [default: the project\'s name and a hash of its directory]' -r
complete -c evenkeel -s e -l env -d 'Value of the label netra.env, and an environment beside the default one [default: test]' -r
complete -c evenkeel -l lock -d 'Name of the environment and its lock [default: as the Compose project]' -r
complete -c evenkeel -l config -d 'File of options, or none [default: evenkeel.toml in this directory or a parent]' -r
complete -c evenkeel -l slot -d 'Use the dedicated environment N, for a single step' -r
complete -c evenkeel -l slots -d 'Most dedicated environments at a time' -r
complete -c evenkeel -s j -l jobs -d 'Run CMD N times at once, each in a dedicated environment' -r
complete -c evenkeel -l linger -d 'Keep the environment for D after the last user has left: the next run enters at once' -r
complete -c evenkeel -l reset -d 'What gives an environment that was kept a clean state for the next run' -r
complete -c evenkeel -l pull -d 'Pull images: missing, always or never' -r -f -a "missing\t''
always\t''
never\t''"
complete -c evenkeel -l start-timeout -d 'Longest wait until all services are ready' -r
complete -c evenkeel -l budget -d 'Memory that the services may use together [default: 4GiB with --env, else the machine\'s]' -r
complete -c evenkeel -s c -l category -d 'Category under which usage is recorded and predicted [default: the project\'s name]' -r
complete -c evenkeel -s w -l wait -d 'Longest wait for the lock, and for room' -r
complete -c evenkeel -l artifacts -d 'Save there what the services said [default: .evenkeel/RUN, when the run fails]' -r
complete -c evenkeel -l production -d 'Add compose.production.yml from the directory of the first file'
complete -c evenkeel -l shared -d 'Share one environment: the first run starts it, the last one takes it down; users take turns (default)'
complete -c evenkeel -l dedicated -d 'Use a separate project with its own ports, networks and volumes, in the first free slot'
complete -c evenkeel -s n -l no-cleanup -d 'Keep the environment for debugging, and print the command that removes it'
complete -c evenkeel -l replace -d 'Take down an environment that is kept, and start a new one'
complete -c evenkeel -l restart-if-changed -d 'The same, if it was started from other files or options'
complete -c evenkeel -l keep-images -d 'Keep the images that were built, as a cache'
complete -c evenkeel -l fixed-ports -d 'Publish the ports of the files, and fail where one is taken'
complete -c evenkeel -l no-isolate -d 'Start the files as they are'
complete -c evenkeel -l no-boost -d 'Start with the CPU limits of the files, not with more until the services are ready'
complete -c evenkeel -l no-check -d 'Do not check the files'
complete -c evenkeel -l strict -d 'Refuse files with errors'
complete -c evenkeel -l no-artifacts -d 'Save nothing when the run fails'
complete -c evenkeel -l force-restart -d 'Restart every service before CMD, with \'restartgate --force\''
complete -c evenkeel -l stats -d 'Show waits, holds, restarts and usage after the take-down'
complete -c evenkeel -l cleanup-old -d 'First remove unused environments older than 4 hours; needs no CMD'
complete -c evenkeel -l dry-run -d 'Print the commands, one a line, and run none'
complete -c evenkeel -l json -d 'Print one JSON object, for doctor'
complete -c evenkeel -s h -l help -d 'Print help (see more with \'--help\')'
complete -c evenkeel -s V -l version -d 'Print version'
