//! What `evenkeel --help` and its man page say besides the options.

use evenkeel_common::Exit;
use evenkeel_common::manual::{DURATIONS, Manual};

pub(super) const SUMMARY: &str =
    "Run a command in a test environment that starts clean and leaves nothing behind";

pub(super) const USAGE: &str = "evenkeel [OPTIONS] -- CMD...\n       \
     evenkeel [OPTIONS] init|check|up|down|clean|status\n       \
     evenkeel doctor [--json]\n       \
     evenkeel shim DIR";

pub(super) const DESCRIPTION: &str = "Takes the Compose project of this directory as it is. Checks its files; locks the \
     environment; checks that the engine has room; removes what earlier runs left; starts the services, isolated from \
     other runs, and waits until they are ready; runs CMD and records what it used; takes everything down and verifies \
     that nothing is left, also when CMD fails, and on Ctrl-C, SIGTERM and SIGHUP. The exit code is CMD's.\n\n\
     CMD sees EVENKEEL_ENV (the environment's lock), COMPOSE_PROJECT_NAME, COMPOSE_FILE, and the published ports: as \
     SERVICE_CONTAINERPORT (WEB_80), and under the names of the variables that the files use for them.";

/// Exit status, examples and further sections of the manual.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "CMD ended with 0, or the step is done"),
        (Exit::No, "a check failed, or something is left; doctor: something is FAIL"),
        (Exit::Usage, "bad arguments"),
        (Exit::Failed, "the environment cannot be started or inspected"),
        (Exit::Unavailable, "Docker is not reachable, or does not answer within the deadline"),
        (Exit::Busy, "the lock was not free in time, or the environment was started from something else"),
        (Exit::Wrapper, "the lock cannot be taken (disk full, for example)"),
    ],
    examples: &[
        ("evenkeel -- make test", "Run the tests in the project's environment"),
        (
            "evenkeel --dedicated --category e2e -- npm run e2e",
            "Run them in an environment that nobody else enters",
        ),
        ("evenkeel --jobs 3 -- make test", "Run them three times at once, each in an environment of its own"),
        ("evenkeel --linger 5m -- pytest -x", "Keep the environment warm for the next run"),
        ("evenkeel --strict -j2 init", "Write these options into evenkeel.toml"),
        (
            "evenkeel doctor --json | jq '.checks[] | select(.level != \"ok\")'",
            "What is wrong with this machine",
        ),
    ],
    sections: &[
        (
            "EVENKEEL.TOML",
            "The nearest evenkeel.toml in this directory or a parent, up to the one with .git, holds options, each under \
             its long name, but --config: a text, a number, true or false, or a list of texts, as the option takes it. \
             Paths are relative to the directory of the file. Options of the command line replace those of the file: a \
             list replaces the list, and of --shared, --dedicated, --jobs and --slot one replaces the other. They mean \
             the same for every step; a step that would have to choose a dedicated environment is refused.",
        ),
        (
            "DOCTOR",
            "One line a check, with ok, warn or FAIL, and a hint where something can be done: place (in a container?), \
             tools (all five, one version), PATH (other installations), docker (the command, and the wrapper of shim), \
             engine, cgroups, clock (the engine's beside this one's), compose, state and locks (whose the directories \
             are, and whether they can be written to: a file is made there and removed), disk, memory, limits. Every \
             answer is waited for 10 s at most. It reads no file of options and runs none of the steps.\n\n\
             --json prints evenkeel.doctor/1: tool_version (null where the tools are missing), at, verdict (ok, warnings, \
             failed), checks: in this order, each with name, level (ok, warning, failure), text, hint (null where there is \
             none).",
        ),
        DURATIONS,
        (
            "ENVIRONMENT",
            "TEST_USE_SHARED_DOCKER: true or false: --shared or --dedicated, where neither is given.\n\n\
             TEST_USE_PRODUCTION_IMAGES: true: --production.\n\n\
             DOCKER_HOST: the engine.\n\n\
             ENVLOCK_VIA: etcd://HOST:PORT/ENGINE: several hosts share the environments of one engine (envlock(1)).\n\n\
             NETRA_HOME: state directory [default: ~/.netra; locks: see envlock(1)].",
        ),
    ],
};
