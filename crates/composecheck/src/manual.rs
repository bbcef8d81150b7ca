//! The parts of the manual that clap does not know.

use evenkeel_common::Exit;
use evenkeel_common::manual::Manual;

/// Exit status, examples and further sections of the manual.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "no finding has the level of --fail-on or a higher one"),
        (
            Exit::No,
            "a finding has the level of --fail-on or a higher one; --dry-run: something can be fixed; budget: the sum is \
             over the budget, or something has no limit; isolate: a port that is to be kept is taken, no ports are \
             free, or --strict and something is left that only one run at a time may use; lsp: the editor went away \
             without a shutdown request",
        ),
        (Exit::Usage, "bad arguments"),
        (
            Exit::Failed,
            "a file cannot be read or loaded; the message names file, line and column, and the report has it as CC000; \
             init: composecheck.toml exists already",
        ),
    ],
    examples: &[
        ("composecheck", "Check compose.yml and its override file in this directory"),
        ("composecheck -f base.yml -f test.yml", "Check two files merged"),
        ("composecheck */compose.yml", "Check many projects, each on its own"),
        ("composecheck --fail-on warning --json | jq .findings", "Fail at warnings too, with JSON output"),
        (
            "composecheck budget -f base.yml -f test.yml --budget 4GiB",
            "Show the memory that the services may use together",
        ),
        (
            "composecheck --write-baseline known.json",
            "Accept the findings of an existing project; then check with --baseline",
        ),
        (
            "composecheck compare -f base.yml dev.yml test.yml",
            "Show the differences, and which are not expected",
        ),
        (
            "composecheck config -f base.yml -f test.yml | grep mem_limit",
            "Show the file and line of each memory limit",
        ),
        ("composecheck --fix --dry-run", "Show as a diff what can be fixed safely"),
        ("composecheck init --dry-run", "Show a first composecheck.toml for the project"),
        ("composecheck explain CC103", "Show what a rule finds, why, and how to fix it"),
        ("composecheck project --format env", "Show a project's name, directory and identifier, for a shell"),
        (
            "composecheck isolate -p shop-2 --label netra.env=test --output two.yml",
            "Write an override for a second run: docker compose -p shop-2 -f compose.yml -f two.yml up",
        ),
        ("composecheck isolate --explain >/dev/null", "Show what an isolated run shares with others"),
    ],
    sections: &[
        (
            "FILES",
            "compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml: if no file is named, the first of these \
             is checked, merged with its override file (compose.override.yml and the like). They are searched in the \
             current directory, then in its parents.\n\n\
             .env: variables, in the directory of the first file. --env-file and COMPOSE_ENV_FILES name other files. \
             The environment takes precedence over them.\n\n\
             composecheck.toml: the configuration, in the directory of the first Compose file or a parent of it.",
        ),
        (
            "CONFIGURATION",
            "These are the keys of composecheck.toml; an unknown key is an error. The command line takes precedence. init \
             writes a first one that fits the project, beside the first Compose file: what the project says about itself is \
             set, the rest is commented out. Its first line names the JSON Schema that init writes beside it, for editors; \
             init --schema prints it.\n\n\
             env = \"test\", \"dev\" or \"prod\"; set = \"netra\" or \"general\", the rules where the purpose is unknown; label = \"netra.env\", the label that every resource must have; \
             budget = \"4GiB\"; profile = \"fast\" or \"durable\"; fail-on = \"error\" or \"warning\".\n\n\
             [ports] test = [\"5434-5440\", \"8080\"]: host ports that an environment may use; likewise dev and \
             prod.\n\n\
             [levels] CC702 = \"off\", \"info\", \"warning\" or \"error\".\n\n\
             [[ignore]] rule = \"CC301\", path = \"legacy/*.yml\" (relative to the directory of the configuration), \
             subject = \"services.db\" (optional; default: every subject), reason = \"…\".",
        ),
        (
            "SUPPRESSING FINDINGS",
            "# composecheck: ignore CC101 REASON: a comment on the line of the finding, or on a line of its own before \
             it; several codes are separated by commas. A comment or an [[ignore]] that suppresses nothing is a \
             finding itself (CC004).\n\n\
             --write-baseline FILE records the current findings by file, rule and subject; --baseline FILE ignores \
             them.",
        ),
        (
            "ENVIRONMENTS",
            "Some rules depend on the purpose of the project. It is set by --env, by env in composecheck.toml, or by the \
             label netra.env of its services (test, testing, ci and e2e; dev, development and local; prod, production \
             and staging). In a test environment no service may restart without limit, and every host port must be set \
             by a variable, so that runs can be parallel.\n\n\
             Otherwise the purpose is unknown: only what is wrong or dangerous whatever the project is for is found, and \
             --fix assumes nothing. Then CC104, CC105, CC106, CC203, CC301, CC305, CC402, CC403, CC501 and CC902 are \
             off, CC101 and CC202 are warnings, and CC102, CC201, CC302, CC303, CC601 and CC602 are infos. set = \
             \"netra\" in composecheck.toml applies every rule, as for a test environment. A level in [levels] comes \
             first.\n\n\
             The rules on security, CC911 to CC926, are infos in test and dev, and warnings or errors in prod; where the purpose \
             is unknown, what opens the machine is a warning. CC921 to CC925 want services to be hardened and apply in prod \
             alone. explain shows the levels of each rule.\n\n\
             A missing memory limit (CC101) is an error in a test environment and where a budget is set, else a \
             warning. The budget counts memory limits, multiplied by the replicas. A limit contains tmpfs mounts and \
             /dev/shm (64 MiB by default); of a service without a limit, these count.",
        ),
        (
            "FIXING",
            "--fix changes only the last file, since earlier files may be shared with other projects. It adds labels and \
             logging options, makes host ports variable, limits restarts, sets short health check intervals to 10 s, \
             waits for health where there is a health check, and removes 'version'. Only the text that needs to change \
             is changed: comments, order and style are kept. A change that would also affect another value, such as \
             that of an anchor that others use, is not made. A second --fix changes nothing.",
        ),
        (
            "EDITORS",
            "lsp is a language server on stdin and stdout: it shows findings while a file is typed, offers the safe fixes \
             and comments that accept a finding as code actions (quickfix, source.fixAll.composecheck), explains the rule \
             and the merged value with its origin on hover, and finds the definitions of anchors, services, networks, \
             volumes, secrets, configs and files. A file is checked as the project that it belongs to: an override file \
             over its base, any other file alone, or over the base beside it where it cannot stand alone. docs/src/recipes/editors.md \
             has recipes for Neovim, Helix and VS Code; in Neovim:\n\n  \
             vim.lsp.config('composecheck', { cmd = { 'composecheck', 'lsp' }, filetypes = { 'yaml' } })\n  \
             vim.lsp.enable('composecheck')",
        ),
        (
            "LOADING",
            "Files are read as Docker Compose reads them: COMPOSE_FILE, .env and --env-file, anchors and '<<', 'extends', \
             'include', '!reset' and '!override'. Services whose Compose profiles are all disabled are left out \
             (--compose-profile, COMPOSE_PROFILES). What Compose rejects is rejected with exit status 3 and its \
             position: unknown keys, wrong types, contradictions, undefined references, services that depend on each \
             other in a cycle.\n\n\
             What a repository often lacks does not end a check, budget, compare, init or lsp: a file of variables or a \
             required variable that is not there is the finding CC006, and a value that is wrong because a variable is \
             not set (CC001) is left out. config, project and isolate refuse both, as Compose does.\n\n\
             config prints one value a line: its path, the value after interpolation, the position where it was \
             written, and how it reached its place (over FILE:LINE:COLUMN for a value that it replaced, extended, \
             included, through an alias). config --format json prints the same as 'docker compose config --format \
             json': short syntax expanded, defaults, names and absolute paths filled in, files of variables read, \
             unused resources omitted. Where versions of Compose differ, it is as the newest (2.40) does: an older one \
             refuses keys that are new since, reads days and weeks in durations and octal text in modes otherwise, and \
             merges extensions (x-…) differently.",
        ),
        (
            "PROJECT",
            "project shows what a project is. Its name is as Compose derives it (-p, COMPOSE_PROJECT_NAME, name: in the \
             files, the directory). id is the name, '-' and the first 6 digits of the SHA-256 of the directory's real \
             path: the same checkout has the same id, another one has another; it is valid as a project name. content \
             is a SHA-256 of the merged project without its name, with the files of variables of the services and the \
             files of configs and secrets: what a running environment is made from. Comments and order do not count.\n\n\
             --format env prints PROJECT_NAME, PROJECT_DIR, PROJECT_ID, PROJECT_CONTENT, PROJECT_IMAGES (images that \
             are not built), PROJECT_BUILT (services whose images are built), COMPOSE_PATH_SEPARATOR, COMPOSE_FILE and, \
             where --env-file is given, COMPOSE_ENV_FILES, with absolute paths, quoted for a POSIX shell.",
        ),
        (
            "ISOLATION",
            "isolate prints a Compose file to merge last. It adds the labels to every service, built image, volume and \
             network that the project creates; replaces each published host port; removes container_name (the \
             container is still reached by that name on its networks) and the name of volumes, networks, configs and \
             secrets, so that the name of the project is in all names. With --restart no, --boost and \
             --start-interval it changes restart policies, CPU limits and health checks. It needs Docker Compose \
             2.24.4 or newer. Only services of enabled profiles are isolated.\n\n\
             New ports are a block from 20000 to 32767 that can be bound on this machine and that nobody has reserved \
             in the file of --lease. Where the search begins depends on the project's name alone, so a project gets \
             the same ports each time if they are free. A port keeps one number for several protocols. --release \
             gives the ports back; a reservation ends by itself after 24 hours. --ports keep checks the ports of the \
             files instead, and names the process that has one.\n\n\
             The file of --ports-file has one line for each port: the service and the container port in upper case, \
             other characters as '_' (WEB_80=20016), then the variables of the files whose value is a host port \
             (WEB_PORT=20016). That of --boosted-file has the limits that --boost raised (web=0.25).\n\n\
             What cannot be isolated is reported as shared: the host's network, ipc and pid; containers of others; \
             external resources; writable bind mounts; fixed addresses, subnets and bridges; volumes on a device; \
             images built under a fixed name. What only one run at a time may use is exclusive, among the runs of the \
             checkout or of the machine.",
        ),
        (
            "JSON",
            "schema \"composecheck.report/1\", tool_version, at, verdict (\"pass\" or \"fail\"), files (paths, in \
             the order read), errors, warnings and infos (counts), known (number of findings in the baseline), \
             findings, suppressed (code, subject, file, line, reason).\n\n\
             A finding has code, level (\"error\", \"warning\" or \"info\"), subject (such as \"services.db\"), \
             message, fix, fixable (whether --fix can fix it), file, line, column, end_line, end_column (from 1, in \
             characters), start_byte, end_byte, and related (file, line, column, text). Findings are sorted by file \
             and position, then by code.\n\n\
             rules --json: schema \"composecheck.rules/1\", tool_version, at, verdict (\"done\"), rules (by code): \
             code, name, level, what, why, example (with a finding), good (without), fix, references (addresses).\n\n\
             budget --json: schema \"composecheck.budget/1\", tool_version, at, verdict (\"pass\" or \"fail\"), \
             budget_bytes, total_bytes, unlimited (whether something has no limit), services and volumes (in the \
             order of the files; only volumes that are a tmpfs): name, replicas, limit_bytes, reservation_bytes, \
             tmpfs_bytes, shm_bytes, total_bytes. null means no limit, or a tmpfs without a size.\n\n\
             compare --json: schema \"composecheck.compare/1\", tool_version, at, verdict, first and second (the \
             files), differences (in the order of the files: subject, key, first, second, expected; null means that \
             this environment does not have the value), findings as above.\n\n\
             project --json: schema \"composecheck.project/1\", tool_version, at, verdict (\"done\"), name, id, content, \
             directory, files (absolute), services (by name: name, image, build, one_shot (another service awaits its \
             end), healthcheck (whether the files have one), cpus, memory_limit_bytes, stop_grace_period_ms, ports: \
             container_port, protocol, host_ip, published), external (kind, name), memory_bytes, memory_unlimited.\n\n\
             isolate --json: schema \"composecheck.isolate/1\", tool_version, at, verdict (\"done\", or \"shared\" where \
             --strict refuses), project, ports (by service: service, container_port, protocol, host_ip, was, now, \
             variables), changed (path as a JSON pointer into the merged project, was, now, reason; null means no \
             value), shared (by kind and name: kind, name, reason, exclusive, scope: \"checkout\" or \"machine\"), \
             boosted (service, was_cpus).\n\n\
             The file of --write-baseline: schema \"composecheck.baseline/1\", tool_version, findings (by file, code \
             and subject): file, code, subject, count.",
        ),
    ],
};
