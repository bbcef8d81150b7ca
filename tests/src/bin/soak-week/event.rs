//! What happens in the week: who does what, and when.

use std::fmt::{self, Display};
use std::time::Duration;

/// A Compose project that the team tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stack {
    /// tests/stack; the others are files of tests/stack/week.
    Reference,
    Shop,
    Legacy,
    Ram,
    Tools,
    Slow,
    Batch,
}

impl Stack {
    pub(crate) const ALL: [Self; 7] =
        [Self::Reference, Self::Shop, Self::Legacy, Self::Ram, Self::Tools, Self::Slow, Self::Batch];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Shop => "shop",
            Self::Legacy => "legacy",
            Self::Ram => "ram",
            Self::Tools => "tools",
            Self::Slow => "slow",
            Self::Batch => "batch",
        }
    }

    /// Its Compose project, to which evenkeel adds the slot of a dedicated environment.
    pub(crate) fn project(self) -> String {
        format!("week-{}", self.name())
    }

    /// A service that somebody restarts when he suspects it.
    pub(crate) const fn suspect(self) -> &'static str {
        match self {
            Self::Reference => "redis",
            Self::Shop | Self::Legacy | Self::Ram | Self::Tools | Self::Slow => "queue",
            Self::Batch => "db",
        }
    }
}

/// Whether a run shares its environment with others; without evenkeel all do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    Shared,
    Dedicated,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunEnd {
    Passes,
    /// The test fails, with a code that nothing else uses.
    Fails,
    /// The test program dies of SIGSEGV.
    Crashes,
    /// The terminal sends SIGINT, so long after the start.
    CtrlC(Duration),
    /// Everything of the run that is in its process group is killed with SIGKILL, so long after the start.
    Killed(Duration),
}

impl RunEnd {
    /// What the test program is told.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Crashes => "crashes",
            Self::Passes | Self::CtrlC(_) | Self::Killed(_) => "passes",
        }
    }

    /// The exit code that the plan asks for.
    pub(crate) const fn code(self) -> i32 {
        match self {
            Self::Passes => 0,
            Self::Fails => 42,
            Self::Crashes => 128 + 11,
            Self::CtrlC(_) => 128 + 2,
            Self::Killed(_) => 128 + 9,
        }
    }
}

/// A test run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) number: u32,
    pub(crate) stack: Stack,
    pub(crate) category: &'static str,
    pub(crate) sharing: Sharing,
    /// How long the test works with its environment.
    pub(crate) work: Duration,
    pub(crate) end: RunEnd,
}

impl Run {
    /// A word that no other run of the week has, fit for the name of a table.
    pub(crate) fn id(&self) -> String {
        format!("run{:04}", self.number)
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Runs(Run),
    /// Somebody restarts a service that he suspects.
    Restarts(Stack),
    /// Somebody runs a container of his own, restarts it and removes it after a while.
    ByHand {
        number: u32,
        keeps: Duration,
    },
    /// dockerd is killed with SIGKILL, and started again after a while, as systemd does.
    EngineDies {
        away: Duration,
    },
    /// dockerd is stopped with SIGSTOP for a while.
    EngineHangs {
        lasts: Duration,
    },
    /// Somebody fills the file system of the engine for a while.
    DiskFills {
        lasts: Duration,
    },
}

/// One line of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Since the beginning of the week.
    pub(crate) at: Duration,
    pub(crate) actor: &'static str,
    pub(crate) what: What,
}

impl Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7.1} {:7} {}", self.at.as_secs_f64(), self.actor, self.what)
    }
}

impl Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs(run) => run.fmt(f),
            Self::Restarts(stack) => write!(f, "restarts {} of {}", stack.suspect(), stack.name()),
            Self::ByHand { number, keeps } => {
                write!(f, "docker run, restart and rm of hand-{number} within {} s", keeps.as_secs())
            }
            Self::EngineDies { away } => {
                write!(f, "dockerd is killed, and started after {} s", away.as_secs())
            }
            Self::EngineHangs { lasts } => write!(f, "dockerd hangs for {} s", lasts.as_secs()),
            Self::DiskFills { lasts } => {
                write!(f, "the engine's disk is nearly full for {} s", lasts.as_secs())
            }
        }
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sharing = match self.sharing {
            Sharing::Shared => "shared",
            Sharing::Dedicated => "dedicated",
        };
        write!(
            f,
            "{} {} {} {sharing}, works {} s, ",
            self.id(),
            self.stack.name(),
            self.category,
            self.work.as_secs()
        )?;
        match self.end {
            RunEnd::Passes => f.write_str("passes"),
            RunEnd::Fails => f.write_str("fails"),
            RunEnd::Crashes => f.write_str("crashes"),
            RunEnd::CtrlC(after) => write!(f, "Ctrl-C after {} s", after.as_secs()),
            RunEnd::Killed(after) => write!(f, "kill -9 after {} s", after.as_secs()),
        }
    }
}
