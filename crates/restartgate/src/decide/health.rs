//! Whether a container is healthy, and whether a restart can help it.

use std::time::Duration;

use evenkeel_common::units::{show_duration, show_size};

use crate::model::container::{ContainerStatus, HealthCheck, State};

/// How long a container without a health check must run unchanged to count as healthy. Compose calls it healthy at
/// once, also when it dies a second later.
pub(crate) const SETTLE_TIME: Duration = Duration::from_secs(10);

/// The health of one container, or of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Healthy,
    /// It may still become healthy by itself, for this reason: it is starting, or Docker restarts it.
    Pending(String),
    /// It stays unhealthy unless it is restarted, for this reason.
    Unhealthy(String),
    /// Not looked at: a command is behind the gate.
    Unknown,
}

/// The health of a service: that of its worst container.
pub(crate) fn of_service(containers: &[ContainerStatus], settle: Duration) -> Health {
    let mut pending = None;
    for container in containers {
        match of_container(container, settle) {
            Health::Healthy => {}
            Health::Pending(reason) => pending = Some(reason),
            other => return other,
        }
    }
    pending.map_or(Health::Healthy, Health::Pending)
}

/// How long a container without a health check must run, where a service has `health_timeout` to become healthy: a
/// longer time could never pass within it.
pub(crate) fn settle_time(health_timeout: Duration) -> Duration {
    SETTLE_TIME.min(health_timeout / 2)
}

/// The health of one container. Without a health check it must have been running for `settle`.
pub(crate) fn of_container(container: &ContainerStatus, settle: Duration) -> Health {
    let unhealthy = |reason: &str| Health::Unhealthy(reason.to_owned());
    match (container.state, container.health) {
        (State::Running, Some(HealthCheck::Healthy)) => Health::Healthy,
        (State::Running, Some(HealthCheck::Starting)) => {
            Health::Pending("its health check has not passed yet".into())
        }
        (State::Running, Some(HealthCheck::Unhealthy)) => unhealthy("its health check fails"),
        (State::Running, None) if container.running_for >= settle => Health::Healthy,
        (State::Running, None) => Health::Pending(format!(
            "it has no health check and has been running for less than {}",
            show_duration(settle)
        )),
        (State::Restarting, _) => Health::Pending("Docker is restarting it".into()),
        (State::Created, _) if container.error.is_empty() => unhealthy("it was never started"),
        (State::Exited | State::Dead | State::Created, _) => Health::Unhealthy(cause_of_death(container)),
        (state, _) => Health::Unhealthy(format!("it is {}", state.name())),
    }
}

fn cause_of_death(container: &ContainerStatus) -> String {
    if container.oom_killed {
        let limit = container.memory_limit.map(|bytes| format!(" of {}", show_size(bytes)));
        return format!("it was killed at its memory limit{}", limit.unwrap_or_default());
    }
    let error = if container.error.is_empty() { String::new() } else { format!(": {}", container.error) };
    format!("it exited with code {}{error}", container.exit_code)
}

/// A cause that no restart can remove, if there is one.
pub(crate) fn unrecoverable(container: &ContainerStatus, previous: PreviousOom) -> Option<String> {
    let error = container.error.to_lowercase();
    if container.state == State::Running {
        None
    } else if error.contains("no such image") || error.contains("manifest unknown") {
        Some(format!("its image is missing: {}", container.error))
    } else if container.exit_code == 127 || error.contains("executable file not found") {
        Some("its command does not exist in the image (exit code 127)".to_owned())
    } else if container.oom_killed && previous == PreviousOom::Killed {
        Some(format!("twice running {}", cause_of_death(container)))
    } else {
        None
    }
}

/// Whether the last restart of the service was made because it had been killed at its memory limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PreviousOom {
    Killed,
    NotKilled,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(container: &ContainerStatus) -> Health {
        of_container(container, SETTLE_TIME)
    }

    fn status(state: State, health: Option<HealthCheck>, running_s: u64) -> ContainerStatus {
        ContainerStatus {
            state,
            health,
            running_for: Duration::from_secs(running_s),
            ..ContainerStatus::default()
        }
    }

    #[test]
    fn a_health_check_decides() {
        assert_eq!(judge(&status(State::Running, Some(HealthCheck::Healthy), 0)), Health::Healthy);
        assert!(matches!(
            judge(&status(State::Running, Some(HealthCheck::Starting), 99)),
            Health::Pending(_)
        ));
        assert!(matches!(
            judge(&status(State::Running, Some(HealthCheck::Unhealthy), 99)),
            Health::Unhealthy(_)
        ));
    }

    #[test]
    fn without_one_it_must_run_for_ten_seconds() {
        assert!(matches!(judge(&status(State::Running, None, 9)), Health::Pending(_)));
        assert_eq!(judge(&status(State::Running, None, 10)), Health::Healthy);
    }

    #[test]
    fn a_short_health_timeout_leaves_time_to_settle_within_it() {
        assert_eq!(settle_time(Duration::from_mins(1)), SETTLE_TIME);
        let settle = settle_time(Duration::from_secs(4));
        assert_eq!(settle, Duration::from_secs(2));
        assert_eq!(of_container(&status(State::Running, None, 2), settle), Health::Healthy);
        assert!(matches!(of_container(&status(State::Running, None, 1), settle), Health::Pending(_)));
    }

    #[test]
    fn what_is_not_running_is_unhealthy() {
        for state in
            [State::Exited, State::Dead, State::Created, State::Paused, State::Removing, State::Removed]
        {
            assert!(
                matches!(judge(&status(state, Some(HealthCheck::Healthy), 99)), Health::Unhealthy(_)),
                "{state:?}"
            );
        }
        let killed = ContainerStatus {
            oom_killed: true,
            memory_limit: Some(64 << 20),
            ..status(State::Exited, None, 0)
        };
        assert_eq!(judge(&killed), Health::Unhealthy("it was killed at its memory limit of 64.0 MiB".into()));
        let absent = ContainerStatus { exit_code: 127, ..status(State::Exited, None, 0) };
        assert!(unrecoverable(&absent, PreviousOom::NotKilled).is_some());
    }

    #[test]
    fn causes_that_no_restart_can_remove() {
        let dead = |exit_code, error: &str| ContainerStatus {
            exit_code,
            error: error.into(),
            ..status(State::Exited, None, 0)
        };
        assert_eq!(unrecoverable(&dead(1, ""), PreviousOom::Killed), None);
        assert!(
            unrecoverable(&dead(0, "No such image: shop:1"), PreviousOom::NotKilled)
                .is_some_and(|c| c.contains("shop:1"))
        );
        let killed = ContainerStatus {
            oom_killed: true,
            memory_limit: Some(8 << 20),
            ..status(State::Exited, None, 0)
        };
        assert_eq!(unrecoverable(&killed, PreviousOom::NotKilled), None);
        let cause = "twice running it was killed at its memory limit of 8.0 MiB";
        assert_eq!(unrecoverable(&killed, PreviousOom::Killed).as_deref(), Some(cause));
        assert_eq!(
            unrecoverable(
                &ContainerStatus { exit_code: 127, ..status(State::Running, None, 0) },
                PreviousOom::NotKilled
            ),
            None
        );
    }
}
