//! The command line.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evenkeel_common::docker::{DockerArgs, parse_call_timeout, parse_label};
use evenkeel_common::manual::{DURATIONS, ENGINE, Manual};
use evenkeel_common::units::parse_duration;
use evenkeel_common::{Exit, Verbosity};

use crate::decide::gate::RestartMode;
use crate::model::limits::{EffectiveLimits, Flags, parse_count};

/// What the man page says beyond the options.
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
             whose verdict counts too: healthy is ready, unhealthy has failed; with --engine-verdict only that counts. A service without one is ready when it has \
             been running for 1 s and its published TCP ports accept, or its exposed ones where none is published. After \
             10 s one published port that accepts is enough, and none where none is published. Ports that cannot be asked \
             from here are left out. A service that exits with code 0, and that its restart policy does not restart or \
             another service waits for (service_completed_successfully), has completed. One that exits with another code, \
             is paused, or was created and not started, has failed; one that Docker is restarting is waited for.\n\n\
             --start starts containers that were created and never started, each as soon as the conditions of its \
             depends_on hold. An engine cannot remove a CPU limit: --cpus-after SERVICE=0 sets all CPUs. A restart of a \
             service without a health check is watched for 10 s, or half of --health-timeout where that is shorter.",
        ),
        (
            "HEALING",
            "'heal' looks after the containers that carry all of its labels and belong to its project, and touches no others. \
             It follows the engine's events, and looks at all of them when it begins, after each time that the engine was \
             away, when a refused restart is due, and once a minute. The gate is asked for a restart where a health check \
             fails or a container has ended, for up to four services at once; only the containers that need it are \
             restarted. What the gate refuses is asked for again when its time has come.\n\n\
             Left alone is what is protected (evenkeel.protect=true), was made by 'docker compose run', is paused, is \
             restarted by Docker, was stopped on purpose, or has completed: it ended with code 0 and has no health check, or \
             another service waits for it to complete. It was stopped on purpose where the engine was asked to stop or kill \
             it since its last start. That is known from events, of which the engine keeps about the last 256. Where they \
             say nothing, a container that 'heal' has seen running has died; another one has died only where no stop ends a \
             container so: it was killed for lack of memory, could not start, or ended with a code other than 0, 130, 137 \
             and 143. An engine that ends its containers itself, when it is shut down or begins \
             again after a crash, reports that as a stop: these are left to their restart policy.\n\n\
             After a restart those services of the scope follow that use its network namespace (network_mode: service:NAME), \
             or depend on it with restart: true; then those that follow them. Each is restarted once, through the gate, as \
             soon as the one it follows is up, also where it is healthy itself. A sick service waits for the restart of a \
             sick one that it follows.\n\n\
             --on runs CMD with the report on its stdin: 'restart' after a restart, whether the service is healthy then or \
             not, 'refused' after a refusal, 'tripped' where the refusal has opened the breaker. Its output goes to stderr. \
             At most four run at once, for 30 s each; one that fails is told on stderr and changes nothing.\n\n\
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

/// Restart a service unless a limit forbids it, and wait until it is healthy
#[derive(Debug, Parser)]
#[command(name = "restartgate", version = evenkeel_common::BUILD, after_long_help = MANUAL.after_help())]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of a restart.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) restart: RestartArgs,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}

/// Everything but a restart.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what the gate would decide, and record nothing
    Check(CheckArgs),
    /// Wait until services are ready, and start them with --start
    Wait(WaitArgs),
    /// Restart what becomes unhealthy or dies in a scope, through the gate
    Heal(HealArgs),
    /// Show the state of every service
    Status(StatusArgs),
    /// Show restarts and refusals
    History(HistoryArgs),
    /// Count restarts and refusals, and how long it took to get healthy, by day and service
    Stats(StatsArgs),
    /// Show what the last decision about a service was based on
    Explain(ExplainArgs),
    /// Open the breaker of a service
    Trip(OverrideArgs),
    /// Close the breaker of a service, and count nothing that was before
    Reset(OverrideArgs),
}

/// The service that is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// Compose service or container name; never a container ID
    #[arg(value_name = "SERVICE", required_unless_present = "label")]
    pub(crate) service: Option<String>,
    /// Only a service whose container carries this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub(crate) label: Vec<(String, String)>,
    /// Only a service of this Compose project
    #[arg(short, long, value_name = "NAME")]
    pub(crate) project: Option<String>,
}

/// Whose restarts are counted.
#[derive(Clone, Debug, Args)]
pub(crate) struct SharingArgs {
    /// Count the restarts of this host alone, although ENVLOCK_VIA says that several hosts share the engine
    #[arg(long)]
    pub(crate) per_host: bool,
}

/// Limits of the gate. Variables are read by [`LimitArgs::effective`], so that the report can say where a value comes
/// from.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArgs {
    /// Shortest time between two restarts of a service; each failure doubles it, up to ten times its length [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) cooldown: Option<Duration>,
    /// Most restarts of a service within the window; one more trips the breaker [default: 3]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Limits")]
    pub(crate) max_attempts: Option<usize>,
    /// Time in which restarts are counted [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) window: Option<Duration>,
    /// How long the breaker stays open; each trip in a row doubles it, up to six times its length [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) open: Option<Duration>,
    /// How long a service must stay up after a probe before the breaker closes [default: 1m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) stable: Option<Duration>,
    /// Most restarts of all services within a minute [default: 6]
    #[arg(long, value_name = "N", value_parser = parse_count, help_heading = "Limits")]
    pub(crate) per_minute: Option<usize>,
}

impl LimitArgs {
    /// The limits that the gate decides by: flags override variables, which override defaults.
    pub(crate) fn effective(&self) -> Result<EffectiveLimits, evenkeel_common::Error> {
        let flags = Flags {
            cooldown: self.cooldown,
            attempts: self.max_attempts,
            window: self.window,
            open: self.open,
            stable: self.stable,
            machine: self.per_minute,
        };
        EffectiveLimits::resolve(&flags, |name| std::env::var(name).ok())
    }
}

/// Arguments of a restart, which has no subcommand.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) sharing: SharingArgs,
    /// Restart also when it is healthy
    #[arg(long)]
    pub(crate) even_if_healthy: bool,
    /// Restart it whatever the gate decides; it is recorded, and counts for the limits
    #[arg(long, requires = "reason")]
    pub(crate) force: bool,
    /// Why it is restarted, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Time that each container has to stop before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub(crate) stop_timeout: Duration,
    /// Longest time until the service must be healthy
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) health_timeout: Duration,
    /// Wait until the gate allows it, instead of failing with 75
    #[arg(short, long)]
    pub(crate) wait: bool,
    /// Print one JSON object; not with a command, whose stdout is its own
    #[arg(long, conflicts_with = "command")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
    /// Run this command instead of restarting a container
    #[arg(last = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

impl RestartArgs {
    /// Which services are to be restarted.
    pub(crate) const fn mode(&self) -> RestartMode {
        match (self.force, self.even_if_healthy) {
            (true, _) => RestartMode::Forced,
            (false, true) => RestartMode::EvenIfHealthy,
            (false, false) => RestartMode::IfUnhealthy,
        }
    }
}

/// `restartgate check`
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) sharing: SharingArgs,
    /// Decide as for a restart with --even-if-healthy
    #[arg(long)]
    pub(crate) even_if_healthy: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
}

/// `restartgate wait`
#[derive(Clone, Debug, Args)]
pub(crate) struct WaitArgs {
    /// Compose services or container names
    #[arg(value_name = "SERVICE", required_unless_present_any = ["project", "label"])]
    pub(crate) services: Vec<String>,
    /// Services of this Compose project: all of them where none is named
    #[arg(short, long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Only services whose containers carry this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub(crate) label: Vec<(String, String)>,
    /// Longest time to wait
    #[arg(short, long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    /// Start what the project has created and not started, in the order of its depends_on
    #[arg(long, requires = "project", conflicts_with = "services")]
    pub(crate) start: bool,
    /// Time between two runs of a service's own health check
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = parse_call_timeout)]
    pub(crate) poll: Duration,
    /// Count only what the engine says of health checks, and run none here
    #[arg(long)]
    pub(crate) engine_verdict: bool,
    /// CPU limit of a service once all are ready, 0 for none; may be repeated
    #[arg(long, value_name = "SERVICE=CPUS", value_parser = CpuLimit::parse)]
    pub(crate) cpus_after: Vec<CpuLimit>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
}

/// `restartgate heal`
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("scope").args(["label", "project"]).multiple(true).required(true))]
pub(crate) struct HealArgs {
    /// Only containers that carry this label; may be repeated, all must match
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_label)]
    pub(crate) label: Vec<(String, String)>,
    /// Only containers of this Compose project
    #[arg(short, long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) project: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// Look once, restart what is unhealthy or dead now, and end
    #[arg(long)]
    pub(crate) once: bool,
    /// Say what would be restarted, and change and record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Run CMD after such a decision, with the report as one JSON object on its stdin; several are separated by commas.
    /// There is one CMD: for several, let it be a script
    #[arg(
        long,
        value_name = "DECISION",
        value_enum,
        value_delimiter = ',',
        requires = "command",
        conflicts_with = "dry_run"
    )]
    pub(crate) on: Vec<Occasion>,
    /// Time that each container has to stop before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    pub(crate) stop_timeout: Duration,
    /// Longest time until a restarted service must be healthy
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub(crate) health_timeout: Duration,
    /// Print a line of JSON for each decision; with --once one object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
    /// Command for --on; it is killed after 30 s, and its failure is told and changes nothing
    #[arg(last = true, value_name = "CMD", requires = "on")]
    pub(crate) command: Vec<String>,
}

/// A decision after which `heal` runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Occasion {
    /// A service was restarted, whether it is healthy then or not
    Restart,
    /// The gate refused a restart
    Refused,
    /// A refused restart has opened the breaker
    Tripped,
}

/// A CPU limit of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CpuLimit {
    pub(crate) service: String,
    /// Billionths of a CPU; 0 for no limit.
    pub(crate) nano_cpus: i64,
}

impl CpuLimit {
    /// Parses `SERVICE=CPUS`; for clap: a value parser.
    fn parse(text: &str) -> Result<Self, String> {
        let form = "it must be SERVICE=CPUS, such as db=0.25, with at most 9 decimals";
        let (service, cpus) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(form)?;
        let nano_cpus = parse_nano_cpus(cpus).ok_or(form)?;
        Ok(Self { service: service.to_owned(), nano_cpus })
    }
}

/// A decimal number of CPUs in billionths, exactly.
fn parse_nano_cpus(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_decimal = !whole.is_empty() && part.len() <= 9;
    let digits = format!("{whole}{part:0<9}");
    (is_decimal && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// `restartgate status`
#[derive(Clone, Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate history`
#[derive(Clone, Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only this service, as NAME or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Only what happened within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Show only the last N
    #[arg(short = 'n', long, value_name = "N", default_value = "50", value_parser = parse_count)]
    pub(crate) last: usize,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate stats`
#[derive(Clone, Debug, Args)]
pub(crate) struct StatsArgs {
    /// Only this service, as NAME or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Only what happened within this time, such as 7d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) since: Option<Duration>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate explain`
#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The service, as NAME or PROJECT/NAME [default: the one decided about last]
    #[arg(value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `restartgate trip` and `restartgate reset`
#[derive(Clone, Debug, Args)]
pub(crate) struct OverrideArgs {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) sharing: SharingArgs,
    /// Why it is done, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) docker: DockerArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_exact_and_bad_ones_are_refused() {
        let nano = |text| CpuLimit::parse(text).map(|limit| limit.nano_cpus).ok();
        assert_eq!(nano("db=0.25"), Some(250_000_000));
        assert_eq!(
            (nano("db=2"), nano("db=0"), nano("db=1.")),
            (Some(2_000_000_000), Some(0), Some(1_000_000_000))
        );
        assert_eq!(nano("db=0.000000001"), Some(1));
        for bad in ["db", "=1", "db=", "db=-1", "db=1.0000000001", "db=x", "db=.5", "db=99999999999999"] {
            assert_eq!(nano(bad), None, "{bad}");
        }
    }
}
