//! `restartgate.wait/1`: how the wait for services ended, also as text.

use std::time::Duration;

use evenkeel_common::terminal::one_line;
use evenkeel_common::{Timestamp, VERSION, now};
use serde::Serialize;

use super::report_json::EvidenceJson;

/// The health of one service at the end of a wait.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WaitRowJson {
    /// `project/service`, or the container's name.
    pub(crate) name: String,
    pub(crate) verdict: ServiceVerdict,
    /// `null` when it is healthy.
    pub(crate) reason: Option<String>,
    /// `null` when it is healthy.
    pub(crate) evidence: Option<EvidenceJson>,
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

impl ServiceVerdict {
    const fn text(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Pending => "pending",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// Whether all services are healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Healthy,
    NotHealthy,
}

/// `restartgate.wait/1`
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WaitJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    pub(crate) verdict: Verdict,
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

    /// A line for each service, with the evidence below it.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.services {
            let reason = row.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            text.push_str(&one_line(&format!("{}: {}{reason}", row.name, row.verdict.text())));
            text.push('\n');
            text.push_str(&row.evidence.as_ref().map(EvidenceJson::text).unwrap_or_default());
        }
        text
    }
}
