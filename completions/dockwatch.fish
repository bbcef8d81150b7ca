# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_dockwatch_global_optspecs
    string join \n v/verbose json a/all disk f/follow interval= H/host= context= tls tlsverify tlscacert= tlscert= tlskey= call-timeout= l/label= p/project= max-memory= max-containers= max-networks= max-volumes= min-disk= h/help V/version
end

function __fish_dockwatch_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_dockwatch_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_dockwatch_using_subcommand
    set -l cmd (__fish_dockwatch_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c dockwatch -n "__fish_dockwatch_needs_command" -l interval -d 'Time between samples' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s a -l all -d 'Show stopped containers too'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l disk -d 'Show the disk usage of images, containers, volumes and build cache; where the engine takes longer to add it up, raise --call-timeout'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s f -l follow -d 'Print a sample every interval, and events in between; with --json one object a line'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -s V -l version -d 'Print version'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "check" -d 'Check whether a run fits: engine healthy, enough memory, levels below --fail-on'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "collect" -d 'Save the logs, inspects, health checks and events of a project, and say what went wrong first'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "record" -d 'Sample while a command runs and record its peaks; without a command, record one sample'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "history" -d 'Show recorded runs'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "metrics" -d 'Print metrics for Prometheus'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "predict" -d 'Predict what a run of a category needs'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "report" -d 'Show success figures with their targets, as a table, JSON or an HTML page with plots'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "serve" -d 'Serve metrics for Prometheus on /metrics and the report on /'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "top" -d 'Show a live view: levels, memory over time, containers; open, restart or stop one'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "enforce" -d 'Stop or kill containers that exceed their limits, or run a command when a level is reached'
complete -c dockwatch -n "__fish_dockwatch_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l need -d 'Memory the run needs, such as 2GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l need-disk -d 'Space the run needs where the engine keeps its data, such as 5GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l category -d 'Take the needs from recorded runs of this category' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l fail-on -d 'Lowest level at which the answer is no' -r -f -a "safe\t'Below 50 %'
warning\t'From 50 %'
critical\t'From 75 %'
emergency\t'From 90 %'"
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l wait -d 'Wait up to this long until the run fits' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l dir -d 'Directory to write to; it is created where it is missing' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l timeout -d 'Longest time for everything together; each call to the engine has --call-timeout' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l limit -d 'Longest log that is saved whole; of a longer one the first and the last half of this are saved' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l context -d 'Docker context that names the engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l category -d 'Category of the run, for predictions: unit, integration, e2e, performance, or any other name' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l interval -d 'Time between samples' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l orphans -d 'Only record how many containers, networks and volumes were left after a run of the category was taken down' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l report -d 'Write the record of the run as JSON to this file' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand record" -s h -l help -d 'Print help'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand history" -l since -d 'Only runs that ended within this time, such as 7d' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand history" -l category -d 'Only runs of this category' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand history" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand history" -l csv -d 'Print CSV with a header'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand history" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand history" -s h -l help -d 'Print help'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l textfile -d 'Write the metrics to this file, replacing it atomically: for the textfile collector of node_exporter' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand metrics" -s h -l help -d 'Print help'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand predict" -l score -d 'Replay the recorded runs, of all categories unless one is given, and show how many stayed within the prediction'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand predict" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand predict" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand predict" -s h -l help -d 'Print help'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l since -d 'Only records from within this time, such as 7d' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l html -d 'Write a self-contained HTML page with plots to this file' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l listen -d 'Where to listen; port 0 takes a free one, which is printed' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l since -d 'Show only records from within this time in the report, such as 7d' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l interval -d 'Time between samples' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l read-only -d 'Restart and stop nothing'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l grace -d 'With --stop: time from SIGTERM to SIGKILL' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l on-level -d 'Keep sampling, and run the command each time the level rises to this one or above' -r -f -a "safe\t'Below 50 %'
warning\t'From 50 %'
critical\t'From 75 %'
emergency\t'From 90 %'"
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l interval -d 'With --on-level: time between samples' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT; may be repeated [default: $DOCKER_HOST, then the current context]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l context -d 'Docker context of an engine to talk to; may be repeated' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l call-timeout -d 'Longest wait for the answers of an engine' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -s l -l label -d 'Only resources with this label; may be repeated, all must match' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -s p -l project -d 'Only resources of this Compose project' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l max-memory -d 'Memory budget of all containers together, such as 4GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l max-containers -d 'Highest number of running containers' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l max-networks -d 'Highest number of networks, not counting the engine\'s own [default: 15 of a label or project; of everything, no number: what counts is how many of the engine\'s subnets are free]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l max-volumes -d 'Highest number of volumes [default: 10 of a label or project; of everything, no number: what counts is the free disk space]' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l min-disk -d 'Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB' -r
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l stop -d 'Stop the containers'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l kill -d 'Kill the containers'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l json -d 'Print one JSON object'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand enforce" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "check" -d 'Check whether a run fits: engine healthy, enough memory, levels below --fail-on'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "collect" -d 'Save the logs, inspects, health checks and events of a project, and say what went wrong first'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "record" -d 'Sample while a command runs and record its peaks; without a command, record one sample'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "history" -d 'Show recorded runs'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "metrics" -d 'Print metrics for Prometheus'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "predict" -d 'Predict what a run of a category needs'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "report" -d 'Show success figures with their targets, as a table, JSON or an HTML page with plots'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "serve" -d 'Serve metrics for Prometheus on /metrics and the report on /'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "top" -d 'Show a live view: levels, memory over time, containers; open, restart or stop one'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "enforce" -d 'Stop or kill containers that exceed their limits, or run a command when a level is reached'
complete -c dockwatch -n "__fish_dockwatch_using_subcommand help; and not __fish_seen_subcommand_from check collect record history metrics predict report serve top enforce help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
