//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser};
use evenkeel_common::docker::{DockerArgs, parse_label};
use evenkeel_common::manual::{DURATIONS, ENGINE, Manual};
use evenkeel_common::state::parse_name;
use evenkeel_common::units::{parse_duration, parse_size};
use evenkeel_common::{Exit, Verbosity};

use crate::model::pattern::parse_pattern;

/// Remove what a scope left behind, and nothing else
///
/// Only resources in scope are considered, and of those only what has been unused for the age limit is removed:
/// containers that ended or never started, then networks and, on request, volumes and images that no remaining container
/// uses. What stays is listed with the reason.
#[derive(Debug, Parser)]
#[command(name = "dockprune", version = evenkeel_common::BUILD, after_long_help = MANUAL.after_help())]
#[command(mut_arg("call_timeout", |arg| arg.default_value("5s")))]
#[command(group = ArgGroup::new("scope").required(true).multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Cli {
    /// Scope: what carries this label with exactly this value (repeat: all must match)
    #[arg(short, long = "label", value_name = "KEY=VALUE", value_parser = parse_label, group = "scope")]
    pub(crate) labels: Vec<(String, String)>,
    /// Scope: what belongs to this Compose project
    #[arg(short, long, value_name = "NAME", value_parser = parse_not_empty, group = "scope")]
    pub(crate) project: Option<String>,
    /// Scope: what has a name that matches this; only with --yes-by-name
    #[arg(long, value_name = "GLOB", value_parser = parse_pattern, group = "scope", requires = "yes_by_name")]
    pub(crate) name: Option<String>,
    /// Scope: what carries the label evenkeel.ttl, all of it or within the other scope; remove what has outlived it
    ///
    /// The label, such as evenkeel.ttl=2h, promises that a container, network, volume or image may go that long after it
    /// was created or last ran, whichever is later: a running container, too, that long after its start. Volumes and
    /// images need no option of their own.
    #[arg(long, group = "scope", conflicts_with_all = [
        "older_than", "created_older_than", "volumes", "images", "include_running", "max_containers", "apply", "orphans",
        "verify", "lock_name",
    ])]
    pub(crate) expired: bool,
    /// Scope: what Testcontainers made; remove sessions without a running Ryuk whose newest resource is old enough
    ///
    /// Running containers, volumes and images of such a session go without an option of their own.
    #[arg(long, group = "scope", conflicts_with_all = [
        "labels", "project", "name", "expired", "created_older_than", "volumes", "images", "include_running",
        "max_containers", "apply", "orphans", "lock_name",
    ])]
    pub(crate) testcontainers: bool,
    /// Scope, with --images: images that no container has used for this long, all of them or within the other scope
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, group = "scope", requires = "images")]
    #[arg(conflicts_with_all = [
        "expired", "testcontainers", "build_cache", "older_than", "created_older_than", "volumes", "include_running",
        "max_containers", "apply", "orphans", "verify", "lock_name",
    ])]
    pub(crate) unused_for: Option<Duration>,
    /// Scope: the build cache; remove what builds have not used for the longest time, down to --keep-storage
    #[arg(long, group = "scope", conflicts_with_all = [
        "labels", "project", "name", "expired", "testcontainers", "created_older_than", "volumes", "images",
        "include_running", "max_containers", "apply", "orphans", "verify", "lock_name",
    ])]
    pub(crate) build_cache: bool,
    /// Size that the build cache may keep, such as 10GiB; what was used within --older-than stays in any case
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = parse_size, requires = "build_cache")]
    pub(crate) keep_storage: u64,
    /// Confirm that the name alone decides what is in scope
    #[arg(long, requires = "name")]
    pub(crate) yes_by_name: bool,
    /// Remove only what was created, and last ended, at least this long ago [default: 1h; with --orphans: 0s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) older_than: Option<Duration>,
    /// The same for containers that never started [default: as --older-than]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) created_older_than: Option<Duration>,
    /// Remove volumes too, anonymous ones with their containers; never one with driver options
    #[arg(long)]
    pub(crate) volumes: bool,
    /// Remove images too, if they carry the label themselves; with --unused-for: images alone
    #[arg(long)]
    pub(crate) images: bool,
    /// Remove running containers too, after stopping them
    #[arg(long)]
    pub(crate) include_running: bool,
    /// Time for a running container to stop before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub(crate) grace: Duration,
    /// Leave at most N containers in scope: remove stopped ones, oldest first, even if younger than the age limit
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20")]
    pub(crate) max_containers: Option<usize>,
    /// Keep what has a name or ID that matches this (repeatable)
    #[arg(long, value_name = "GLOB", value_parser = parse_pattern)]
    pub(crate) keep: Vec<String>,
    /// Remove from locked environments too
    #[arg(long)]
    pub(crate) ignore_locks: bool,
    /// Decide and report, and remove nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Remove nothing, and write to FILE what would be removed
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(crate) plan: Option<PathBuf>,
    /// Remove exactly what --plan wrote to FILE, except what has changed since
    #[arg(long, value_name = "FILE", group = "scope", conflicts_with_all = [
        "labels", "project", "name", "older_than", "created_older_than", "volumes", "images", "include_running",
        "max_containers", "plan",
    ])]
    pub(crate) apply: Option<PathBuf>,
    /// Remove nothing, and list what belongs to no running Compose project and to no locked environment
    #[arg(long, group = "scope", conflicts_with_all = [
        "created_older_than", "volumes", "images", "include_running", "max_containers", "plan", "apply", "ignore_locks",
    ])]
    pub(crate) orphans: bool,
    /// Remove nothing, and list what is left of the scope, whatever its age, state or protection
    #[arg(long, conflicts_with_all = [
        "older_than", "created_older_than", "volumes", "images", "include_running", "grace", "max_containers", "keep",
        "ignore_locks", "dry_run", "plan", "apply", "orphans", "log_file",
    ])]
    pub(crate) verify: bool,
    /// Do nothing, and print the name of the lock that tools take for the environment NAME on this engine
    #[arg(long, value_name = "NAME", value_parser = parse_name, group = "scope", conflicts_with_all = [
        "labels", "project", "name", "apply", "orphans", "verify", "dry_run", "plan", "log_file",
    ])]
    pub(crate) lock_name: Option<String>,
    /// Time for the whole run; what is left then is listed
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_deadline)]
    pub(crate) deadline: Duration,
    /// Print the report as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Print nothing when nothing was to be removed
    #[arg(long)]
    pub(crate) quiet_if_nothing: bool,
    /// Append one line of JSON about this run to FILE
    #[arg(long, value_name = "FILE", conflicts_with = "orphans")]
    pub(crate) log_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

fn parse_not_empty(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("it must not be empty".into()) } else { Ok(text.to_owned()) }
}

fn parse_deadline(text: &str) -> Result<Duration, String> {
    let deadline = parse_duration(text)?;
    if deadline.is_zero() { Err("it must be longer than 0s".into()) } else { Ok(deadline) }
}

/// What the manual says beyond the options.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "done: all that was selected is removed, or there was nothing to remove"),
        (
            Exit::No,
            "the scope still holds more than --max-containers; with --orphans: orphans were found; with --verify: something is left",
        ),
        (Exit::Usage, "bad arguments, or no scope"),
        (
            Exit::Failed,
            "could not decide: the lock directory, the plan or an answer of the engine is unusable",
        ),
        (Exit::Unavailable, "Docker is not reachable, or does not answer within the deadline"),
        (
            Exit::Partial,
            "partial: something could not be listed or removed, or was not reached; the report says what",
        ),
    ],
    examples: &[
        (
            "dockprune --label netra.env=test --older-than 1h --dry-run",
            "Explain what would be removed and what would stay, and why",
        ),
        ("dockprune --label netra.env=test --older-than 1h --volumes", "Remove it, volumes included"),
        (
            "dockprune --label netra.env=test --plan plan.json && dockprune --apply plan.json",
            "Write down what would be removed, then remove exactly that",
        ),
        (
            "dockprune --project demo --verify",
            "Fail with 1 if a container, network or volume of a Compose project is left, and list it",
        ),
        (
            "dockprune --expired",
            "Remove what has outlived its label, such as evenkeel.ttl=2h, wherever it belongs",
        ),
        (
            "dockprune --testcontainers --older-than 2h",
            "Remove Testcontainers sessions that were killed, or ran without Ryuk, more than two hours ago",
        ),
        (
            "dockprune --build-cache --keep-storage 10GiB --older-than 1d",
            "Shrink the build cache to 10 GiB, but keep what was used today",
        ),
        (
            "dockwatch record && dockprune --images --unused-for 7d --keep 'postgres:*'",
            "Remove the images that no container has used for a week, except those of postgres",
        ),
        ("dockprune --orphans", "List what no running project and no locked environment needs"),
        (
            "dockprune --project demo --older-than 0s --include-running --volumes",
            "Remove all that a Compose project left, running or not",
        ),
    ],
    sections: &[
        DURATIONS,
        ENGINE,
        (
            "ENVIRONMENT",
            "NETRA_HOME: the state directory [default: /var/lib/evenkeel where it is set up, see \
             envlock(1), else ~/.netra].\n\nENVLOCK_VIA: the store of envlock(1) in which users \
             on several hosts lock environments. Where it is set, the environments are locked there too, through \
             envlock, and what others hold there stays; where that is not possible, dockprune ends with 3 and removes \
             nothing.\n\nNO_COLOR: no colours, if set.",
        ),
        (
            "FILES",
            "history/images-HASH.json in the state directory of dockwatch, read with --unused-for.\n\n\
             locks/ENVIRONMENT.lock in the state directory: held while that environment's resources are removed. The environment of a \
             resource is the value of its label netra.env or evenkeel.env (or drydock.env, its former name); where it has neither, the value of the \
             scope's label or the project. On another engine than that of /var/run/docker.sock a second lock is held, \
             whose name ends in a hash of the engine's URL: evenkeel takes that one, so that the same name on two \
             engines is not one environment for it. --lock-name prints it. The lock of the plain name counts on every \
             engine: 'envlock test' keeps the environment test of all of them.",
        ),
        (
            "EXPIRY",
            "The label evenkeel.ttl=DURATION on a container, network, volume or image says how long it is needed. \
             Only --expired reads it, with or without another scope: without one it looks at everything with the \
             label. The time counts from the creation or, where that is later: of a container from its last start or, \
             once it has ended, from its end; of a network, a volume or an image from the last use by a container that \
             is removed in the same run (nothing is known of containers that are gone already); of an image from when it \
             was last tagged. What a remaining container uses stays, and so does what is protected, matches --keep or \
             belongs to a locked environment.\n\n\
             A running container goes, too: the label promises that it may. Containers inherit the labels of their \
             image, though, so that one whose image has the same label stays while it runs. The anonymous volumes of a \
             container go with it. A label that is no duration is reported, and never expires.",
        ),
        (
            "TESTCONTAINERS",
            "Testcontainers labels what it makes with org.testcontainers=true and the session, \
             org.testcontainers.session-id or org.testcontainers.sessionId. Its Ryuk removes a session when the test ends; \
             where Ryuk is switched off, was killed or could not start, the session stays. --testcontainers removes such a \
             session as a whole, once all of it is older than the age limit, which counts for a container from its last \
             start or, once it has ended, from its end. A session stays while its Ryuk runs, and every session stays while \
             a Ryuk runs whose session is not known (by its label or its name, testcontainers-ryuk-SESSION). What has no \
             session was made to be used again, and stays. A test that runs longer than the age limit without Ryuk needs a \
             longer one, or the label evenkeel.protect=true.",
        ),
        (
            "UNUSED IMAGES",
            "--images --unused-for removes images, and nothing else, by their last use, which no engine keeps. dockwatch notes \
             it: run 'dockwatch record' from cron, or 'dockwatch --follow', for as long as images must have been unused, and \
             'dockwatch record' right before dockprune, which asks for a note that is a minute old at most. An image whose \
             last use is not known stays, with the reason: where dockwatch has not watched for all of the time, or has \
             missed something, as after a restart of the engine (see dockwatch(1), FILES). So does an image that a container \
             has, running or not, that has several names, or that was made or named within the time. Without another scope \
             all images of the engine are looked at; --keep takes patterns of their names.",
        ),
        (
            "BUILD CACHE",
            "--build-cache removes records of the engine's own build cache (BuildKit), by the times and sizes that it lists, \
             least recently used first, until the rest has at most the size of --keep-storage. What other records are made \
             from goes after them, never before. What a build uses now stays; so does what an image has too, which takes no \
             space of its own and does not count. No image and no container depends on the build cache: the next build only \
             takes longer. Adding up its size can take an engine seconds: see --call-timeout.",
        ),
        (
            "JSON",
            "dockprune.report/1: schema, tool_version, at, verdict (nothing, removed, would_remove, over_cap, partial), \
             host, dry_run, elapsed_ms, older_than_s and created_older_than_s (null under a plan and with --expired), \
             max_containers, over_cap, bytes_freed (sizes of removed images and build cache; the engine reports no other \
             sizes), counts (in_scope, \
             removed, gone, planned, kept, failed, unknown, not_reached), environments (name, held, holder; by name), \
             address_pool (bridge_networks, room; null where networks were not listed), unreached (kind, error), \
             items, state_directory (of the locks) and shared (by all users; both null with --ignore-locks).\n\n\
             items, sorted by kind in order of removal, then by name and ID: kind (container, network, volume, image, \
             build_cache), id, name, action (remove, keep), \
             rule, reason, outcome (removed, gone, planned, kept, failed, unknown, not_reached), error, state, labels, \
             environments, created_at, active_at (when it last ended, or began if it is running; null where the \
             listing was enough to decide), age_s (at least), bytes (images, build cache), ms.\n\n\
             rules that remove: old, over_cap, in_plan, expired, dead_session, least_used, unused, with_container (an \
             anonymous volume of containers that are \
             removed, whatever its age). Rules that keep: built_in, protected, keep_pattern, env_locked, \
             changed, live, state, driver_options, several_names, in_use, young, live_session, no_session, unknown_use, \
             shared, within_size, invalid_ttl, no_time.\n\n\
             outcomes: gone: removed by somebody else; unknown: the engine did not answer, so that it may have been \
             removed or not; not_reached: not tried.\n\n\
             dockprune.orphans/1: schema, tool_version, at, verdict (none, orphans), host, address_pool, unreached, \
             items (kind, id, name, reason, state, labels, project, environments, created_at, age_s), sorted as \
             above, state_directory, shared.\n\n\
             dockprune.verify/1: schema, tool_version, at, verdict (clean, left), host, items (kind, id, name, reason, \
             state, labels, created_at, age_s), sorted as above: containers, networks and volumes in scope, and \
             anonymous volumes of containers in scope; state_directory, shared (both null where there is none that could be \
             used). Where a kind cannot be listed, the exit code is 4 or 3, and \
             nothing is printed.\n\n\
             dockprune.run/1, appended to --log-file: schema, tool_version, at, verdict, host, dry_run, elapsed_ms, \
             over_cap, bytes_freed, counts, unreached, left (kind, id, name, outcome, error), state_directory, shared.\n\n\
             dockprune.plan/1, written by --plan: schema, tool_version, at, verdict (nothing, would_remove), host, items \
             (kind, id, name, state, labels, created_at, active_at, environments).",
        ),
    ],
};
