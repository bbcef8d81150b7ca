#compdef dockwatch

autoload -U is-at-least

_dockwatch() {
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
'--interval=[Time between samples]:DURATION:_default' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'--json[Print one JSON object]' \
'(-f --follow)-a[Show stopped containers too]' \
'(-f --follow)--all[Show stopped containers too]' \
'(-f --follow)--disk[Show the disk usage of images, containers, volumes and build cache; where the engine takes longer to add it up, raise --call-timeout]' \
'-f[Print a sample every interval, and events in between; with --json one object a line]' \
'--follow[Print a sample every interval, and events in between; with --json one object a line]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_dockwatch_commands" \
"*::: :->dockwatch" \
&& ret=0
    case $state in
    (dockwatch)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:dockwatch-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
'--need=[Memory the run needs, such as 2GiB]:SIZE:_default' \
'--need-disk=[Space the run needs where the engine keeps its data, such as 5GiB]:SIZE:_default' \
'--category=[Take the needs from recorded runs of this category]:NAME:_default' \
'--fail-on=[Lowest level at which the answer is no]:LEVEL:((safe\:"Below 50 %"
warning\:"From 50 %"
critical\:"From 75 %"
emergency\:"From 90 %"))' \
'--wait=[Wait up to this long until the run fits]:DURATION:_default' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'--json[Print one JSON object]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(collect)
_arguments "${_arguments_options[@]}" : \
'--dir=[Directory to write to; it is created where it is missing]:DIR:_files' \
'--timeout=[Longest time for everything together; each call to the engine has --call-timeout]:DURATION:_default' \
'--limit=[Longest log that is saved whole; of a longer one the first and the last half of this are saved]:SIZE:_default' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--json[Print one JSON object]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(record)
_arguments "${_arguments_options[@]}" : \
'--category=[Category of the run, for predictions\: unit, integration, e2e, performance, or any other name]:NAME:_default' \
'--interval=[Time between samples]:DURATION:_default' \
'(--report --interval)--orphans=[Only record how many containers, networks and volumes were left after a run of the category was taken down]:N:_default' \
'--report=[Write the record of the run as JSON to this file]:FILE:_files' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'*::command -- Command to run:_default' \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
'--since=[Only runs that ended within this time, such as 7d]:DURATION:_default' \
'--category=[Only runs of this category]:NAME:_default' \
'--json[Print one JSON object]' \
'(--json)--csv[Print CSV with a header]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(metrics)
_arguments "${_arguments_options[@]}" : \
'--textfile=[Write the metrics to this file, replacing it atomically\: for the textfile collector of node_exporter]:PATH:_files' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(predict)
_arguments "${_arguments_options[@]}" : \
'--score[Replay the recorded runs, of all categories unless one is given, and show how many stayed within the prediction]' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help]' \
'--help[Print help]' \
'::category -- Category of the run\: unit, integration, e2e, performance, or any other name:_default' \
&& ret=0
;;
(report)
_arguments "${_arguments_options[@]}" : \
'--since=[Only records from within this time, such as 7d]:DURATION:_default' \
'--html=[Write a self-contained HTML page with plots to this file]:FILE:_files' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'--json[Print one JSON object]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(serve)
_arguments "${_arguments_options[@]}" : \
'--listen=[Where to listen; port 0 takes a free one, which is printed]:ADDRESS:PORT:_default' \
'--since=[Show only records from within this time in the report, such as 7d]:DURATION:_default' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
'--interval=[Time between samples]:DURATION:_default' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'--read-only[Restart and stop nothing]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(enforce)
_arguments "${_arguments_options[@]}" : \
'--grace=[With --stop\: time from SIGTERM to SIGKILL]:DURATION:_default' \
'(--stop --kill --json)--on-level=[Keep sampling, and run the command each time the level rises to this one or above]:LEVEL:((safe\:"Below 50 %"
warning\:"From 50 %"
critical\:"From 75 %"
emergency\:"From 90 %"))' \
'--interval=[With --on-level\: time between samples]:DURATION:_default' \
'(--context)*-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)*--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT; may be repeated \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'*--context=[Docker context of an engine to talk to; may be repeated]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for the answers of an engine]:DURATION:_default' \
'*-l+[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'*--label=[Only resources with this label; may be repeated, all must match]:KEY[=VALUE]:_default' \
'-p+[Only resources of this Compose project]:NAME:_default' \
'--project=[Only resources of this Compose project]:NAME:_default' \
'--max-memory=[Memory budget of all containers together, such as 4GiB; a bare number is in GiB]:SIZE:_default' \
'--max-containers=[Highest number of running containers]:N:_default' \
'--max-networks=[Highest number of networks, not counting the engine'\''s own \[default\: 15 of a label or project; of everything, no number\: what counts is how many of the engine'\''s subnets are free\]]:N:_default' \
'--max-volumes=[Highest number of volumes \[default\: 10 of a label or project; of everything, no number\: what counts is the free disk space\]]:N:_default' \
'--min-disk=[Least free space where the engine keeps its data, such as 5GiB; a bare number is in GiB]:SIZE:_default' \
'(--kill)--stop[Stop the containers]' \
'--kill[Kill the containers]' \
'--json[Print one JSON object]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::command -- Command to run when the level is reached:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_dockwatch__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:dockwatch-help-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(collect)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(record)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(history)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(metrics)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(predict)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(report)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(serve)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(enforce)
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

(( $+functions[_dockwatch_commands] )) ||
_dockwatch_commands() {
    local commands; commands=(
'check:Check whether a run fits\: engine healthy, enough memory, levels below --fail-on' \
'collect:Save the logs, inspects, health checks and events of a project, and say what went wrong first' \
'record:Sample while a command runs and record its peaks; without a command, record one sample' \
'history:Show recorded runs' \
'metrics:Print metrics for Prometheus' \
'predict:Predict what a run of a category needs' \
'report:Show success figures with their targets, as a table, JSON or an HTML page with plots' \
'serve:Serve metrics for Prometheus on /metrics and the report on /' \
'top:Show a live view\: levels, memory over time, containers; open, restart or stop one' \
'enforce:Stop or kill containers that exceed their limits, or run a command when a level is reached' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'dockwatch commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__check_commands] )) ||
_dockwatch__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch check commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__collect_commands] )) ||
_dockwatch__subcmd__collect_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch collect commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__enforce_commands] )) ||
_dockwatch__subcmd__enforce_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch enforce commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help_commands] )) ||
_dockwatch__subcmd__help_commands() {
    local commands; commands=(
'check:Check whether a run fits\: engine healthy, enough memory, levels below --fail-on' \
'collect:Save the logs, inspects, health checks and events of a project, and say what went wrong first' \
'record:Sample while a command runs and record its peaks; without a command, record one sample' \
'history:Show recorded runs' \
'metrics:Print metrics for Prometheus' \
'predict:Predict what a run of a category needs' \
'report:Show success figures with their targets, as a table, JSON or an HTML page with plots' \
'serve:Serve metrics for Prometheus on /metrics and the report on /' \
'top:Show a live view\: levels, memory over time, containers; open, restart or stop one' \
'enforce:Stop or kill containers that exceed their limits, or run a command when a level is reached' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'dockwatch help commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__check_commands] )) ||
_dockwatch__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help check commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__collect_commands] )) ||
_dockwatch__subcmd__help__subcmd__collect_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help collect commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__enforce_commands] )) ||
_dockwatch__subcmd__help__subcmd__enforce_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help enforce commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__help_commands] )) ||
_dockwatch__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help help commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__history_commands] )) ||
_dockwatch__subcmd__help__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help history commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__metrics_commands] )) ||
_dockwatch__subcmd__help__subcmd__metrics_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help metrics commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__predict_commands] )) ||
_dockwatch__subcmd__help__subcmd__predict_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help predict commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__record_commands] )) ||
_dockwatch__subcmd__help__subcmd__record_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help record commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__report_commands] )) ||
_dockwatch__subcmd__help__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help report commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__serve_commands] )) ||
_dockwatch__subcmd__help__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help serve commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__help__subcmd__top_commands] )) ||
_dockwatch__subcmd__help__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch help top commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__history_commands] )) ||
_dockwatch__subcmd__history_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch history commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__metrics_commands] )) ||
_dockwatch__subcmd__metrics_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch metrics commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__predict_commands] )) ||
_dockwatch__subcmd__predict_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch predict commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__record_commands] )) ||
_dockwatch__subcmd__record_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch record commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__report_commands] )) ||
_dockwatch__subcmd__report_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch report commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__serve_commands] )) ||
_dockwatch__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch serve commands' commands "$@"
}
(( $+functions[_dockwatch__subcmd__top_commands] )) ||
_dockwatch__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'dockwatch top commands' commands "$@"
}

if [ "$funcstack[1]" = "_dockwatch" ]; then
    _dockwatch "$@"
else
    compdef _dockwatch dockwatch
fi
