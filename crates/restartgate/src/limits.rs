//! The limits of the gate, and where each value came from: a flag, a variable, or the default.

use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::units::parse_duration;
use serde::{Deserialize, Serialize};

/// Limits of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Shortest time from the end of one restart to the next.
    pub cooldown: Duration,
    /// Most attempts within the window; one more trips the breaker.
    pub attempts: usize,
    /// Time in which attempts are counted.
    pub window: Duration,
    /// How long the breaker stays open the first time; it doubles with each trip in a row.
    pub open: Duration,
    /// How long a service must stay up after a probe until the breaker closes.
    pub stable: Duration,
    /// Most restarts of all services within a minute.
    pub machine_per_minute: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cooldown: Duration::from_secs(30),
            attempts: 3,
            window: Duration::from_mins(5),
            open: Duration::from_mins(5),
            stable: Duration::from_mins(1),
            machine_per_minute: 6,
        }
    }
}

impl Limits {
    /// Longest cooldown after failures, which double it.
    pub const fn cooldown_max(&self) -> Duration {
        self.cooldown.saturating_mul(10)
    }

    /// Longest time that the breaker stays open.
    pub const fn open_max(&self) -> Duration {
        self.open.saturating_mul(6)
    }

    /// A service that nobody had to restart for this long is no longer a failing one.
    pub const fn quiet(&self) -> Duration {
        self.cooldown_max().saturating_mul(2)
    }

    /// What is older than this is forgotten: it bounds what a decision has to read.
    pub fn horizon(&self) -> Duration {
        let longest = [self.window, self.stable, self.cooldown_max(), self.open_max(), MINUTE];
        longest.into_iter().max().unwrap_or(MINUTE).saturating_mul(4)
    }
}

/// The machine's budget is counted within it.
pub const MINUTE: Duration = Duration::from_mins(1);

/// Where a value came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The command line.
    Flag,
    /// An environment variable.
    Variable,
    /// Neither of them.
    #[default]
    Default,
}

/// Where each limit came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Of the cooldown.
    pub cooldown: Source,
    /// Of the attempts.
    pub attempts: Source,
    /// Of the window.
    pub window: Source,
    /// Of the open time.
    pub open: Source,
    /// Of the stable time.
    pub stable: Source,
    /// Of the machine's budget.
    pub machine: Source,
}

/// The limits in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// Their values.
    pub limits: Limits,
    /// Where these came from.
    pub sources: Sources,
}

/// What the command line says of the limits; `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// `--cooldown`
    pub cooldown: Option<Duration>,
    /// `--max-attempts`
    pub attempts: Option<usize>,
    /// `--window`
    pub window: Option<Duration>,
    /// `--open`
    pub open: Option<Duration>,
    /// `--stable`
    pub stable: Option<Duration>,
    /// `--per-minute`
    pub machine: Option<usize>,
}

impl InForce {
    /// Flags override variables, which override defaults. `variable` looks a variable up.
    pub fn resolve(flags: &Flags, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let default = Limits::default();
        let look = |name: &'static str| (name, variable(name).filter(|text| !text.is_empty()));
        let (cooldown, cooldown_from) =
            choose(flags.cooldown, look("DOCKER_RESTART_COOLDOWN"), parse_seconds, default.cooldown)?;
        let (attempts, attempts_from) =
            choose(flags.attempts, look("DOCKER_MAX_RESTART_ATTEMPTS"), parse_count, default.attempts)?;
        let (window, window_from) =
            choose(flags.window, look("DOCKER_RESTART_WINDOW"), parse_seconds, default.window)?;
        let (open, open_from) = choose(flags.open, look("DOCKER_RESTART_OPEN"), parse_seconds, default.open)?;
        let (stable, stable_from) =
            choose(flags.stable, look("DOCKER_RESTART_STABLE"), parse_seconds, default.stable)?;
        let (machine, machine_from) = choose(
            flags.machine,
            look("DOCKER_RESTARTS_PER_MINUTE"),
            parse_count,
            default.machine_per_minute,
        )?;
        Ok(Self {
            limits: Limits { cooldown, attempts, window, open, stable, machine_per_minute: machine },
            sources: Sources {
                cooldown: cooldown_from,
                attempts: attempts_from,
                window: window_from,
                open: open_from,
                stable: stable_from,
                machine: machine_from,
            },
        })
    }
}

fn choose<T>(
    flag: Option<T>,
    (name, variable): (&str, Option<String>),
    parse: fn(&str) -> Result<T, String>,
    default: T,
) -> Result<(T, Source), Error> {
    match (flag, variable) {
        (Some(value), _) => Ok((value, Source::Flag)),
        (None, Some(text)) => match parse(&text) {
            Ok(value) => Ok((value, Source::Variable)),
            Err(cause) => Err(Error::usage(format!("use the value '{text}' of {name}"), cause)),
        },
        (None, None) => Ok((default, Source::Default)),
    }
}

/// A number of seconds, or a duration with its unit.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).or_else(|_| parse_duration(text))
}

/// A whole number of at least 1.
pub fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("it must be a whole number of at least 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_override_variables_override_defaults() {
        let flags = Flags { cooldown: Some(Duration::from_secs(1)), ..Flags::default() };
        let variable = |name: &str| match name {
            "DOCKER_RESTART_COOLDOWN" => Some("7".to_owned()),
            "DOCKER_MAX_RESTART_ATTEMPTS" => Some("9".to_owned()),
            "DOCKER_RESTART_WINDOW" => Some("2m".to_owned()),
            "DOCKER_RESTART_OPEN" => Some(String::new()),
            _ => None,
        };
        let found = InForce::resolve(&flags, variable).unwrap();
        assert_eq!(found.limits.cooldown, Duration::from_secs(1));
        assert_eq!((found.limits.attempts, found.limits.window), (9, Duration::from_mins(2)));
        assert_eq!(found.limits.open, Duration::from_mins(5));
        let from = found.sources;
        assert_eq!(
            (from.cooldown, from.attempts, from.open),
            (Source::Flag, Source::Variable, Source::Default)
        );
    }

    #[test]
    fn a_bad_variable_is_named() {
        let variable = |name: &str| (name == "DOCKER_MAX_RESTART_ATTEMPTS").then(|| "0".to_owned());
        let error = InForce::resolve(&Flags::default(), variable).unwrap_err();
        assert!(error.to_string().contains("DOCKER_MAX_RESTART_ATTEMPTS"), "{error}");
    }

    #[test]
    fn defaults_as_documented() {
        let limits = Limits::default();
        assert_eq!(limits.cooldown_max(), Duration::from_mins(5));
        assert_eq!(limits.open_max(), Duration::from_mins(30));
        assert_eq!(limits.quiet(), Duration::from_mins(10));
        assert_eq!(limits.horizon(), Duration::from_hours(2));
    }
}
