//! What is recorded of an environment, and what follows from it: whether it is up, kept or dirty, what whoever enters
//! it does first, what whoever leaves it last does, and whether a sweep takes it down.

use std::path::PathBuf;
use std::time::Duration;

use evenkeel_common::{BootTimestamp, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::setup_key::SetupKey;

/// The format of the record.
pub(crate) const SCHEMA: &str = "envlock.environment/1";

/// The record of an environment that is up, or may be: written before its set-up, removed after its take-down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) schema: String,
    pub(crate) key: Option<SetupKey>,
    /// None: there is nothing to run.
    pub(crate) teardown: Option<Teardown>,
    /// Who set it up.
    pub(crate) user: String,
    pub(crate) host: String,
    /// When its set-up began.
    pub(crate) up_since: Timestamp,
    pub(crate) phase: EnvironmentPhase,
    pub(crate) kept: Keep,
    /// Who left it up.
    pub(crate) kept_by: Option<String>,
    /// Since when nobody uses it; none while somebody does, or where its users died.
    pub(crate) idle_since: Option<BootTimestamp>,
    /// Of several users' records the highest counts; 0 where there is one user.
    #[serde(default)]
    pub(crate) generation: u64,
    /// Why its take-down, which is a command, is not run by whoever read this.
    #[serde(skip)]
    pub(crate) foreign: Option<Foreign>,
}

/// Whose record of an environment is read by somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "stores are for Linux only"))]
pub(crate) enum Foreign {
    /// Another user of the machine, by number: he alone may run its take-down.
    User(u32),
    /// Anybody's who may write to the store.
    Store,
}

/// A take-down, and how it is to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Teardown {
    /// For the shell.
    pub(crate) command: String,
    pub(crate) directory: PathBuf,
    /// Longest time; none: no limit.
    pub(crate) limit_ms: Option<u64>,
}

impl Teardown {
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit_ms.map(Duration::from_millis)
    }
}

/// How far an environment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnvironmentPhase {
    /// It is being set up.
    Setup,
    /// `--reuse` is run.
    Reuse,
    Up,
    /// It is being taken down.
    Teardown,
    /// It was taken down, but the record of another user could not be removed.
    Down,
}

/// Whether the last user leaves an environment up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Keep {
    #[default]
    No,
    /// `--keep`.
    UntilTold,
    /// `--keep-for`.
    For { ms: u64 },
}

impl Keep {
    /// For this long after the last user has left.
    pub(crate) fn lasting(time: Duration) -> Self {
        Self::For { ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// What the file of the record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// There is none.
    #[default]
    Nothing,
    /// It is not a record.
    Unreadable,
    /// It must not be used, or cannot be read: why.
    Refused(String),
    Known(Box<Environment>),
}

impl Recorded {
    pub(crate) fn known(&self) -> Option<&Environment> {
        match self {
            Self::Known(environment) => Some(environment),
            _ => None,
        }
    }

    /// The take-down that is recorded, where it may be run.
    pub(crate) fn teardown(&self) -> Option<&Teardown> {
        let known = self.known()?;
        known.teardown.as_ref().filter(|_| known.foreign.is_none())
    }

    /// Why the take-down that is recorded is not run.
    pub(crate) fn withheld_teardown(&self) -> Option<String> {
        let known = self.known()?;
        Some(match known.foreign? {
            Foreign::User(user) => format!(
                "{} (user {user}) set it up, and only he may run the take-down that is recorded",
                known.user
            ),
            Foreign::Store => {
                format!("{}@{} set it up, and no command is taken from a store", known.user, known.host)
            }
        })
    }

    pub(crate) fn kept(&self) -> Keep {
        self.known().map_or(Keep::No, |environment| environment.kept)
    }

    /// What an environment that is up was started from otherwise than wanted. A key that is missing on either side
    /// matches everything.
    pub(crate) fn difference(&self, wanted: Option<&SetupKey>) -> Option<String> {
        self.known()?.key.as_ref()?.difference(wanted?)
    }
}

/// The record, the mark of a holder that died outside the environment, and the time at which both are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) recorded: &'a Recorded,
    pub(crate) is_marked_dirty: bool,
    pub(crate) now: &'a BootTimestamp,
}

/// An environment that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unused {
    Down,
    /// For this long yet; none: until told.
    Kept(Option<Duration>),
    /// It was kept for this long, and that time is over.
    Expired(Duration),
    Dirty(Dirty),
}

/// Why an environment has to be taken down before it is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dirty {
    SetupInterrupted,
    ReuseInterrupted,
    TeardownFailed,
    NotTakenDown,
    HolderDied,
    RecordUnreadable,
}

impl Facts<'_> {
    /// The state of an environment that nobody uses.
    pub(crate) fn unused(&self) -> Unused {
        let mark = if self.is_marked_dirty { Some(Unused::Dirty(Dirty::HolderDied)) } else { None };
        let environment = match self.recorded {
            Recorded::Nothing => return mark.unwrap_or(Unused::Down),
            Recorded::Unreadable | Recorded::Refused(_) => return Unused::Dirty(Dirty::RecordUnreadable),
            Recorded::Known(environment) => environment,
        };
        match environment.phase {
            EnvironmentPhase::Setup => return Unused::Dirty(Dirty::SetupInterrupted),
            EnvironmentPhase::Reuse => return Unused::Dirty(Dirty::ReuseInterrupted),
            EnvironmentPhase::Teardown => return Unused::Dirty(Dirty::TeardownFailed),
            EnvironmentPhase::Down => return mark.unwrap_or(Unused::Down),
            EnvironmentPhase::Up => {}
        }
        match (environment.kept, &environment.idle_since) {
            // Kept on purpose: neither a user's death nor that of a plain holder changes that.
            (Keep::UntilTold, _) => Unused::Kept(None),
            (Keep::For { ms }, Some(since)) => {
                let (limit, age) = (Duration::from_millis(ms), since.age_at(self.now));
                let left = limit.checked_sub(age).filter(|left| !left.is_zero());
                let kept = left.map_or(Unused::Expired(limit), |left| Unused::Kept(Some(left)));
                mark.unwrap_or(kept)
            }
            (Keep::No, _) | (_, None) => Unused::Dirty(Dirty::NotTakenDown),
        }
    }

    /// What whoever enters an environment that nobody uses does first.
    pub(crate) fn entry(&self, wanted: &Wanted<'_>) -> Result<Entry, Refused> {
        let difference = self.recorded.difference(wanted.key);
        let is_kept = self.recorded.kept() == Keep::UntilTold && wanted.replace.is_none();
        Ok(match (self.unused(), difference) {
            (_, Some(difference)) if is_kept => return Err(Refused(difference)),
            (Unused::Down, _) => Entry::SetUp,
            (Unused::Dirty(why), _) => Entry::Clear(Clear::Dirty(why)),
            (Unused::Expired(limit), _) => Entry::Clear(Clear::Expired(limit)),
            (Unused::Kept(_), _) if wanted.replace == Some(Replace::Always) => Entry::Clear(Clear::Replaced),
            (Unused::Kept(_), Some(difference)) => Entry::Clear(Clear::Different(difference)),
            (Unused::Kept(_), None) => Entry::Join,
        })
    }

    /// Whether a sweep takes an environment that nobody uses down.
    pub(crate) fn sweep(&self, rule: SweepRule) -> Sweep {
        if let Recorded::Refused(why) = self.recorded {
            return Sweep::Skip(why.clone());
        }
        if let Some(why) = self.recorded.withheld_teardown() {
            return match self.unused() {
                Unused::Down => Sweep::Nothing,
                _ => Sweep::Skip(why),
            };
        }
        match (self.unused(), self.recorded.kept()) {
            (Unused::Down, _) => Sweep::Nothing,
            (_, Keep::UntilTold) => Sweep::Keep(None),
            (Unused::Kept(Some(_)), _) if rule == SweepRule::AllIdle => Sweep::TakeDown(SweepCause::Idle),
            (Unused::Kept(left), _) => Sweep::Keep(left),
            (Unused::Expired(limit), _) => Sweep::TakeDown(SweepCause::Expired(limit)),
            (Unused::Dirty(why), _) if self.recorded.known().is_some() => {
                Sweep::TakeDown(SweepCause::Dirty(why))
            }
            (Unused::Dirty(_), _) => Sweep::Skip("it is dirty, and no take-down is recorded".into()),
        }
    }
}

/// What a user who enters wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) key: Option<&'a SetupKey>,
    /// Whether a kept environment is to be set up anew (`--replace`).
    pub(crate) replace: Option<Replace>,
}

/// Which kept environment is set up anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Replace {
    /// One that was started from something else
    Changed,
    /// Any
    Always,
}

/// What a user who enters does first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing: others are inside.
    Beside,
    SetUp,
    /// Uses an environment that was kept.
    Join,
    /// Takes it down, and sets it up anew.
    Clear(Clear),
}

/// The environment is not entered: it is kept until told, and was started from something else, which this says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

/// Why an environment is taken down before it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clear {
    Dirty(Dirty),
    /// It was kept for this long.
    Expired(Duration),
    Replaced,
    /// It was started from something else.
    Different(String),
}

/// Which environments a sweep takes down before their time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SweepRule {
    /// None.
    WhatIsOver,
    /// Those that are kept for a time.
    AllIdle,
}

/// What a sweep does with an environment that nobody uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sweep {
    Nothing,
    /// It is kept for this long yet; none: until told.
    Keep(Option<Duration>),
    TakeDown(SweepCause),
    /// It cannot, or must not: why.
    Skip(String),
}

/// Why a sweep takes an environment down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SweepCause {
    Dirty(Dirty),
    /// It was kept for this long.
    Expired(Duration),
    /// Nobody uses it.
    Idle,
}

/// How an environment is kept when its last user leaves: what is kept until told stays kept, else the last one decides.
pub(crate) fn kept_by_last(recorded: Keep, own: Keep) -> Keep {
    if recorded == Keep::UntilTold { recorded } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot_ms: u64) -> BootTimestamp {
        BootTimestamp { at: Timestamp::UNIX_EPOCH, boot_id: Some("b".into()), boot_ms }
    }

    fn environment(phase: EnvironmentPhase, kept: Keep, idle_since: Option<u64>) -> Recorded {
        Recorded::Known(Box::new(Environment {
            schema: SCHEMA.into(),
            key: Some(SetupKey::parse("profile=durable").unwrap()),
            teardown: None,
            user: "alice".into(),
            host: "here".into(),
            up_since: Timestamp::UNIX_EPOCH,
            phase,
            kept,
            kept_by: None,
            idle_since: idle_since.map(at),
            generation: 0,
            foreign: None,
        }))
    }

    fn facts<'a>(recorded: &'a Recorded, now: &'a BootTimestamp) -> Facts<'a> {
        Facts { recorded, is_marked_dirty: false, now }
    }

    const FOR: Keep = Keep::For { ms: 1000 };
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_recorded_tells_the_state() {
        use EnvironmentPhase::{Reuse, Setup, Teardown, Up};
        let now = at(5000);
        for (recorded, unused) in [
            (Recorded::Nothing, Unused::Down),
            (Recorded::Unreadable, Unused::Dirty(Dirty::RecordUnreadable)),
            (environment(Setup, Keep::No, None), Unused::Dirty(Dirty::SetupInterrupted)),
            (environment(Reuse, Keep::UntilTold, None), Unused::Dirty(Dirty::ReuseInterrupted)),
            (environment(Teardown, Keep::No, Some(4000)), Unused::Dirty(Dirty::TeardownFailed)),
            (environment(Up, Keep::No, None), Unused::Dirty(Dirty::NotTakenDown)),
            (environment(Up, FOR, None), Unused::Dirty(Dirty::NotTakenDown)),
            (environment(Up, FOR, Some(4001)), Unused::Kept(Some(Duration::from_millis(1)))),
            (environment(Up, FOR, Some(4000)), Unused::Expired(SECOND)),
            (environment(Up, Keep::UntilTold, Some(0)), Unused::Kept(None)),
            // A user of an environment that is kept on purpose died.
            (environment(Up, Keep::UntilTold, None), Unused::Kept(None)),
        ] {
            assert_eq!(facts(&recorded, &now).unused(), unused, "{recorded:?}");
        }
    }

    #[test]
    fn the_mark_of_a_dead_holder_counts_unless_it_is_kept_on_purpose() {
        let now = at(5000);
        for (recorded, unused) in [
            (Recorded::Nothing, Unused::Dirty(Dirty::HolderDied)),
            (environment(EnvironmentPhase::Up, FOR, Some(4999)), Unused::Dirty(Dirty::HolderDied)),
            (environment(EnvironmentPhase::Up, Keep::UntilTold, Some(4999)), Unused::Kept(None)),
        ] {
            let facts = Facts { is_marked_dirty: true, ..facts(&recorded, &now) };
            assert_eq!(facts.unused(), unused, "{recorded:?}");
        }
    }

    #[test]
    fn whoever_enters_joins_what_is_the_same_and_replaces_or_refuses_what_is_not() {
        use EnvironmentPhase::{Reuse, Up};
        let (same, other) =
            (SetupKey::parse("profile=durable").unwrap(), SetupKey::parse("profile=fast").unwrap());
        let different = || String::from("profile=durable, not fast");
        let told = environment(Up, Keep::UntilTold, Some(0));
        let kept = environment(Up, FOR, Some(4500));
        let over = environment(Up, FOR, Some(1000));
        let torn = environment(Reuse, Keep::UntilTold, None);
        let now = at(5000);
        let (changed, always) = (Some(Replace::Changed), Some(Replace::Always));
        for (recorded, key, replace, entry) in [
            (&told, Some(&same), None, Ok(Entry::Join)),
            (&told, None, None, Ok(Entry::Join)),
            (&told, Some(&other), None, Err(Refused(different()))),
            (&told, Some(&other), always, Ok(Entry::Clear(Clear::Replaced))),
            (&told, Some(&same), always, Ok(Entry::Clear(Clear::Replaced))),
            (&told, Some(&same), changed, Ok(Entry::Join)),
            (&told, Some(&other), changed, Ok(Entry::Clear(Clear::Different(different())))),
            (&kept, Some(&same), None, Ok(Entry::Join)),
            (&kept, Some(&other), None, Ok(Entry::Clear(Clear::Different(different())))),
            (&over, Some(&same), None, Ok(Entry::Clear(Clear::Expired(SECOND)))),
            (&torn, Some(&same), None, Ok(Entry::Clear(Clear::Dirty(Dirty::ReuseInterrupted)))),
            (&torn, Some(&other), None, Err(Refused(different()))),
            (&Recorded::Nothing, Some(&same), always, Ok(Entry::SetUp)),
        ] {
            let entered = facts(recorded, &now).entry(&Wanted { key, replace });
            assert_eq!(entered, entry, "{recorded:?} {key:?} {replace:?}");
        }
    }

    #[test]
    fn a_sweep_never_takes_down_what_is_kept_until_told() {
        use EnvironmentPhase::{Reuse, Setup, Up};
        use SweepRule::{AllIdle, WhatIsOver};
        let now = at(5000);
        for (recorded, rule, sweep) in [
            (Recorded::Nothing, AllIdle, Sweep::Nothing),
            (environment(Up, Keep::UntilTold, Some(0)), AllIdle, Sweep::Keep(None)),
            (environment(Up, Keep::UntilTold, None), AllIdle, Sweep::Keep(None)),
            (environment(Reuse, Keep::UntilTold, None), AllIdle, Sweep::Keep(None)),
            (environment(Up, FOR, Some(4500)), WhatIsOver, Sweep::Keep(Some(SECOND / 2))),
            (environment(Up, FOR, Some(4500)), AllIdle, Sweep::TakeDown(SweepCause::Idle)),
            (environment(Up, FOR, Some(1)), WhatIsOver, Sweep::TakeDown(SweepCause::Expired(SECOND))),
            (
                environment(Setup, Keep::No, None),
                WhatIsOver,
                Sweep::TakeDown(SweepCause::Dirty(Dirty::SetupInterrupted)),
            ),
            (Recorded::Refused("no".into()), AllIdle, Sweep::Skip("no".into())),
        ] {
            assert_eq!(facts(&recorded, &now).sweep(rule), sweep, "{recorded:?}");
        }
        assert!(matches!(facts(&Recorded::Unreadable, &now).sweep(AllIdle), Sweep::Skip(_)));
    }

    /// A record with a take-down, of this user's or of somebody else's.
    fn with_teardown(phase: EnvironmentPhase, foreign: Option<Foreign>) -> Recorded {
        let teardown = Teardown { command: "down".into(), directory: "/".into(), limit_ms: Some(1500) };
        match environment(phase, FOR, Some(0)) {
            Recorded::Known(known) => {
                Recorded::Known(Box::new(Environment { teardown: Some(teardown), foreign, ..*known }))
            }
            other => other,
        }
    }

    #[test]
    fn nobody_runs_a_take_down_that_another_recorded() {
        use EnvironmentPhase::{Down, Up};
        let now = at(5000);
        let own = with_teardown(Up, None);
        assert_eq!(own.teardown().and_then(Teardown::limit), Some(Duration::from_millis(1500)));
        assert_eq!(own.withheld_teardown(), None);
        let user = "alice (user 7) set it up, and only he may run the take-down that is recorded";
        let store = "alice@here set it up, and no command is taken from a store";
        for (foreign, why) in [(Foreign::User(7), user), (Foreign::Store, store)] {
            let recorded = with_teardown(Up, Some(foreign));
            assert_eq!(recorded.teardown(), None);
            assert_eq!(recorded.withheld_teardown().as_deref(), Some(why));
            let sweep = facts(&recorded, &now).sweep(SweepRule::AllIdle);
            assert_eq!(sweep, Sweep::Skip(why.into()));
            let down = with_teardown(Down, Some(foreign));
            assert_eq!(facts(&down, &now).sweep(SweepRule::AllIdle), Sweep::Nothing);
        }
        let none = environment(Up, FOR, Some(0));
        assert_eq!((none.teardown(), Recorded::Nothing.teardown()), (None, None));
        assert_eq!(Recorded::Nothing.withheld_teardown(), None);
        let unlimited = Teardown { command: "down".into(), directory: "/".into(), limit_ms: None };
        assert_eq!(unlimited.limit(), None);
    }

    #[test]
    fn what_was_taken_down_is_down_unless_a_holder_died_since() {
        let (now, down) = (at(5000), environment(EnvironmentPhase::Down, Keep::No, None));
        assert_eq!(facts(&down, &now).unused(), Unused::Down);
        let marked = Facts { is_marked_dirty: true, ..facts(&down, &now) };
        assert_eq!(marked.unused(), Unused::Dirty(Dirty::HolderDied));
    }

    #[test]
    fn a_time_to_keep_is_recorded_in_milliseconds() {
        assert_eq!(Keep::lasting(SECOND), FOR);
        assert_eq!(Keep::lasting(Duration::MAX), Keep::For { ms: u64::MAX });
        let recorded = environment(EnvironmentPhase::Up, FOR, None);
        assert_eq!((recorded.kept(), Recorded::Nothing.kept()), (FOR, Keep::No));
    }

    #[test]
    fn the_last_one_decides_unless_it_is_kept_until_told() {
        assert_eq!(kept_by_last(Keep::UntilTold, Keep::No), Keep::UntilTold);
        assert_eq!(kept_by_last(Keep::UntilTold, FOR), Keep::UntilTold);
        assert_eq!(kept_by_last(FOR, Keep::No), Keep::No);
        assert_eq!(kept_by_last(Keep::No, FOR), FOR);
    }
}
