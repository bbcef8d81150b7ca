#compdef dockprune

autoload -U is-at-least

_dockprune() {
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
'*-l+[Scope\: what carries this label with exactly this value (repeat\: all must match)]:KEY=VALUE:_default' \
'*--label=[Scope\: what carries this label with exactly this value (repeat\: all must match)]:KEY=VALUE:_default' \
'-p+[Scope\: what belongs to this Compose project]:NAME:_default' \
'--project=[Scope\: what belongs to this Compose project]:NAME:_default' \
'--name=[Scope\: what has a name that matches this; only with --yes-by-name]:GLOB:_default' \
'(--expired --testcontainers --build-cache --older-than --created-older-than --volumes --include-running --max-containers --apply --orphans --verify --lock-name)--unused-for=[Scope, with --images\: images that no container has used for this long, all of them or within the other scope]:DURATION:_default' \
'--keep-storage=[Size that the build cache may keep, such as 10GiB; what was used within --older-than stays in any case]:SIZE:_default' \
'--older-than=[Remove only what was created, and last ended, at least this long ago \[default\: 1h; with --orphans\: 0s\]]:DURATION:_default' \
'--created-older-than=[The same for containers that never started \[default\: as --older-than\]]:DURATION:_default' \
'--grace=[Time for a running container to stop before it is killed]:DURATION:_default' \
'--max-containers=[Leave at most N containers in scope\: remove stopped ones, oldest first, even if younger than the age limit]::N:_default' \
'*--keep=[Keep what has a name or ID that matches this (repeatable)]:GLOB:_default' \
'(-n --dry-run)--plan=[Remove nothing, and write to FILE what would be removed]:FILE:_files' \
'(-l --label -p --project --name --older-than --created-older-than --volumes --images --include-running --max-containers --plan)--apply=[Remove exactly what --plan wrote to FILE, except what has changed since]:FILE:_files' \
'(-l --label -p --project --name --apply --orphans --verify -n --dry-run --plan --log-file)--lock-name=[Do nothing, and print the name of the lock that tools take for the environment NAME on this engine]:NAME:_default' \
'--deadline=[Time for the whole run; what is left then is listed]:DURATION:_default' \
'(--orphans)--log-file=[Append one line of JSON about this run to FILE]:FILE:_files' \
'(--context)-H+[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'(--context)--host=[Engine to talk to\: unix\:///SOCKET, tcp\://HOST\:PORT, ssh\://USER@HOST or HOST\:PORT \[default\: \$DOCKER_HOST, then the current context\]]:URL:_default' \
'--context=[Docker context that names the engine]:NAME:_default' \
'--tlscacert=[CA that the engine'\''s certificate must be signed by \[default\: ca.pem in \$DOCKER_CERT_PATH, else in ~/.docker\]]:FILE:_files' \
'--tlscert=[Client certificate \[default\: cert.pem beside the CA'\''s default\]]:FILE:_files' \
'--tlskey=[Key of the client certificate \[default\: key.pem beside the CA'\''s default\]]:FILE:_files' \
'--call-timeout=[Longest wait for one answer of the engine]:DURATION:_default' \
'(--older-than --created-older-than --volumes --images --include-running --max-containers --apply --orphans --verify --lock-name)--expired[Scope\: what carries the label evenkeel.ttl, all of it or within the other scope; remove what has outlived it]' \
'(-l --label -p --project --name --expired --created-older-than --volumes --images --include-running --max-containers --apply --orphans --lock-name)--testcontainers[Scope\: what Testcontainers made; remove sessions without a running Ryuk whose newest resource is old enough]' \
'(-l --label -p --project --name --expired --testcontainers --created-older-than --volumes --images --include-running --max-containers --apply --orphans --verify --lock-name)--build-cache[Scope\: the build cache; remove what builds have not used for the longest time, down to --keep-storage]' \
'--yes-by-name[Confirm that the name alone decides what is in scope]' \
'--volumes[Remove volumes too, anonymous ones with their containers; never one with driver options]' \
'--images[Remove images too, if they carry the label themselves; with --unused-for\: images alone]' \
'--include-running[Remove running containers too, after stopping them]' \
'--ignore-locks[Remove from locked environments too]' \
'-n[Decide and report, and remove nothing]' \
'--dry-run[Decide and report, and remove nothing]' \
'(--created-older-than --volumes --images --include-running --max-containers --plan --apply --ignore-locks)--orphans[Remove nothing, and list what belongs to no running Compose project and to no locked environment]' \
'(--older-than --created-older-than --volumes --images --include-running --grace --max-containers --keep --ignore-locks -n --dry-run --plan --apply --orphans --log-file)--verify[Remove nothing, and list what is left of the scope, whatever its age, state or protection]' \
'--json[Print the report as one JSON object]' \
'--quiet-if-nothing[Print nothing when nothing was to be removed]' \
'--tls[Use TLS, whoever the engine is \[default\: on with \$DOCKER_TLS\]]' \
'--tlsverify[Use TLS and verify the engine \[default\: on with \$DOCKER_TLS_VERIFY\]]' \
'*-v[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'*--verbose[Log to stderr what is done (-vv\: more, -vvv\: all); RUST_LOG overrides]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
}

(( $+functions[_dockprune_commands] )) ||
_dockprune_commands() {
    local commands; commands=()
    _describe -t commands 'dockprune commands' commands "$@"
}

if [ "$funcstack[1]" = "_dockprune" ]; then
    _dockprune "$@"
else
    compdef _dockprune dockprune
fi
