//! What the manual says beyond the options.

use evenkeel_common::Exit;
use evenkeel_common::manual::Manual;

/// The parts of the manual that clap does not know.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "nothing found at or over --fail-on"),
        (
            Exit::No,
            "there are findings at or over --fail-on; --dry-run: there is something to mend; budget: over it, or \
             something has no limit",
        ),
        (Exit::Usage, "bad arguments"),
        (
            Exit::Failed,
            "a file cannot be read or loaded; the message names file, line and column, and the report has it as CC000",
        ),
    ],
    examples: &[
        ("composecheck", "Check compose.yml and its override file in this directory"),
        ("composecheck -f base.yml -f test.yml", "Check what the two give together"),
        ("composecheck */compose.yml", "Check many projects, each by itself"),
        ("composecheck --fail-on warning --json | jq .findings", "Let any warning fail, for machines"),
        (
            "composecheck budget -f base.yml -f test.yml --budget 4GiB",
            "Show what the services may take together",
        ),
        (
            "composecheck --write-baseline known.json",
            "Let an old project start clean; then check with --baseline",
        ),
        ("composecheck compare -f base.yml dev.yml test.yml", "Show what differs, and what should not"),
        (
            "composecheck config -f base.yml -f test.yml | grep mem_limit",
            "Show which file and line each limit comes from",
        ),
        ("composecheck --fix --dry-run", "Show as a diff what can be mended safely"),
        ("composecheck explain CC103", "What a rule finds, why it matters, and what to do"),
    ],
    sections: &[
        (
            "FILES",
            "compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml: the first of these is checked when \
             no file is named, with compose.override.yml or its siblings laid over it.\n\n\
             .env: variables, beside the first file, where neither --env-file nor COMPOSE_ENV_FILES names others. The environment \
             wins over them.\n\n\
             composecheck.toml: the configuration, in the folder of the first Compose file or above it.",
        ),
        (
            "CONFIGURATION",
            "Keys of composecheck.toml; others are refused. The command line wins.\n\n\
             env = \"test\", \"dev\" or \"prod\"; label = \"netra.env\", the label that everything must carry; \
             budget = \"4GiB\"; profile = \"fast\" or \"durable\"; fail-on = \"error\" or \"warning\".\n\n\
             [ports] test = [\"5434-5440\", \"8080\"]: ports of the machine that an environment may take; the same \
             for dev and prod.\n\n\
             [levels] CC702 = \"off\", \"info\", \"warning\" or \"error\".\n\n\
             [[ignore]] rule = \"CC301\", path = \"legacy/*.yml\" (seen from the folder of the configuration), \
             subject = \"services.db\" (if left out: everything), reason = \"…\".",
        ),
        (
            "ACCEPTING A FINDING",
            "# composecheck: ignore CC101 REASON: a comment on the line of the finding, or on a line of its own above \
             it; several codes are parted by commas. A comment or an [[ignore]] that suppresses nothing is a finding \
             (CC004).\n\n\
             --write-baseline FILE remembers what is found now by file, rule and subject; --baseline FILE leaves \
             that out. An old project starts clean with it.",
        ),
        (
            "ENVIRONMENTS",
            "What is right depends on what the project is for. --env says it; otherwise the label netra.env of its \
             services does (test, ci and e2e; dev, development and local; prod, production and staging); otherwise \
             it is test. In test, nothing may restart for ever and every port of the machine must be movable by a \
             variable, so that runs fit beside each other. The budget counts limits, file systems in RAM and \
             /dev/shm (64 MiB where nothing is said), times the replicas.",
        ),
        (
            "MENDING",
            "--fix rewrites the last file only, since those before it are shared. It adds labels and the options of \
             logs, lets a variable move ports, ends restarts for ever, slows health checks down to 10 s, waits for \
             health where there is a check, and removes 'version'. Each change is made in the text, so that \
             comments, order and style stay; what would change anything else, such as an anchor that others use, is \
             left alone. Twice is the same as once.",
        ),
        (
            "LOADING",
            "Files are read as Docker Compose reads them: COMPOSE_FILE, .env and --env-file, anchors and '<<', 'extends', \
             'include' with variables of its own, '!reset' and '!override'. Services whose Compose profiles are all off \
             are left out (--compose-profile, COMPOSE_PROFILES). What Compose refuses is refused with exit status 3 and its \
             place: among others references that lead nowhere, and services that depend on each other in a circle.\n\n\
             config prints one value a line: its path, the value as the files say it once variables are filled in, the place \
             where it was written, and how it came here (over FILE:LINE:COLUMN for what it replaced, extended, \
             included, through an alias). config --format json prints what 'docker compose config --format json' \
             does: short spellings written out, defaults, names and absolute paths filled in, files of variables read, and what \
             no service uses left away.",
        ),
        (
            "JSON",
            "schema \"composecheck.report/1\", tool_version, at, verdict (\"pass\" or \"fail\"), files (paths, in \
             the order read), errors, warnings and infos (counts), known (how many the baseline knows), \
             findings, suppressed (code, subject, file, line, reason).\n\n\
             A finding has code, level (\"error\", \"warning\" or \"info\"), subject (such as \"services.db\"), \
             message, fix, fixable (whether --fix knows what to do), file, line, column, end_line, end_column (from 1, in characters), start_byte, end_byte, \
             and related (file, line, column, text). Findings are in the order of files and lines, then by \
             code.\n\n\
             rules --json: schema \"composecheck.rules/1\", tool_version, at, verdict (\"done\"), rules (by code): \
             code, name, level, what, why, example, fix.\n\n\
             budget --json: schema \"composecheck.budget/1\", tool_version, at, verdict (\"pass\" or \"fail\"), \
             budget_bytes, total_bytes, unlimited (whether something has no limit), services and volumes (in the \
             order of the files; volumes are those in RAM): name, replicas, limit_bytes, reservation_bytes, \
             tmpfs_bytes, shm_bytes, total_bytes. null is no limit, or a tmpfs without a size.\n\n\
             compare --json: schema \"composecheck.compare/1\", tool_version, at, verdict, first and second (the \
             files), differences (in the order of the files: subject, key, first, second, expected; null is what one \
             of them lacks), findings as above.\n\n\
             The file of --write-baseline: schema \"composecheck.baseline/1\", tool_version, findings (by file, code \
             and subject): file, code, subject, count.",
        ),
    ],
};
