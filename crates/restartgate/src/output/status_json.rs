//! `restartgate.status/1`: the state of every service, also as a table.

use std::time::Duration;

use evenkeel_common::table::Table;
use evenkeel_common::{Timestamp, VERSION, now};
use serde::Serialize;

use super::place_json::PlaceJson;
use super::queries_json::event_name;
use super::report_json::{ServiceJson, whole_seconds};
use crate::decide::breaker_state::{Breaker, ServiceState};
use crate::model::limits::Limits;
use crate::model::record::{Action, BreakerName, Record, Service};

/// The state of one service.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StatusRowJson {
    service: ServiceJson,
    attempts_used: usize,
    attempts_limit: usize,
    cooldown_left_s: u64,
    breaker: BreakerName,
    breaker_left_s: u64,
    failures: u32,
    last_action: Action,
    last_at: Timestamp,
    last_reason: Option<String>,
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    last_event: &'static str,
}

impl StatusRowJson {
    /// A row about a service in this state; `last` is its last record.
    pub(crate) fn new(service: &Service, state: &ServiceState, limits: &Limits, last: &Record) -> Self {
        let left = match state.breaker {
            Breaker::Open { left, .. } | Breaker::Proving { left } => left,
            Breaker::Closed | Breaker::HalfOpen => Duration::ZERO,
        };
        Self {
            service: service.into(),
            attempts_used: state.attempts_used,
            attempts_limit: limits.attempts,
            cooldown_left_s: whole_seconds(state.cooldown_left),
            breaker: state.breaker.name(),
            breaker_left_s: whole_seconds(left),
            failures: state.failures,
            last_action: last.action,
            last_at: last.time.at,
            last_reason: last.reason.clone(),
            name: service.shown(),
            last_event: event_name(last),
        }
    }

    fn cells(&self) -> [String; 6] {
        let breaker = match self.breaker_left_s {
            0 => self.breaker.name().to_owned(),
            left => format!("{} {left} s", self.breaker.name()),
        };
        [
            self.name.clone(),
            format!("{}/{}", self.attempts_used, self.attempts_limit),
            format!("{} s", self.cooldown_left_s),
            breaker,
            self.last_event.to_owned(),
            self.last_reason.clone().unwrap_or_default(),
        ]
    }
}

/// `restartgate.status/1`
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StatusJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: Verdict,
    skipped_lines: usize,
    services: Vec<StatusRowJson>,
    #[serde(flatten)]
    place: PlaceJson,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    AllClosed,
    SomeOpen,
}

impl StatusJson {
    pub(crate) fn new(services: Vec<StatusRowJson>, skipped_lines: usize, place: PlaceJson) -> Self {
        let all_closed = services.iter().all(|row| row.breaker == BreakerName::Closed);
        Self {
            schema: "restartgate.status/1",
            tool_version: VERSION,
            at: now(),
            verdict: if all_closed { Verdict::AllClosed } else { Verdict::SomeOpen },
            skipped_lines,
            services,
            place,
        }
    }

    /// The table for people.
    pub(crate) fn text(&self) -> String {
        if self.services.is_empty() {
            return format!("nothing is recorded yet\n{}", self.place.text());
        }
        let mut table = Table::new(["SERVICE", "ATTEMPTS", "COOLDOWN", "BREAKER", "LAST", "REASON"]);
        self.services.iter().for_each(|row| table.add_row(row.cells()));
        table.to_string() + self.place.text()
    }
}
