//! Whether a container is healthy: a pure judgement of what was seen of it.

use std::time::Duration;

/// How long a container without a health check must run unchanged to count as healthy. Compose calls it healthy at
/// once, also when it dies a second later.
pub const STEADY: Duration = Duration::from_secs(10);

/// What the engine says of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whole ID.
    pub id: String,
    /// Name without the slash.
    pub name: String,
    /// `running`, `exited`, `created`, `paused`, `restarting`, `removing`, `dead`.
    pub state: String,
    /// `starting`, `healthy`, `unhealthy`; `None` without a health check.
    pub health: Option<String>,
    /// When its process started, as the engine writes it.
    pub started_at: String,
    /// Time since then, on the engine's clock as near as we know it.
    pub running_for: Duration,
    /// Start period of its health check.
    pub start_period: Duration,
    /// Exit code of its last process.
    pub exit_code: i64,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// The engine's own error, such as a command that is not in the image.
    pub error: String,
    /// Memory limit in bytes; `None` without one.
    pub memory_limit: Option<u64>,
    /// Output of the last health check.
    pub last_check: Option<String>,
}

/// What is to be thought of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is up and well.
    Healthy,
    /// It may still become healthy by itself.
    Pending(String),
    /// It will not without help.
    Sick(String),
}

/// Judges a container.
pub fn judge(seen: &Seen) -> Verdict {
    match (seen.state.as_str(), seen.health.as_deref()) {
        ("running", Some("healthy")) => Verdict::Healthy,
        ("running", Some("starting")) => Verdict::Pending("its health check has not passed yet".into()),
        ("running", Some(_)) => Verdict::Sick("its health check fails".into()),
        ("running", None) if seen.running_for >= STEADY => Verdict::Healthy,
        ("running", None) => Verdict::Pending("it has no health check and runs for less than 10 s".into()),
        ("restarting", _) => Verdict::Pending("Docker is restarting it".into()),
        ("created", _) if seen.error.is_empty() => Verdict::Sick("it was never started".into()),
        ("exited" | "dead" | "created", _) => Verdict::Sick(death(seen)),
        (state, _) => Verdict::Sick(format!("it is {state}")),
    }
}

fn death(seen: &Seen) -> String {
    if seen.oom_killed {
        let limit =
            seen.memory_limit.map(|bytes| format!(" of {}", evenkeel_common::units::show_size(bytes)));
        return format!("it was killed at its memory limit{}", limit.unwrap_or_default());
    }
    let error = if seen.error.is_empty() { String::new() } else { format!(": {}", seen.error) };
    format!("it exited with code {}{error}", seen.exit_code)
}

/// A cause that no restart mends. `again`: the last restart was made for the same death at the memory limit.
pub fn hopeless(seen: &Seen, again: Again) -> Option<String> {
    let error = seen.error.to_lowercase();
    if seen.state == "running" {
        None
    } else if error.contains("no such image") || error.contains("manifest unknown") {
        Some(format!("its image is missing: {}", seen.error))
    } else if seen.exit_code == 127 || error.contains("executable file not found") {
        Some("its command does not exist in the image (exit code 127)".to_owned())
    } else if seen.oom_killed && again == Again::Killed {
        Some(format!("twice running {}", death(seen)))
    } else {
        None
    }
}

/// How the service died before its last restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// At its memory limit.
    Killed,
    /// In some other way, or not at all.
    Not,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(state: &str, health: Option<&str>, running_s: u64) -> Seen {
        Seen {
            state: state.into(),
            health: health.map(str::to_owned),
            running_for: Duration::from_secs(running_s),
            ..Seen::default()
        }
    }

    #[test]
    fn a_health_check_decides() {
        assert_eq!(judge(&seen("running", Some("healthy"), 0)), Verdict::Healthy);
        assert!(matches!(judge(&seen("running", Some("starting"), 99)), Verdict::Pending(_)));
        assert!(matches!(judge(&seen("running", Some("unhealthy"), 99)), Verdict::Sick(_)));
    }

    #[test]
    fn without_one_it_must_run_for_ten_seconds() {
        assert!(matches!(judge(&seen("running", None, 9)), Verdict::Pending(_)));
        assert_eq!(judge(&seen("running", None, 10)), Verdict::Healthy);
    }

    #[test]
    fn what_does_not_run_is_sick() {
        for state in ["exited", "dead", "created", "paused", "removing"] {
            assert!(matches!(judge(&seen(state, Some("healthy"), 99)), Verdict::Sick(_)), "{state}");
        }
        let killed = Seen { oom_killed: true, memory_limit: Some(64 << 20), ..seen("exited", None, 0) };
        assert_eq!(judge(&killed), Verdict::Sick("it was killed at its memory limit of 64.0 MiB".into()));
        let absent = Seen { exit_code: 127, ..seen("exited", None, 0) };
        assert!(hopeless(&absent, Again::Not).is_some());
    }

    #[test]
    fn causes_that_no_restart_mends() {
        let dead =
            |exit_code, error: &str| Seen { exit_code, error: error.into(), ..seen("exited", None, 0) };
        assert_eq!(hopeless(&dead(1, ""), Again::Killed), None);
        assert!(
            hopeless(&dead(0, "No such image: shop:1"), Again::Not).is_some_and(|c| c.contains("shop:1"))
        );
        let killed = Seen { oom_killed: true, memory_limit: Some(8 << 20), ..seen("exited", None, 0) };
        assert_eq!(hopeless(&killed, Again::Not), None);
        let cause = "twice running it was killed at its memory limit of 8.0 MiB";
        assert_eq!(hopeless(&killed, Again::Killed).as_deref(), Some(cause));
        assert_eq!(hopeless(&Seen { exit_code: 127, ..seen("running", None, 0) }, Again::Not), None);
    }
}
