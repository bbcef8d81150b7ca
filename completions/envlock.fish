# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_envlock_global_optspecs
    string join \n s/shared slots= with= setup= teardown= teardown-timeout= setup-key= keep keep-for= replace= reuse= after= w/timeout= n/no-wait wait-forever p/purpose= private E/conflict-exit-code= inherit report= via= via-ca= via-cert= via-key= ttl= v/verbose h/help V/version
end

function __fish_envlock_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_envlock_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_envlock_using_subcommand
    set -l cmd (__fish_envlock_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c envlock -n "__fish_envlock_needs_command" -l slots -d 'Allow N holders at once; each gets a slot number, from 0, in ENVLOCK_SLOT' -r
complete -c envlock -n "__fish_envlock_needs_command" -l with -d 'Also lock NAME, exclusively or shared; locks are always taken in the order of their names' -r
complete -c envlock -n "__fish_envlock_needs_command" -l setup -d 'Shell command that the first user runs to set the environment up, before anybody else enters' -r
complete -c envlock -n "__fish_envlock_needs_command" -l teardown -d 'Shell command that the last user runs to take the environment down, before anybody else enters' -r
complete -c envlock -n "__fish_envlock_needs_command" -l teardown-timeout -d 'End a take-down, or an --after command, that takes longer than this [default: no limit]' -r
complete -c envlock -n "__fish_envlock_needs_command" -l setup-key -d 'What the set-up starts from, as blank-separated NAME=VALUE; an environment started from something else is not entered' -r
complete -c envlock -n "__fish_envlock_needs_command" -l keep-for -d 'As the last user, leave the environment up for this long' -r
complete -c envlock -n "__fish_envlock_needs_command" -l replace -d 'Take down an environment that was kept, and set it up anew' -r -f -a "changed\t'One that was started from something else'
always\t'Any'"
complete -c envlock -n "__fish_envlock_needs_command" -l reuse -d 'Shell command that the first user of an environment that was kept runs instead of the set-up' -r
complete -c envlock -n "__fish_envlock_needs_command" -l after -d 'Shell command to run after the command, still under the lock, with its exit code in ENVLOCK_EXIT' -r
complete -c envlock -n "__fish_envlock_needs_command" -s w -l timeout -d 'Give up with 75 when the lock is not free after this long' -r
complete -c envlock -n "__fish_envlock_needs_command" -s p -l purpose -d 'Purpose to show to those that wait and in the history' -r
complete -c envlock -n "__fish_envlock_needs_command" -s E -l conflict-exit-code -d 'End with N instead of 75 when the lock was not free in time' -r
complete -c envlock -n "__fish_envlock_needs_command" -l report -d 'Write a record of the run to FILE as JSON' -r -F
complete -c envlock -n "__fish_envlock_needs_command" -l via -d 'Keep the lock in etcd, for users on several hosts [default: ENVLOCK_VIA, else files of this machine]' -r
complete -c envlock -n "__fish_envlock_needs_command" -l via-ca -d 'With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]' -r -F
complete -c envlock -n "__fish_envlock_needs_command" -l via-cert -d 'With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]' -r -F
complete -c envlock -n "__fish_envlock_needs_command" -l via-key -d 'With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]' -r -F
complete -c envlock -n "__fish_envlock_needs_command" -l ttl -d 'With --via: how long the store keeps the lock of a host that vanished, from 5s to 5m [default: 15s]' -r
complete -c envlock -n "__fish_envlock_needs_command" -s s -l shared -d 'Share the lock with others that share it'
complete -c envlock -n "__fish_envlock_needs_command" -l keep -d 'As the last user, leave the environment up until it is taken down with \'envlock down\' or --replace'
complete -c envlock -n "__fish_envlock_needs_command" -s n -l no-wait -d 'Give up with 75 when the lock is not free now'
complete -c envlock -n "__fish_envlock_needs_command" -l wait-forever -d 'Wait without a limit'
complete -c envlock -n "__fish_envlock_needs_command" -l private -d 'Where the locks are those of all users, record neither the purpose nor the command: others could read them'
complete -c envlock -n "__fish_envlock_needs_command" -l inherit -d 'Let background processes of the command keep the lock, as flock(1) does'
complete -c envlock -n "__fish_envlock_needs_command" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c envlock -n "__fish_envlock_needs_command" -s V -l version -d 'Print version'
complete -c envlock -n "__fish_envlock_needs_command" -a "status" -d 'Show who holds and who waits for an environment, or all of them'
complete -c envlock -n "__fish_envlock_needs_command" -a "history" -d 'Show the past holds of an environment'
complete -c envlock -n "__fish_envlock_needs_command" -a "break" -d 'End the command that holds an environment, so that the lock is released'
complete -c envlock -n "__fish_envlock_needs_command" -a "held" -d 'Test whether this process runs under the lock of an environment: exit code 0 or 1'
complete -c envlock -n "__fish_envlock_needs_command" -a "doctor" -d 'See whether the locks in a store can be used: its members, versions, the rights of the user, a lock and unlock'
complete -c envlock -n "__fish_envlock_needs_command" -a "down" -d 'Take down an environment that was kept, or that its users left behind'
complete -c envlock -n "__fish_envlock_needs_command" -a "sweep" -d 'Take down the environments that nobody uses and whose time is over, or whose users died'
complete -c envlock -n "__fish_envlock_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c envlock -n "__fish_envlock_using_subcommand status" -l via -d 'Look in etcd [default: ENVLOCK_VIA, else files of this machine]' -r
complete -c envlock -n "__fish_envlock_using_subcommand status" -l via-ca -d 'With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand status" -l via-cert -d 'With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand status" -l via-key -d 'With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand status" -l json -d 'Print one JSON object'
complete -c envlock -n "__fish_envlock_using_subcommand status" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand status" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand history" -s n -l last -d 'Show the last N holds; the percentiles are of all' -r
complete -c envlock -n "__fish_envlock_using_subcommand history" -l via -d 'Look in etcd [default: ENVLOCK_VIA, else files of this machine]' -r
complete -c envlock -n "__fish_envlock_using_subcommand history" -l via-ca -d 'With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand history" -l via-cert -d 'With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand history" -l via-key -d 'With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand history" -l json -d 'Print one JSON object'
complete -c envlock -n "__fish_envlock_using_subcommand history" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand history" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand break" -l ticket -d 'Ticket to break; needed where there are several holders' -r
complete -c envlock -n "__fish_envlock_using_subcommand break" -l reason -d 'Reason to show to the holder and in the history' -r
complete -c envlock -n "__fish_envlock_using_subcommand break" -l grace -d 'Time for the command to end after SIGTERM, and again for the take-down, before SIGKILL' -r
complete -c envlock -n "__fish_envlock_using_subcommand break" -l via -d 'Look in etcd [default: ENVLOCK_VIA, else files of this machine]' -r
complete -c envlock -n "__fish_envlock_using_subcommand break" -l via-ca -d 'With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand break" -l via-cert -d 'With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand break" -l via-key -d 'With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand break" -l json -d 'Print one JSON object'
complete -c envlock -n "__fish_envlock_using_subcommand break" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand break" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand held" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand held" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -l via -d 'Store to examine [default: ENVLOCK_VIA]' -r
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -l via-ca -d 'With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -l via-cert -d 'With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -l via-key -d 'With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -l json -d 'Print one JSON object'
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand down" -l teardown -d 'Shell command to run instead of the take-down that is recorded; needed in etcd, from which no command is taken' -r
complete -c envlock -n "__fish_envlock_using_subcommand down" -s w -l timeout -d 'Give up with 75 when others use the environment for longer than this' -r
complete -c envlock -n "__fish_envlock_using_subcommand down" -l via -d 'Look in etcd [default: ENVLOCK_VIA, else files of this machine]' -r
complete -c envlock -n "__fish_envlock_using_subcommand down" -l via-ca -d 'With etcds://: trust the CAs in this PEM file [default: ENVLOCK_VIA_CA, else those of the system]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand down" -l via-cert -d 'With etcds://: use the client certificate in this PEM file [default: ENVLOCK_VIA_CERT]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand down" -l via-key -d 'With etcds://: use the private key in this PEM file [default: ENVLOCK_VIA_KEY]' -r -F
complete -c envlock -n "__fish_envlock_using_subcommand down" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand down" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand sweep" -l idle -d 'Also take down those whose time is not over yet, but never those kept with --keep'
complete -c envlock -n "__fish_envlock_using_subcommand sweep" -l dry-run -d 'Show what would be taken down, and take nothing down'
complete -c envlock -n "__fish_envlock_using_subcommand sweep" -l quiet-if-nothing -d 'Print nothing when nothing was to be taken down'
complete -c envlock -n "__fish_envlock_using_subcommand sweep" -l json -d 'Print one JSON object'
complete -c envlock -n "__fish_envlock_using_subcommand sweep" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c envlock -n "__fish_envlock_using_subcommand sweep" -s h -l help -d 'Print help'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "status" -d 'Show who holds and who waits for an environment, or all of them'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "history" -d 'Show the past holds of an environment'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "break" -d 'End the command that holds an environment, so that the lock is released'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "held" -d 'Test whether this process runs under the lock of an environment: exit code 0 or 1'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "doctor" -d 'See whether the locks in a store can be used: its members, versions, the rights of the user, a lock and unlock'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "down" -d 'Take down an environment that was kept, or that its users left behind'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "sweep" -d 'Take down the environments that nobody uses and whose time is over, or whose users died'
complete -c envlock -n "__fish_envlock_using_subcommand help; and not __fish_seen_subcommand_from status history break held doctor down sweep help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
