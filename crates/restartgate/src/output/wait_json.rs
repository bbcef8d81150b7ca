//! `restartgate.wait/1`: how the wait for services ended, also as text.

use std::time::Duration;

use evenkeel_common::terminal::one_line;
use evenkeel_common::{Exit, Timestamp, VERSION, now};
use serde::Serialize;

use super::report_json::EvidenceJson;
use crate::decide::readiness::ReadyBy;

/// The health of one service at the end of a wait.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WaitRowJson {
    /// `project/service`, or the container's name.
    pub(crate) name: String,
    pub(crate) verdict: ServiceVerdict,
    /// `null` when it is healthy.
    pub(crate) reason: Option<String>,
    /// `null` when it is healthy, or when another service has failed.
    pub(crate) evidence: Option<EvidenceJson>,
    /// What shows that it is ready; `null` when it is not.
    pub(crate) ready_by: Option<ReadyBy>,
    /// When it was seen to be ready, after the start of the call.
    pub(crate) ready_ms: Option<u64>,
    /// CPU limit that was set after readiness, in billionths of a CPU.
    pub(crate) nano_cpus: Option<i64>,
}

impl WaitRowJson {
    fn text(&self) -> &'static str {
        match (self.verdict, self.ready_by) {
            (ServiceVerdict::Healthy, Some(ReadyBy::Completed)) => "completed",
            (ServiceVerdict::Healthy, _) => "healthy",
            (ServiceVerdict::Pending, _) => "pending",
            (ServiceVerdict::Unhealthy, _) => "unhealthy",
        }
    }
}

/// The health of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServiceVerdict {
    Healthy,
    Pending,
    #[serde(rename = "sick")]
    Unhealthy,
}

/// Whether all services are healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Healthy,
    NotHealthy,
}

/// `restartgate.wait/1`
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WaitJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    took_ms: u64,
    services: Vec<WaitRowJson>,
}

impl WaitJson {
    pub(crate) fn new(services: Vec<WaitRowJson>, took: Duration) -> Self {
        let healthy = services.iter().all(|row| row.verdict == ServiceVerdict::Healthy);
        Self {
            schema: "restartgate.wait/1",
            tool_version: VERSION,
            at: now(),
            verdict: if healthy { Verdict::Healthy } else { Verdict::NotHealthy },
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            services,
        }
    }

    /// 1 where a service has failed, 75 where only the time is over.
    pub(crate) fn exit(&self) -> Exit {
        let has_failed = self.services.iter().any(|row| row.verdict == ServiceVerdict::Unhealthy);
        match self.verdict {
            Verdict::Healthy => Exit::Done,
            Verdict::NotHealthy if has_failed => Exit::No,
            Verdict::NotHealthy => Exit::Busy,
        }
    }

    /// A line for each service, with the evidence below it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.services {
            let reason = row.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            text.push_str(&one_line(&format!("{}: {}{reason}", row.name, row.text())));
            text.push('\n');
            text.push_str(&row.evidence.as_ref().map(EvidenceJson::text).unwrap_or_default());
        }
        text
    }
}
