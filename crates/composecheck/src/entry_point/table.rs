//! The table of all options.

use super::option::{Kind, Opt};

/// Headings of the help, with the options under them.
pub(super) const GROUPS: &[(&str, &[Opt])] =
    &[("Project", PROJECT), ("Environment", ENVIRONMENT), ("Start", START), ("Other options", OTHER)];

const PROJECT: &[Opt] = &[
    Opt::new(
        "files",
        "F",
        Kind::Paths,
        "Compose file, or several with commas; repeatable [default: as Compose finds them]",
    )
    .short('f'),
    Opt::new("env-file", "F", Kind::Paths, "File of variables, instead of .env; repeatable"),
    Opt::new("compose-profile", "P", Kind::Texts, "Profile of the files to enable; repeatable"),
    Opt::switch("production", "Add compose.production.yml from the directory of the first file"),
    Opt::new(
        "profile",
        "P",
        Kind::OneOf(&["fast", "durable"]),
        "Databases of the files: fast or durable; sets POSTGRES_FSYNC",
    )
    .default("fast"),
    Opt::new(
        "project",
        "P",
        Kind::Name(55),
        "Compose project [default: the project's name and a hash of its directory]",
    )
    .short('p'),
    Opt::new(
        "env",
        "ENV",
        Kind::Name(30),
        "Value of the label netra.env, and an environment beside the default one [default: test]",
    )
    .short('e'),
    Opt::new(
        "lock",
        "NAME",
        Kind::Name(55),
        "Name of the environment and its lock [default: as the Compose project]",
    ),
    Opt::new(
        CONFIG,
        "F",
        Kind::Path,
        "File of options, or none [default: evenkeel.toml in this directory or a parent]",
    ),
];

const ENVIRONMENT: &[Opt] = &[
    Opt::switch(
        "shared",
        "Share one environment: the first run starts it, the last one takes it down; users take turns (default)",
    ),
    Opt::switch(
        "dedicated",
        "Use a separate project with its own ports, networks and volumes, in the first free slot",
    ),
    Opt::new("slot", "N", Kind::Count, "Use the dedicated environment N, for a single step"),
    Opt::new("slots", "N", Kind::Count, "Most dedicated environments at a time").default("3"),
    Opt::new("jobs", "N", Kind::Count, "Run CMD N times at once, each in a dedicated environment").short('j'),
    Opt::switch("no-cleanup", "Keep the environment for debugging, and print the command that removes it")
        .short('n'),
    Opt::new(
        "linger",
        "D",
        Kind::Duration,
        "Keep the environment for D after the last user has left: the next run enters at once",
    ),
    Opt::new(
        "reset",
        "CMD",
        Kind::Text,
        "What gives an environment that was kept a clean state for the next run",
    ),
    Opt::switch("replace", "Take down an environment that is kept, and start a new one"),
    Opt::switch("restart-if-changed", "The same, if it was started from other files or options"),
];

const START: &[Opt] = &[
    Opt::new(
        "pull",
        "WHEN",
        Kind::OneOf(&["missing", "always", "never"]),
        "Pull images: missing, always or never",
    )
    .default("missing"),
    Opt::switch("keep-images", "Keep the images that were built, as a cache"),
    Opt::new("start-timeout", "D", Kind::Duration, "Longest wait until all services are ready").default("5m"),
    Opt::switch("fixed-ports", "Publish the ports of the files, and fail where one is taken"),
    Opt::switch("no-isolate", "Start the files as they are"),
    Opt::switch(
        "no-boost",
        "Start with the CPU limits of the files, not with more until the services are ready",
    ),
    Opt::switch("no-check", "Do not check the files"),
    Opt::switch("strict", "Refuse files with errors"),
    Opt::new(
        "budget",
        "SIZE",
        Kind::Size,
        "Memory that the services may use together [default: 4GiB with --env, else the machine's]",
    ),
];

const OTHER: &[Opt] = &[
    Opt::new(
        "category",
        "C",
        Kind::Word,
        "Category under which usage is recorded and predicted [default: the project's name]",
    )
    .short('c'),
    Opt::new("wait", "D", Kind::Duration, "Longest wait for the lock, and for room")
        .short('w')
        .default("10m"),
    Opt::new(
        "artifacts",
        "DIR",
        Kind::Path,
        "Save there what the services said [default: .evenkeel/RUN, when the run fails]",
    ),
    Opt::switch("no-artifacts", "Save nothing when the run fails"),
    Opt::switch("force-restart", "Restart every service before CMD, with 'restartgate --force'"),
    Opt::switch("stats", "Show waits, holds, restarts and usage after the take-down"),
    Opt::switch("cleanup-old", "First remove unused environments older than 4 hours; needs no CMD"),
    Opt::switch(DRY_RUN, "Print the commands, one a line, and run none"),
    Opt::switch(JSON, "Print one JSON object, for doctor"),
];

/// Names the file of options, so it cannot stand in one.
pub(super) const CONFIG: &str = "config";
/// Belongs to one call: `init` does not write it.
pub(super) const DRY_RUN: &str = "dry-run";
/// Belongs to `doctor`: refused with every other step, and in the file.
pub(super) const JSON: &str = "json";

/// Options of which the one given last counts, and the command line counts more than the file.
pub(super) const INSTEAD_OF_EACH_OTHER: [(&str, &str); 5] = [
    ("shared", "dedicated"),
    ("shared", "jobs"),
    ("shared", "slot"),
    ("jobs", "slot"),
    ("artifacts", "no-artifacts"),
];
/// Options that cannot be given together; those of the command line replace those of the file.
pub(super) const CONTRADICTIONS: [(&str, &str); 1] = [("no-cleanup", "linger")];

/// Each step, and what it does.
pub(super) const STEPS: [(&str, &str); 8] = [
    (
        "init",
        "Say what a run would do and what stands in its way; write evenkeel.toml with the options that are given",
    ),
    ("check", "Check the files, the engine, and that there is room"),
    ("up", "Start the environment and keep it: 'down' takes it down"),
    ("down", "Take it down and remove everything that belongs to it"),
    ("clean", "Remove what is left of it, without reading its Compose files"),
    ("status", "Show the environments of this machine and what they use"),
    (
        "doctor",
        "Say what is wrong with the engine, the state directory, Compose, the clock, the disk, limits or PATH",
    ),
    ("shim", "Put a wrapper for docker into DIR: with DIR first in PATH, no script bypasses the locks"),
];

/// All options, in the order of the help.
pub(super) fn all() -> impl Iterator<Item = &'static Opt> {
    GROUPS.iter().flat_map(|(_, options)| options.iter())
}
