//! Watches containers until they are healthy, or stay unhealthy unless somebody acts.

use std::time::{Duration, Instant};

use evenkeel_common::Error;
use evenkeel_common::terminal::Progress;
use evenkeel_common::units::show_duration;

use crate::decide::health::{self, Health};
use crate::edges::engine::Docker;
use crate::model::container::ContainerStatus;
use crate::output::report_json::EvidenceJson;

/// How a watch ended.
pub(super) enum Watched {
    Healthy,
    NotHealthy { reason: String, status: Box<ContainerStatus> },
}

/// Time between two inspections of a container.
const INTERVAL: Duration = Duration::from_millis(200);
/// Lines of the log that are shown as evidence.
const LOG_LINES: usize = 20;

/// Watches until all are healthy, one is unhealthy, or the time is over, as a restart does: a container without a health
/// check must stay up.
pub(super) async fn watch(
    docker: &Docker,
    containers: &[String],
    timeout: Duration,
) -> Result<Watched, Error> {
    let (started, settle) = (Instant::now(), health::settle_time(timeout));
    let mut progress = Progress::new();
    loop {
        let mut pending = None;
        for status in statuses(docker, containers).await? {
            match health::of_container(&status, settle) {
                Health::Healthy | Health::Unknown => {}
                Health::Pending(reason) => pending = Some((reason, status)),
                Health::Unhealthy(reason) => {
                    return Ok(Watched::NotHealthy { reason, status: Box::new(status) });
                }
            }
        }
        let waited = started.elapsed();
        match pending {
            None => return Ok(Watched::Healthy),
            Some((reason, status)) if waited >= timeout => {
                let reason = format!("not healthy within {}: {reason}", show_duration(timeout));
                return Ok(Watched::NotHealthy { reason, status: Box::new(status) });
            }
            Some((reason, status)) => {
                progress.show(&format!("waiting for {}, {} s: {reason}", status.name, waited.as_secs()));
            }
        }
        tokio::time::sleep(INTERVAL.min(timeout.saturating_sub(waited))).await;
    }
}

/// The status of each container now.
pub(super) async fn statuses(docker: &Docker, containers: &[String]) -> Result<Vec<ContainerStatus>, Error> {
    let mut all = Vec::new();
    for id in containers {
        all.push(docker.status(id).await?);
    }
    Ok(all)
}

/// What explains why a container is not healthy.
pub(super) async fn evidence(docker: &Docker, status: &ContainerStatus) -> EvidenceJson {
    EvidenceJson::new(status, docker.last_lines(&status.id, LOG_LINES).await)
}
