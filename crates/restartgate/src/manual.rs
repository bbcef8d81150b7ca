//! The parts of the manual that clap does not know: exit codes, examples, rules, files, variables, JSON.

use evenkeel_common::Exit;
use evenkeel_common::manual::{DURATIONS, ENGINE, Manual};

/// Exit codes, examples and further sections, for `--help` and the man page.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "restarted and healthy, or no restart was needed; check: a restart would be allowed"),
        (
            Exit::No,
            "restarted, and not healthy in time; wait: a service has failed; heal --once: at least one is not healthy",
        ),
        (Exit::Usage, "bad arguments, or the service is unknown or ambiguous"),
        (Exit::Failed, "the history could not be read or written: nothing was restarted"),
        (Exit::Unavailable, "Docker is not reachable, or does not answer in time"),
        (Exit::Open, "refused: the breaker is open; retrying is useless until it closes"),
        (
            Exit::Busy,
            "refused: cooling down, or too many restarts on this machine; wait: the time is over; try again later",
        ),
        (Exit::Wrapper, "with -- CMD: the history could not be read or written; the command was not run"),
        (Exit::NotRunnable, "with -- CMD: it was found and cannot be run"),
        (Exit::NotFound, "with -- CMD: it was not found"),
    ],
    examples: &[
        (
            "restartgate test-postgres",
            "restart the service if it is unhealthy and the gate allows it, and wait until it is healthy",
        ),
        ("restartgate backend -- systemctl restart backend", "put the gate in front of any command"),
        ("restartgate wait --project evenkeel-test --timeout 60s", "wait until a whole project is ready"),
        (
            "restartgate wait --project shop --start --cpus-after db=0.25",
            "start what 'docker compose create' made, in order; when all is ready, limit the database to a quarter of a CPU",
        ),
        (
            "restartgate heal --label netra.env=dev",
            "restart what becomes unhealthy or dies there, until a signal comes",
        ),
        (
            "restartgate heal --project shop --once --json | jq '.decisions[] | .verdict'",
            "one pass, for cron: restart what is unhealthy or dead now",
        ),
        (
            "restartgate heal --project shop --on tripped -- sh -c 'mail -s tripped ops'",
            "send the report when a breaker opens",
        ),
        ("restartgate check redis && make smoke", "ask what the gate would decide; nothing is recorded"),
        ("restartgate status --json | jq .services", "show the state of every service"),
        ("restartgate explain test-redis", "show what the last decision was based on"),
        ("restartgate stats --since 7d", "show restarts, refusals and times to healthy, by day"),
    ],
    sections: &[
        DURATIONS,
        ENGINE,
        (
            "RULES",
            "In this order: a healthy service is not restarted (unless with --even-if-healthy); one that is starting, or \
             that Docker restarts, is waited for; one that another process has restarted with success since the call \
             began needs nothing more. Then the breaker, the cooldown, the attempts within the window, and the number of \
             restarts a minute on this machine must allow it. A failed restart doubles the cooldown. One attempt too many \
             within the window trips the breaker, and so does a cause that no restart can remove, such as a missing image. \
             The breaker stays open for its time, which doubles with each trip in a row; then it allows one probe, and \
             closes when the service stays up for the stable time after it.",
        ),
        (
            "SEVERAL HOSTS",
            "Restarts are counted for each machine: where N hosts restart the services of one engine, each has the whole \
             budget, and none knows the breakers of the others. Where ENVLOCK_VIA names a store (see envlock(1)), several \
             hosts share the engine, so a restart, check, trip and reset end with 2 and do nothing. Let one host restart \
             services, with ENVLOCK_VIA=local, or pass --per-host, or set DOCKER_RESTARTS_PER_HOST=true. Not refused: a restart with --force, which no limit \
             holds back; a command behind the gate (-- CMD), which belongs to this machine; wait, and what only reads the \
             history. A remote engine that other hosts use without ENVLOCK_VIA is not noticed.",
        ),
        (
            "READINESS",
            "'wait' ends as soon as all services are ready, or one has failed. A service with a health check is ready when \
             the check's command first succeeds; it is run in the container every --poll, beside the engine's own runs, \
             whose verdict counts too: healthy is ready. One that the engine calls unhealthy may still become ready after a slow start: it is \
             waited for, and has failed when --timeout is over. A check that passed before that verdict must pass again. With \
             --engine-verdict only the engine's verdict counts, and unhealthy has failed at once. A service without one is ready when it has \
             been running for 1 s and its published TCP ports accept, or its exposed ones where none is published. After \
             10 s one published port that accepts is enough, and none where none is published. Ports that cannot be asked \
             from here are left out. One without ports that Docker has restarted must have been running for 10 s. A service \
             that exits with code 0, and that its restart policy does not restart or another service waits for \
             (service_completed_successfully), has completed. One that exits with another code, is paused, or was created \
             and not started, has failed at once; one that Docker is restarting is waited for.\n\n\
             --start starts containers that were created and never started, each as soon as the conditions of its \
             depends_on hold. An engine cannot remove a CPU limit: --cpus-after SERVICE=0 sets all CPUs. A restart of a \
             service without a health check is watched for 10 s, or half of --health-timeout where that is shorter.",
        ),
        (
            "HEALING",
            "'heal' looks after the containers that carry all of its labels and belong to its project, and touches no others. \
             It follows the engine's events, and looks at all of them when it begins, after each time that the engine was \
             away, when a refused restart is due, and once a minute. An engine that says nothing is asked every 5 s whether it \
             still answers; where it does not within --call-timeout, that is said once, and it is tried again until it does. \
             Nothing is restarted meanwhile, and nothing is made up for: what needs a restart then is found by a new look. \
             The gate is asked for a restart where a health check fails or a container has ended, for up to four services at once; only the containers that need it are \
             restarted. What the gate refuses is asked for again when its time has come.\n\n\
             Left alone is what is protected (evenkeel.protect=true), was made by 'docker compose run', is paused, is \
             restarted by Docker, was stopped on purpose, or has completed: it ended with code 0 and has no health check, or \
             another service waits for it to complete. It was stopped on purpose where the engine was asked to stop or kill \
             it since its last start; the engine reports that after the end, so that an end is judged after 3 s. That is known from events, of which the engine keeps about the last 256. Where they \
             say nothing, a container that 'heal' has seen running has died; another one has died only where no stop ends a \
             container so: it was killed for lack of memory, could not start, or ended with a code other than 0, 130, 137 \
             and 143. Podman reports kills, and no stops: from 5.4 on it is asked about each container that has ended; \
             before that only these codes tell. What outlives a crash of Docker's engine is ended by \
             the engine when it begins again, and not always started again (not with unless-stopped): that is restarted, whatever its restart \
             policy and exit code. Where the engine has forgotten the events of that time, the time of its end tells it, for what 'heal' has seen running and \
             Docker starts again by its policy. What an engine ends when it is shut down it reports as \
             a stop: that is left to the restart policy. For that 'heal' asks when the engine made its network bridge; without that network \
             both are taken for stops.\n\n\
             After a restart those services of the scope follow that use its network namespace (network_mode: service:NAME), \
             or depend on it with restart: true; then those that follow them. Each is restarted once, through the gate, as \
             soon as the one it follows is up, also where it is healthy itself. A sick service waits for the restart of a \
             sick one that it follows.\n\n\
             --on runs CMD with the report on its stdin: 'restart' after a restart, whether the service is healthy then or \
             not, 'refused' after a refusal, 'tripped' where the refusal has opened the breaker. Its output goes to stderr. \
             At most four run at once, for 30 s each, and are then killed with what they have started; one that fails is told \
             on stderr and changes nothing.\n\n\
             'heal' ends with 128 + the signal's number; a restart that is under way then counts as failed. It ends with 4 \
             where the engine cannot be reached when it begins; later it waits for it. --once ends with 0 where nothing \
             needed a restart or all that did is healthy, else with the first of 4, 3, 1, 69 and 75 that a service gave. A \
             systemd unit is in scripts/cron.",
        ),
        (
            "FILES",
            "~/.netra/restarts/history.jsonl holds one JSON object a line, shared by all processes; a restart is recorded \
             there before it is made. refusals.jsonl beside it holds the refusals, so that many of them do not push restarts \
             out of the history. Each service has a lock file, held from the decision to the end of the restart. Where users \
             share /var/lib/evenkeel, each has a directory of his own in its directory restarts, with the same two files. \
             Reports say which of the two was used.",
        ),
        (
            "SEVERAL USERS",
            "Where /var/lib/evenkeel has been set up ('evenkeel-setup' as root, see envlock(1); again where an earlier version \
             did), the limits are those of the machine: whoever restarts a service of an engine, restarts count together, \
             and a trip or a reset by one user holds for all. Engines are told apart by their URL. What a user recorded in \
             ~/.netra before is still shown to him, and counts for him. Linux only.\n\n\
             Each user records in a file that only he and root can write, and what stands in it counts as his, whatever it \
             says. Files of the wrong owner, links, pipes, lines that are no records, and records from the future are \
             left out; no more than 6 MiB are read of each user. restarts/ and restarts/.guard belong to root; locks \
             are bytes of .guard.\n\n\
             A hostile user can record restarts that never were, trips and resets: so he can use up the limits, open or \
             close the breaker, and have a restart called done by another. He can keep a service's lock, and others wait \
             for it or are refused with 75; he can keep the turn to decide, and others then fail with 3 after 10 s \
             (check, status, history, stats and explain answer all the same). He can fill the file system. He cannot \
             change the records of others or make root write elsewhere. 'evenkeel-setup --group docker' admits the members of a group only. Root can \
             remove a user's directory in restarts/ at any time.",
        ),
        (
            "ENVIRONMENT",
            "NETRA_HOME: the state directory instead of /var/lib/evenkeel or ~/.netra. DOCKER_RESTART_COOLDOWN, \
             DOCKER_MAX_RESTART_ATTEMPTS, DOCKER_RESTART_WINDOW, DOCKER_RESTART_OPEN, DOCKER_RESTART_STABLE, \
             DOCKER_RESTARTS_PER_MINUTE: limits; flags override them. ENVLOCK_VIA, DOCKER_RESTARTS_PER_HOST: see SEVERAL HOSTS.",
        ),
        (
            "JSON",
            "restartgate.report/1 (restart, check, heal): schema, tool_version, at, verdict (restarted, skipped, waited, \
             coalesced, allowed, refused, failed), service {host, project, name}, reason, retry_after_s, rule (forced, \
             healthy, starting, coalesced, breaker, probe, hopeless, cooldown, window, machine, free), attempts_used, \
             attempts_limit, window_s, breaker (closed, open, half_open, proving), cooldown_left_s, limits {cooldown_s, \
             attempts, window_s, open_s, stable_s, per_minute, and for each _from: flag, variable, default}, took_ms, \
             evidence {state, exit_code, oom_killed, memory_limit_bytes, last_check, \
             last_check_exit_code, log}, state_directory, shared (by all users).\n\n\
             restartgate.status/1: schema, tool_version, at, verdict, skipped_lines, services [service, attempts_used, \
             attempts_limit, cooldown_left_s, breaker, breaker_left_s, failures, last_action, last_at, last_reason] (sorted \
             by host, project and name), state_directory, shared.\n\n\
             restartgate.wait/1: schema, tool_version, at, verdict (healthy, not_healthy), took_ms, services [name, verdict \
             (healthy, pending, sick), reason, evidence, ready_by (completed, engine_check, check, ports, running; null when it \
             is not ready), ready_ms (since the call began), nano_cpus (limit that --cpus-after set, in billionths)], sorted by name.\n\n\
             heal --json: one object a line. type decision: all keys of restartgate.report/1. type found: at, service, \
             container (null for the whole service), step (ask, leave), reason. restartgate.heal/1 (heal --once --json): \
             schema, tool_version, at, verdict (healed, not_healed), found [as above, without type], decisions [objects as \
             restartgate.report/1], both in the order in which they came.\n\n\
             restartgate.history/1: schema, tool_version, at, verdict (ok), skipped_lines, records [at, service, action \
             (begin, end, refused, trip, reset), rule, healthy, took_ms, reason, forced, user, pid] (oldest first), state_directory, shared.\n\n\
             restartgate.stats/1: schema, tool_version, at, verdict (ok), skipped_lines, rows [day, service, restarts \
             (those that have ended), healthy, failed, refused, success_pct, healthy_p50_ms, healthy_p95_ms] (sorted by day and service), state_directory, shared.\n\n\
             restartgate.explain/1: schema, tool_version, at, verdict (allowed, refused), service, decided_at, reason, \
             ruling {rule, retry_after_s, attempts_used, attempts_limit, window_s, cooldown_s, cooldown_left_s, failures, \
             breaker, trips, machine_used, machine_limit}, state_directory, shared.",
        ),
    ],
};
