# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_restartgate_global_optspecs
    string join \n l/label= p/project= cooldown= max-attempts= window= open= stable= per-minute= per-host even-if-healthy force reason= stop-timeout= health-timeout= w/wait json H/host= context= tls tlsverify tlscacert= tlscert= tlskey= call-timeout= v/verbose h/help V/version
end

function __fish_restartgate_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_restartgate_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_restartgate_using_subcommand
    set -l cmd (__fish_restartgate_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c restartgate -n "__fish_restartgate_needs_command" -s l -l label -d 'Only a service whose container carries this label; may be repeated, all must match' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -s p -l project -d 'Only a service of this Compose project' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l cooldown -d 'Shortest time between two restarts of a service; each failure doubles it, up to ten times its length [default: 30s]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l max-attempts -d 'Most restarts of a service within the window; one more trips the breaker [default: 3]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l window -d 'Time in which restarts are counted [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l open -d 'How long the breaker stays open; each trip in a row doubles it, up to six times its length [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l stable -d 'How long a service must stay up after a probe before the breaker closes [default: 1m]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l per-minute -d 'Most restarts of all services within a minute [default: 6]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l reason -d 'Why it is restarted, for the history' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l stop-timeout -d 'Time that each container has to stop before it is killed' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l health-timeout -d 'Longest time until the service must be healthy' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l context -d 'Docker context that names the engine' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c restartgate -n "__fish_restartgate_needs_command" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_needs_command" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_needs_command" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c restartgate -n "__fish_restartgate_needs_command" -l per-host -d 'Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine'
complete -c restartgate -n "__fish_restartgate_needs_command" -l even-if-healthy -d 'Restart also when it is healthy'
complete -c restartgate -n "__fish_restartgate_needs_command" -l force -d 'Restart it whatever the gate decides; it is recorded, and counts for the limits'
complete -c restartgate -n "__fish_restartgate_needs_command" -s w -l wait -d 'Wait until the gate allows it, instead of failing with 75'
complete -c restartgate -n "__fish_restartgate_needs_command" -l json -d 'Print one JSON object; not with a command, whose stdout is its own'
complete -c restartgate -n "__fish_restartgate_needs_command" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c restartgate -n "__fish_restartgate_needs_command" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c restartgate -n "__fish_restartgate_needs_command" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c restartgate -n "__fish_restartgate_needs_command" -s V -l version -d 'Print version'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "check" -d 'Say what the gate would decide, and record nothing'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "wait" -d 'Wait until services are ready, and start them with --start'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "heal" -d 'Restart what becomes unhealthy or dies in a scope, through the gate'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "status" -d 'Show the state of every service'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "history" -d 'Show restarts and refusals'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "stats" -d 'Count restarts and refusals, and how long it took to get healthy, by day and service'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "explain" -d 'Show what the last decision about a service was based on'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "trip" -d 'Open the breaker of a service'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "reset" -d 'Close the breaker of a service, and count nothing that was before'
complete -c restartgate -n "__fish_restartgate_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -s l -l label -d 'Only a service whose container carries this label; may be repeated, all must match' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -s p -l project -d 'Only a service of this Compose project' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l cooldown -d 'Shortest time between two restarts of a service; each failure doubles it, up to ten times its length [default: 30s]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l max-attempts -d 'Most restarts of a service within the window; one more trips the breaker [default: 3]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l window -d 'Time in which restarts are counted [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l open -d 'How long the breaker stays open; each trip in a row doubles it, up to six times its length [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l stable -d 'How long a service must stay up after a probe before the breaker closes [default: 1m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l per-minute -d 'Most restarts of all services within a minute [default: 6]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l context -d 'Docker context that names the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l per-host -d 'Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l even-if-healthy -d 'Decide as for a restart with --even-if-healthy'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l json -d 'Print one JSON object'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand check" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -s p -l project -d 'Services of this Compose project: all of them where none is named' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -s l -l label -d 'Only services whose containers carry this label; may be repeated, all must match' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -s t -l timeout -d 'Longest time to wait' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l poll -d 'Time between two runs of a service\'s own health check' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l cpus-after -d 'CPU limit of a service once all are ready, 0 for none; may be repeated' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l context -d 'Docker context that names the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l start -d 'Start what the project has created and not started, in the order of its depends_on'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l engine-verdict -d 'Count only what the engine says of health checks, and run none here: unhealthy has failed at once'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l json -d 'Print one JSON object'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand wait" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -s l -l label -d 'Only containers that carry this label; may be repeated, all must match' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -s p -l project -d 'Only containers of this Compose project' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l cooldown -d 'Shortest time between two restarts of a service; each failure doubles it, up to ten times its length [default: 30s]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l max-attempts -d 'Most restarts of a service within the window; one more trips the breaker [default: 3]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l window -d 'Time in which restarts are counted [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l open -d 'How long the breaker stays open; each trip in a row doubles it, up to six times its length [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l stable -d 'How long a service must stay up after a probe before the breaker closes [default: 1m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l per-minute -d 'Most restarts of all services within a minute [default: 6]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l on -d 'Run CMD after such a decision, with the report as one JSON object on its stdin; several are separated by commas. There is one CMD: for several, let it be a script' -r -f -a "restart\t'A service was restarted, whether it is healthy then or not'
refused\t'The gate refused a restart'
tripped\t'A refused restart has opened the breaker'"
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l stop-timeout -d 'Time that each container has to stop before it is killed' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l health-timeout -d 'Longest time until a restarted service must be healthy' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l context -d 'Docker context that names the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l once -d 'Look once, restart what is unhealthy or dead now, and end'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l dry-run -d 'Say what would be restarted, and change and record nothing'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l json -d 'Print a line of JSON for each decision; with --once one object'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand heal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l cooldown -d 'Shortest time between two restarts of a service; each failure doubles it, up to ten times its length [default: 30s]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l max-attempts -d 'Most restarts of a service within the window; one more trips the breaker [default: 3]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l window -d 'Time in which restarts are counted [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l open -d 'How long the breaker stays open; each trip in a row doubles it, up to six times its length [default: 5m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l stable -d 'How long a service must stay up after a probe before the breaker closes [default: 1m]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l per-minute -d 'Most restarts of all services within a minute [default: 6]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -l json -d 'Print one JSON object'
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand status" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand history" -l since -d 'Only what happened within this time, such as 7d' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand history" -s n -l last -d 'Show only the last N' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand history" -l json -d 'Print one JSON object'
complete -c restartgate -n "__fish_restartgate_using_subcommand history" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand history" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand stats" -l since -d 'Only what happened within this time, such as 7d' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand stats" -l json -d 'Print one JSON object'
complete -c restartgate -n "__fish_restartgate_using_subcommand stats" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand stats" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand explain" -l json -d 'Print one JSON object'
complete -c restartgate -n "__fish_restartgate_using_subcommand explain" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand explain" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -s l -l label -d 'Only a service whose container carries this label; may be repeated, all must match' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -s p -l project -d 'Only a service of this Compose project' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l reason -d 'Why it is done, for the history' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l context -d 'Docker context that names the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l per-host -d 'Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine'
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand trip" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -s l -l label -d 'Only a service whose container carries this label; may be repeated, all must match' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -s p -l project -d 'Only a service of this Compose project' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l reason -d 'Why it is done, for the history' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l context -d 'Docker context that names the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l per-host -d 'Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine'
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c restartgate -n "__fish_restartgate_using_subcommand reset" -s h -l help -d 'Print help'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "check" -d 'Say what the gate would decide, and record nothing'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "wait" -d 'Wait until services are ready, and start them with --start'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "heal" -d 'Restart what becomes unhealthy or dies in a scope, through the gate'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "status" -d 'Show the state of every service'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "history" -d 'Show restarts and refusals'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "stats" -d 'Count restarts and refusals, and how long it took to get healthy, by day and service'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "explain" -d 'Show what the last decision about a service was based on'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "trip" -d 'Open the breaker of a service'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "reset" -d 'Close the breaker of a service, and count nothing that was before'
complete -c restartgate -n "__fish_restartgate_using_subcommand help; and not __fish_seen_subcommand_from check wait heal status history stats explain trip reset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
