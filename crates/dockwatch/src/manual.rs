//! The parts of the manual that clap does not know: exit codes, examples, files, variables, JSON.

use evenkeel_common::Exit;
use evenkeel_common::manual::{ENGINE, Manual};

/// Exit codes, examples and further sections, for `--help` and the man page.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "done; check: the run fits"),
        (Exit::No, "check: the run does not fit; enforce: containers are still over their limits"),
        (Exit::Usage, "bad arguments"),
        (Exit::Failed, "cannot read or write state; check: the run fits as far as is known"),
        (Exit::Unavailable, "an engine is not reachable, or one of its endpoints hangs"),
        (
            Exit::Partial,
            "enforce: some containers could not be ended; collect: something could not be collected",
        ),
        (Exit::Wrapper, "record: dockwatch itself failed"),
        (Exit::NotRunnable, "record: the command cannot be run"),
        (Exit::NotFound, "record: the command was not found"),
    ],
    examples: &[
        ("dockwatch", "Show what Docker uses, and how much of the budget that is"),
        ("dockwatch --json | jq .containers", "Print the containers as JSON"),
        ("dockwatch check --need 2GiB --wait 2m", "Wait until a run that needs 2 GiB fits"),
        ("dockwatch check --need-disk 5GiB", "Check whether the engine's disk has room for a build"),
        (
            "dockwatch record --project shop -- make e2e",
            "Run a command and record the peaks of a Compose project",
        ),
        (
            "dockwatch collect --project shop --dir artifacts",
            "Save logs and states of a Compose project, and say what went wrong first",
        ),
        ("dockwatch history --since 7d", "Show the runs of the last week"),
        ("dockwatch predict e2e", "Predict what an e2e run needs"),
        ("dockwatch serve", "Serve metrics and the report on 127.0.0.1:9117"),
        ("dockwatch predict --score", "See how often the predictions were right"),
        (
            "dockwatch report --since 7d --html report.html",
            "Show the success figures of the last week, and write a page with plots",
        ),
        ("dockwatch enforce --label netra.env=test", "Show which containers are over their limits"),
        (
            "dockwatch enforce --on-level critical -- dockprune --label netra.env=test --older-than 1h",
            "Clean up each time the level rises to critical",
        ),
        ("dockwatch top --project shop", "Watch a Compose project; open, restart or stop its containers"),
        ("dockwatch --follow --json", "Stream samples and events as NDJSON"),
    ],
    sections: &[
        (
            "LEVELS",
            "safe below 50 % of the budget, warning from 50, critical from 75, emergency from 90. The overall level is \
             the highest of all resources. --follow and enforce --on-level announce a higher level at once, and a lower \
             one after it has lasted for 30 seconds.\n\n\
             Numbers of networks and volumes are judged where there is a scope (--label, --project) or a number is given. Of \
             everything on the engine, what counts is what runs out: subnets, of which an engine has 31 unless it is \
             configured otherwise, its own network included, and the disk. Of several engines the worst counts. Where an \
             engine does not say which subnets it has, they are not judged.\n\n\
             The disk is judged by the space that is free where the engine keeps its data: safe from twice --min-disk, warning \
             from --min-disk, critical from half of it, emergency below. It is known where the engine is on this machine: the \
             file system is asked through the engine's process, which may have mounts of its own, or, where that is not \
             permitted, at the path that the engine names. Elsewhere it is unknown and not judged.\n\n\
             Memory is counted as docker stats does: usage less inactive page cache. Where that of any running container is \
             unknown, so is the sum, and the level is unknown instead of safe; what is known can still raise it.",
        ),
        ENGINE,
        (
            "CPU",
            "CPU use is that since the last sample, if that is one second to one minute old. Else a single sample measures it \
             over 200 ms, which is two whole periods of the kernel's CPU limits: any other short window would show a container \
             with a CPU limit too busy or too idle. Where the kernel's counters cannot be read from here, as with containers on \
             another machine, the engine is asked twice, a second apart. cpu_window_ms is the length of the window. --follow, top and record do not wait: the CPU use of a \
             container is unknown in its first sample.",
        ),
        (
            "PODMAN",
            "Podman is used through its Docker API: set DOCKER_HOST to its socket. Differences: Podman 4 does not say how much of \
             the memory is page cache, so that memory is unknown where the kernel's counters cannot be read; it reports no OOM \
             kill, and keeps no events for collect. Its address pools are not known. The health of a container is taken from an \
             inspect, because the list does not have it.\n\n\
             A rootless engine that may not make cgroups (cgroup driver none) shows for each container what all of the machine \
             uses. These figures are dropped, and errors says so.",
        ),
        (
            "ENGINES THAT HANG",
            "Every call has the deadline --call-timeout. --follow and top ask each interval whether the engine answers, and \
             wait an interval for it, one second at least. record waits a third of --call-timeout for an engine that does not \
             answer before it starts the command, and as long after it.",
        ),
        (
            "LIVE VIEW",
            "top shows, from above: the verdict with the engines or with what is wrong with them; the levels and the machine; \
             environments, each with who uses its lock where envlock is installed, and Compose projects, each with its \
             containers and how many of them are unwell; memory of all containers over the last 300 samples; the containers, also \
             the stopped ones. A container is unwell that is unhealthy, restarts, is dead, has ended with a code other than 0, \
             or lost a process for lack of memory. The scale of the graph reaches the budget where the peak is a quarter of it \
             or more. A bar of CPU is full at one core; one of memory at the container's limit, or, without one, at the budget. \
             A smaller terminal shows fewer columns, and below 20 lines no graph.\n\n\
             Keys: ? shows them; q and Ctrl-C quit; arrows, j, k, PgUp, PgDn, Home, End, g and G select or scroll; Enter opens \
             a container, Esc goes back, and in the list drops the filter; m, c and n sort by memory, CPU and name, < and > by \
             the column to the left or right, r turns the order round; / filters by a part of the name, project or image; a \
             hides the stopped containers; p groups by project, Left, Right and f fold. R restarts and S stops. A click selects \
             a row or sorts by a column, the wheel scrolls. Most terminals select text while Shift is held.\n\n\
             A container that is open is looked at again each interval, one second at least: state, limits, ports, mounts, \
             health checks, the last 20 log lines. Control characters in names and logs become blanks.\n\n\
             R and S ask first, and only y is a yes. Before it is acted on, the engine and envlock are asked once more: where the \
             container is gone, outside of the scope, or the question would be another one now, nothing is done. R runs \
             restartgate --even-if-healthy: its cooldown, window, breaker and limit of the machine decide, and its history records \
             it. A restart that is under way goes on where the view is left. S stops with 10 s before the container is killed. \
             Neither is possible with --read-only, without restartgate beside dockwatch or in PATH, or on a container labelled \
             evenkeel.protect=true. Where the environment of a container (label netra.env or evenkeel.env) is locked or \
             kept, R says by whom, and S is refused; S is refused, too, where envlock cannot tell.",
        ),
        (
            "FILES",
            "~/.netra/history/: runs.jsonl, samples.jsonl (the last fifteen thousand at least), checks.jsonl, and counters-ENGINE.json, a \
             cache with the CPU times of the last sample. Without the cache the next sample takes 200 ms longer.\n\n\
             ~/.netra/history/images-HASH.json, one file an engine: when each image was last used, for dockprune --unused-for. record \
             and --follow write it, each 15 seconds while they go on. A use is a container that is there, running or not, or \
             that was started since the look before and is gone; an image that is new counts as used. Nothing was missed where \
             the engine, which keeps its last 256 events, still keeps one from before the last look; else, and after a restart \
             of the engine, the watch begins anew. --follow misses less than record from cron does, beside many health checks \
             in particular.\n\n\
             report --html and serve read ~/.netra/locks/*.d/history.jsonl, which envlock writes, and \
             ~/.netra/restarts/history.jsonl and refusals.jsonl, which restartgate writes, or those of the machine.",
        ),
        (
            "REPORT PAGE",
            "The page draws of each eight hundredth of its time the lowest and the highest value, so that no peak is lost, and \
             lists the newest 1,000 runs; history --csv prints all. Locks are those of the state directory in use, of all users \
             where it is shared; those in etcd are not on the page. At most 12 locks and 12 categories have rows of their own. \
             A budget that is far above the values is named but not drawn. The line under the heading says how many lines of \
             the records could not be read.",
        ),
        (
            "ENVIRONMENT",
            "DOCKER_MAX_MEMORY_GB, DOCKER_MAX_CONTAINERS, DOCKER_MAX_NETWORKS, DOCKER_MAX_VOLUMES, DOCKER_MIN_DISK_GB: the budget; options \
             override it.\n\n\
             NETRA_HOME: the state directory, instead of ~/.netra; one that users share (see envlock(1)) has locks only.\n\n\
             NO_COLOR: disables colours.",
        ),
        (
            "JSON",
            "Every object begins with schema, tool_version, at, verdict. null means unknown, never 0. Sizes are bytes, \
             times RFC 3339.\n\n\
             dockwatch.snapshot/1: verdict (safe, warning, critical, emergency, unknown, unavailable), reasons, duration_ms, \
             levels (resource memory|containers|networks|subnets|volumes|disk, used, budget, used_pct, level: those that are judged; \
             of the disk, used is what is used of the file system and budget all but --min-disk), engines (host, reachable, healthy, version, api_version, \
             endpoints with name, state ok|hung|failed, ms, error; machine with mem_total_bytes, mem_available_bytes, \
             swap_total_bytes, swap_free_bytes, cpus, load_1m, load_5m, load_15m, pressure_memory_some_pct, \
             pressure_memory_full_pct, pressure_cpu_some_pct, pressure_io_some_pct; address_pools_free, \
             address_pools_total; data_root, disk_free_bytes and disk_total_bytes of the file system that holds it; \
             disk, null without --disk, with total_bytes, images_bytes, containers_bytes, \
             volumes_bytes, build_cache_bytes), totals (containers_running, containers_stopped, networks, volumes, \
             memory_usage_bytes, memory_working_set_bytes, memory_anon_bytes, memory_shmem_bytes, tmpfs_used_bytes, \
             cpu_pct, pids), environments and projects (name, containers_running, memory_working_set_bytes, cpu_pct), \
             containers, networks (engine, id, name, driver, subnets, labels), volumes (engine, name, driver, tmpfs, \
             labels), vanished (containers that ended during the measurement), errors.\n\n\
             containers: engine, id, name, image, project, service, environment, state, health, exit_code, started_at, \
             restarts, oom_killed, oom_kills, source (cgroup, api), memory_usage_bytes, memory_working_set_bytes, \
             memory_anon_bytes, memory_shmem_bytes, memory_peak_bytes, memory_limit_bytes, memory_used_pct, level, \
             cpu_pct (of one core), cpu_window_ms, cpu_ns, pids, net_rx_bytes, net_tx_bytes, block_read_bytes, \
             block_write_bytes, pressure_memory_some_pct, tmpfs (destination, used_bytes, size_bytes), labels.\n\n\
             dockwatch.sample/1, a line of --follow --json: verdict, type (sample), reasons, level, \
             memory_working_set_bytes, cpu_pct, containers_running, networks, volumes, mem_available_bytes, \
             pressure_memory_some_pct, containers, disk_free_bytes.\n\n\
             dockwatch.event/1, a line between samples: verdict, type (start, die, oom, health, level, engine_lost, \
             engine_back), engine, id, name, detail, exit_code, memory_limit_bytes. verdict is the announced level.\n\n\
             dockwatch.check/1: verdict (yes, no, unknown, unavailable), reasons, level, need_memory_bytes, need_containers, \
             need_basis (flag, history, base), need_runs, used_memory_bytes, used_containers, budget_memory_bytes, \
             budget_containers, mem_available_bytes, waited_s, need_disk_bytes, disk_free_bytes, budget_disk_free_bytes.\n\n\
             dockwatch.run/1 (record --report; verdict passed or failed), and the runs of dockwatch.history/1 (verdict ok, \
             skipped_lines, runs): \
             started_at, category, duration_s, exit_code, memory_peak_bytes, memory_p95_bytes, memory_start_bytes, \
             cpu_peak_pct, cpu_mean_pct, containers_peak, left_behind, engine_outages, level, samples, scope.\n\n\
             dockwatch.predict/1: verdict (history, base), category, runs, memory_bytes, containers, \
             memory_min_bytes, memory_p50_bytes, memory_max_bytes.\n\n\
             dockwatch.prediction_score/1 (predict --score): verdict (scored, unknown), categories (category, runs, predicted, \
             exceeded, within_pct, to_p95: the median prediction as a multiple of the 95th percentile of what was needed).\n\n\
             dockwatch.report/1: verdict (met, missed, no_data), since, runs, samples, skipped_lines, figures (name, value, target, \
             target_kind exactly|under, met, basis), disk_free_min_bytes (of the recorded samples).\n\n\
             dockwatch.collect/1: verdict (collected, partial), scope, directory, summary_file, events_file, events (their \
             number), first (null where nothing went wrong; service, name, fault, reason, wrong_at), containers, failures (what, \
             error). containers, in the order in which they went wrong, then by name: id, name, service, state, health, \
             exit_code, oom_killed, memory_limit_bytes, restarts, created_at, started_at, finished_at, fault (null, \
             out_of_memory, port_taken, cannot_start, exited, stopped, unhealthy, never_ready, paused, not_started), reason, \
             wrong_at, log_file, log_cut, inspect_file, health_file. Files are relative to directory.\n\n\
             dockwatch.image_uses/1, the file images-HASH.json: schema, tool_version, at (until when all was seen), host, \
             watched_since (since when nothing was missed), containers (image IDs by container ID), images (by image ID, when \
             it was last used or first seen).\n\n\
             dockwatch.enforce/1: verdict (within, over, failed), deed (dry_run, stop, kill), items (engine, id, name, \
             outcome would end|stopped|killed|spared|gone|failed, reason, error, over_bytes, memory_working_set_bytes, \
             memory_limit_bytes).",
        ),
    ],
};
