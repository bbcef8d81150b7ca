//! `restartgate.report/1`: what came of a restart or a check, also as text.

use std::time::Duration;

use evenkeel_common::terminal::{lines, one_line};
use evenkeel_common::{Exit, Timestamp, VERSION, now};
use serde::Serialize;

use super::place_json::PlaceJson;
use crate::decide::breaker_state::ServiceState;
use crate::model::container::{ContainerStatus, State};
use crate::model::limits::{EffectiveLimits, Source};
use crate::model::record::{BreakerName, Rule, Service};

/// What came of a restart or a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It was restarted and is healthy.
    Restarted,
    /// It was healthy before.
    Skipped,
    /// It became healthy by itself.
    Waited,
    /// Another process restarted it meanwhile.
    Coalesced,
    /// `check`: a restart would be allowed.
    Allowed,
    /// The gate refused the restart.
    Refused,
    /// It was restarted and is not healthy.
    Failed,
}

impl Verdict {
    const fn text(self) -> &'static str {
        match self {
            Self::Restarted => "restarted",
            Self::Skipped => "not restarted",
            Self::Waited => "not restarted, waited",
            Self::Coalesced => "not restarted, done by another",
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServiceJson {
    host: String,
    project: Option<String>,
    name: String,
}

impl ServiceJson {
    /// For people: `project/service`, or the container's name.
    pub(crate) fn shown(&self) -> String {
        match &self.project {
            Some(project) => format!("{project}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl From<&Service> for ServiceJson {
    fn from(service: &Service) -> Self {
        Self { host: service.host.clone(), project: service.project.clone(), name: service.name.clone() }
    }
}

/// What explains why a container is not healthy.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EvidenceJson {
    state: State,
    exit_code: i64,
    oom_killed: bool,
    memory_limit_bytes: Option<u64>,
    /// Output of the last health check.
    last_check: Option<String>,
    /// Its exit code.
    last_check_exit_code: Option<i64>,
    /// Last lines of the log.
    log: Vec<String>,
}

impl EvidenceJson {
    pub(crate) fn new(container: &ContainerStatus, log: Vec<String>) -> Self {
        Self {
            state: container.state,
            exit_code: container.exit_code,
            oom_killed: container.oom_killed,
            memory_limit_bytes: container.memory_limit,
            last_check: container.last_check.clone(),
            last_check_exit_code: container.last_check_exit_code,
            log,
        }
    }

    /// The evidence as indented lines.
    pub(crate) fn text(&self) -> String {
        let killed = if self.oom_killed { ", killed for memory" } else { "" };
        let mut text = format!("  state {}, exit code {}{killed}\n", self.state.name(), self.exit_code);
        if let Some(check) = &self.last_check {
            let code = self.last_check_exit_code.map_or_else(String::new, |code| format!("exit {code}: "));
            text.push_str(&format!("  last health check: {code}{}\n", one_line(check)));
        }
        for line in lines(&self.log.join("\n")).lines() {
            text.push_str(&format!("  | {line}\n"));
        }
        text
    }
}

/// `restartgate.report/1`
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReportJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    pub(crate) verdict: Verdict,
    service: ServiceJson,
    pub(crate) reason: String,
    /// When another try makes sense.
    pub(crate) retry_after_s: Option<u64>,
    /// The rule that decided; `null` where none was asked.
    pub(crate) rule: Option<Rule>,
    attempts_used: usize,
    attempts_limit: usize,
    window_s: u64,
    pub(crate) breaker: BreakerName,
    cooldown_left_s: u64,
    limits: LimitsJson,
    /// Time that the call took.
    pub(crate) took_ms: u64,
    pub(crate) evidence: Option<EvidenceJson>,
    #[serde(flatten)]
    place: PlaceJson,
    /// Whether this request has tripped the breaker.
    #[serde(skip)]
    pub(crate) trips_now: bool,
    /// How the tool ends.
    #[serde(skip)]
    pub(crate) exit: Exit,
}

/// The limits that the gate decided by, each with where it comes from.
#[derive(Clone, Debug, Serialize)]
struct LimitsJson {
    cooldown_s: u64,
    cooldown_from: Source,
    attempts: usize,
    attempts_from: Source,
    window_s: u64,
    window_from: Source,
    open_s: u64,
    open_from: Source,
    stable_s: u64,
    stable_from: Source,
    per_minute: usize,
    per_minute_from: Source,
}

impl From<&EffectiveLimits> for LimitsJson {
    fn from(EffectiveLimits { limits, sources }: &EffectiveLimits) -> Self {
        Self {
            cooldown_s: whole_seconds(limits.cooldown),
            cooldown_from: sources.cooldown,
            attempts: limits.attempts,
            attempts_from: sources.attempts,
            window_s: whole_seconds(limits.window),
            window_from: sources.window,
            open_s: whole_seconds(limits.open),
            open_from: sources.open,
            stable_s: whole_seconds(limits.stable),
            stable_from: sources.stable,
            per_minute: limits.machine_per_minute,
            per_minute_from: sources.machine,
        }
    }
}

impl ReportJson {
    /// A report about a service in this state. The exit code of a refusal is set where its rule is known.
    pub(crate) fn new(
        service: &Service,
        state: &ServiceState,
        effective: &EffectiveLimits,
        verdict: Verdict,
        reason: String,
        place: PlaceJson,
    ) -> Self {
        Self {
            schema: "restartgate.report/1",
            tool_version: VERSION,
            at: now(),
            verdict,
            service: service.into(),
            reason,
            retry_after_s: None,
            rule: None,
            attempts_used: state.attempts_used,
            attempts_limit: effective.limits.attempts,
            window_s: whole_seconds(effective.limits.window),
            breaker: state.breaker.name(),
            cooldown_left_s: whole_seconds(state.cooldown_left),
            limits: effective.into(),
            took_ms: 0,
            evidence: None,
            place,
            trips_now: false,
            exit: if verdict == Verdict::Failed { Exit::No } else { Exit::Done },
        }
    }

    /// The report for people, and where the records are.
    pub(crate) fn text(&self) -> String {
        format!("{}  {}", self.lines(), self.place.text())
    }

    /// The report for people: one line, and the evidence below it.
    pub(crate) fn lines(&self) -> String {
        let mut line = format!("{}: {}: {}", self.service.shown(), self.verdict.text(), self.reason);
        if let Some(seconds) = self.retry_after_s {
            line.push_str(&format!("; try again in {seconds} s"));
        }
        let evidence = self.evidence.as_ref().map(EvidenceJson::text).unwrap_or_default();
        format!("{}\n{evidence}", one_line(&line))
    }
}

/// Whole seconds, rounded up: whoever waits that long is not refused again.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use evenkeel_common::state::StateDir;
    use evenkeel_common::state::shared::Sharing;

    use super::*;
    use crate::decide::breaker_state::replay;

    fn report(reason: &str) -> ReportJson {
        let mut effective = EffectiveLimits::default();
        effective.limits.window = Duration::from_millis(1500);
        let service = Service { host: "unix:///d".into(), project: None, name: "web".into() };
        let state = replay(&[], &effective.limits);
        let dir = StateDir { path: "/s/restarts".into(), sharing: Sharing::AllUsers };
        ReportJson::new(&service, &state, &effective, Verdict::Failed, reason.to_owned(), (&dir).into())
    }

    #[test]
    fn a_window_is_rounded_alike_wherever_it_is_shown() {
        let report = report("");
        assert_eq!((report.window_s, report.limits.window_s), (2, 2));
    }

    #[test]
    fn what_a_container_prints_cannot_reach_the_terminal_as_it_is() {
        let mut report = report("it exited\x1b[2J");
        let container =
            ContainerStatus { last_check: Some("a\r\nb\x07".into()), ..ContainerStatus::default() };
        report.evidence =
            Some(EvidenceJson::new(&container, vec!["\x1b[31mred".into(), "\tindented".into()]));
        assert_eq!(
            report.text(),
            "web: failed: it exited [2J\n  state unknown, exit code 0\n  last health check: a b\n  |  [31mred\n  | \tindented\n  records in /s/restarts, shared by all users\n"
        );
    }
}
