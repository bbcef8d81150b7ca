complete -c dockprune -s l -l label -d 'Scope: what carries this label with exactly this value (repeat: all must match)' -r
complete -c dockprune -s p -l project -d 'Scope: what belongs to this Compose project' -r
complete -c dockprune -l name -d 'Scope: what has a name that matches this; only with --yes-by-name' -r
complete -c dockprune -l unused-for -d 'Scope, with --images: images that no container has used for this long, all of them or within the other scope' -r
complete -c dockprune -l keep-storage -d 'Size that the build cache may keep, such as 10GiB; what was used within --older-than stays in any case' -r
complete -c dockprune -l older-than -d 'Remove only what was created, and last ended, at least this long ago [default: 1h; with --orphans: 0s]' -r
complete -c dockprune -l created-older-than -d 'The same for containers that never started [default: as --older-than]' -r
complete -c dockprune -l grace -d 'Time for a running container to stop before it is killed' -r
complete -c dockprune -l max-containers -d 'Leave at most N containers in scope: remove stopped ones, oldest first, even if younger than the age limit' -r
complete -c dockprune -l keep -d 'Keep what has a name or ID that matches this (repeatable)' -r
complete -c dockprune -l plan -d 'Remove nothing, and write to FILE what would be removed' -r -F
complete -c dockprune -l apply -d 'Remove exactly what --plan wrote to FILE, except what has changed since' -r -F
complete -c dockprune -l lock-name -d 'Do nothing, and print the name of the lock that tools take for the environment NAME on this engine' -r
complete -c dockprune -l deadline -d 'Time for the whole run; what is left then is listed' -r
complete -c dockprune -l log-file -d 'Append one line of JSON about this run to FILE' -r -F
complete -c dockprune -s H -l host -d 'Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the current context]' -r
complete -c dockprune -l context -d 'Docker context that names the engine' -r
complete -c dockprune -l tlscacert -d 'CA that the engine\'s certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]' -r -F
complete -c dockprune -l tlscert -d 'Client certificate [default: cert.pem beside the CA\'s default]' -r -F
complete -c dockprune -l tlskey -d 'Key of the client certificate [default: key.pem beside the CA\'s default]' -r -F
complete -c dockprune -l call-timeout -d 'Longest wait for one answer of the engine' -r
complete -c dockprune -l expired -d 'Scope: what carries the label evenkeel.ttl, all of it or within the other scope; remove what has outlived it'
complete -c dockprune -l testcontainers -d 'Scope: what Testcontainers made; remove sessions without a running Ryuk whose newest resource is old enough'
complete -c dockprune -l build-cache -d 'Scope: the build cache; remove what builds have not used for the longest time, down to --keep-storage'
complete -c dockprune -l yes-by-name -d 'Confirm that the name alone decides what is in scope'
complete -c dockprune -l volumes -d 'Remove volumes too, anonymous ones with their containers; never one with driver options'
complete -c dockprune -l images -d 'Remove images too, if they carry the label themselves; with --unused-for: images alone'
complete -c dockprune -l include-running -d 'Remove running containers too, after stopping them'
complete -c dockprune -l ignore-locks -d 'Remove from locked environments too'
complete -c dockprune -s n -l dry-run -d 'Decide and report, and remove nothing'
complete -c dockprune -l orphans -d 'Remove nothing, and list what belongs to no running Compose project and to no locked environment'
complete -c dockprune -l verify -d 'Remove nothing, and list what is left of the scope, whatever its age, state or protection'
complete -c dockprune -l json -d 'Print the report as one JSON object'
complete -c dockprune -l quiet-if-nothing -d 'Print nothing when nothing was to be removed'
complete -c dockprune -l tls -d 'Use TLS, whoever the engine is [default: on with $DOCKER_TLS]'
complete -c dockprune -l tlsverify -d 'Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]'
complete -c dockprune -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c dockprune -s h -l help -d 'Print help (see more with \'--help\')'
complete -c dockprune -s V -l version -d 'Print version'
