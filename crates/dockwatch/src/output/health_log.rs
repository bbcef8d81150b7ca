//! The results of a container's health check as text.

use evenkeel_common::Timestamp;
use evenkeel_common::terminal::lines;

use crate::model::evidence::{HealthCheck, HealthLog};

/// The state, then each check that the engine keeps, oldest first.
pub(crate) fn text(log: &HealthLog) -> String {
    let mut text = format!("{}, failed {} times in a row\n", log.status, log.failing_streak);
    for check in &log.checks {
        text += &heading(check);
        text += &lines(&check.output);
    }
    text
}

fn heading(check: &HealthCheck) -> String {
    let time = |at: Option<Timestamp>| at.map_or_else(|| "?".to_owned(), |at| at.to_string());
    format!("\n{} to {}: exit code {}\n", time(check.started_at), time(check.ended_at), check.exit_code)
}
