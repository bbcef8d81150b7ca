//! The limits of the gate, and where each value comes from: a flag, a variable, or the default.

use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::units::parse_duration;
use serde::{Deserialize, Serialize};

/// The limits of the gate, whatever they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Shortest time from the end of one restart to the next.
    pub(crate) cooldown: Duration,
    /// Most attempts within the window; one more trips the breaker.
    pub(crate) attempts: usize,
    /// Time in which attempts are counted.
    pub(crate) window: Duration,
    /// How long the breaker stays open the first time; it doubles with each trip in a row.
    pub(crate) open: Duration,
    /// How long a service must stay up after a probe until the breaker closes.
    pub(crate) stable: Duration,
    /// Most restarts of all services within a minute.
    pub(crate) machine_per_minute: usize,
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
    pub(crate) const fn cooldown_max(&self) -> Duration {
        self.cooldown.saturating_mul(10)
    }

    /// Longest time that the breaker stays open after trips in a row.
    pub(crate) const fn open_max(&self) -> Duration {
        self.open.saturating_mul(6)
    }

    /// Without a restart for this long, earlier failures do not count any more.
    pub(crate) const fn failures_expire_after(&self) -> Duration {
        self.cooldown_max().saturating_mul(2)
    }
}

/// Time in which the restarts of all services are counted.
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// Where the value of a limit comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Flag,
    Variable,
    #[default]
    Default,
}

/// Where each of the limits comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    pub(crate) cooldown: Source,
    pub(crate) attempts: Source,
    pub(crate) window: Source,
    pub(crate) open: Source,
    pub(crate) stable: Source,
    pub(crate) machine: Source,
}

/// The limits that the gate decides by, and where they come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EffectiveLimits {
    pub(crate) limits: Limits,
    pub(crate) sources: Sources,
}

/// The limits that were given on the command line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) cooldown: Option<Duration>,
    pub(crate) attempts: Option<usize>,
    pub(crate) window: Option<Duration>,
    pub(crate) open: Option<Duration>,
    pub(crate) stable: Option<Duration>,
    pub(crate) machine: Option<usize>,
}

impl EffectiveLimits {
    /// Flags override variables, which override defaults. `variable` returns the value of a variable.
    pub(crate) fn resolve(flags: &Flags, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let default = Limits::default();
        let look = |name: &'static str| (name, variable(name).filter(|text| !text.is_empty()));
        let (cooldown, cooldown_from) =
            choose(flags.cooldown, look("DOCKER_RESTART_COOLDOWN"), parse_duration, default.cooldown)?;
        let (attempts, attempts_from) =
            choose(flags.attempts, look("DOCKER_MAX_RESTART_ATTEMPTS"), parse_count, default.attempts)?;
        let (window, window_from) =
            choose(flags.window, look("DOCKER_RESTART_WINDOW"), parse_duration, default.window)?;
        let (open, open_from) =
            choose(flags.open, look("DOCKER_RESTART_OPEN"), parse_duration, default.open)?;
        let (stable, stable_from) =
            choose(flags.stable, look("DOCKER_RESTART_STABLE"), parse_duration, default.stable)?;
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

/// Parses a whole number of at least 1; for clap: a value parser.
pub(crate) fn parse_count(text: &str) -> Result<usize, String> {
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
        let found = EffectiveLimits::resolve(&flags, variable).unwrap();
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
        let error = EffectiveLimits::resolve(&Flags::default(), variable).unwrap_err();
        assert!(error.to_string().contains("DOCKER_MAX_RESTART_ATTEMPTS"), "{error}");
    }

    #[test]
    fn defaults_as_documented() {
        let limits = Limits::default();
        assert_eq!(limits.cooldown_max(), Duration::from_mins(5));
        assert_eq!(limits.open_max(), Duration::from_mins(30));
        assert_eq!(limits.failures_expire_after(), Duration::from_mins(10));
    }
}
