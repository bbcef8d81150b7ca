//! What is said: wire structs and words.

use evenkeel_common::{Exit, Timestamp, VERSION};
use serde::Serialize;

use crate::gate::Rule;
use crate::history::{Action, Record, Service};
use crate::limits::{InForce, Limits, Source};
use crate::standing::{Breaker, Standing};

/// What came of a restart or a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Restarted, and healthy.
    Restarted,
    /// Healthy before.
    Skipped,
    /// It became healthy by itself.
    Waited,
    /// Somebody else restarted it meanwhile.
    Coalesced,
    /// `check`: a restart would pass.
    Allowed,
    /// The gate is closed.
    Refused,
    /// Restarted, and not healthy.
    Failed,
}

/// A service on the wire.
#[derive(Clone, Debug, Serialize)]
pub struct WireService {
    host: String,
    project: Option<String>,
    name: String,
}

impl From<&Service> for WireService {
    fn from(service: &Service) -> Self {
        Self { host: service.host.clone(), project: service.project.clone(), name: service.name.clone() }
    }
}

/// What was seen of a container that is not healthy.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// `running`, `exited`, …
    pub state: String,
    /// Exit code of its last process.
    pub exit_code: i64,
    /// Killed for memory.
    pub oom_killed: bool,
    /// Its memory limit.
    pub memory_limit_bytes: Option<u64>,
    /// Output of its last health check.
    pub last_check: Option<String>,
    /// Last lines of its log.
    pub log: Vec<String>,
}

/// `restartgate.report/1`
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    /// What came of it.
    pub verdict: Verdict,
    service: WireService,
    /// Why.
    pub reason: String,
    /// When another try makes sense.
    pub retry_after_s: Option<u64>,
    /// Which rule decided; `null` where none was asked.
    pub rule: Option<Rule>,
    attempts_used: usize,
    attempts_limit: usize,
    window_s: u64,
    /// The breaker in one word.
    pub breaker: String,
    cooldown_left_s: u64,
    limits: LimitsWire,
    /// Time the call took.
    pub took_ms: u64,
    /// What was seen of a service that is not healthy.
    pub evidence: Option<Evidence>,
    /// How the tool ends.
    #[serde(skip)]
    pub exit: Exit,
}

/// The limits in force, each with where it came from.
#[derive(Clone, Debug, Serialize)]
pub struct LimitsWire {
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

impl From<&InForce> for LimitsWire {
    fn from(InForce { limits, sources }: &InForce) -> Self {
        Self {
            cooldown_s: seconds_up(limits.cooldown),
            cooldown_from: sources.cooldown,
            attempts: limits.attempts,
            attempts_from: sources.attempts,
            window_s: seconds_up(limits.window),
            window_from: sources.window,
            open_s: seconds_up(limits.open),
            open_from: sources.open,
            stable_s: seconds_up(limits.stable),
            stable_from: sources.stable,
            per_minute: limits.machine_per_minute,
            per_minute_from: sources.machine,
        }
    }
}

impl LimitsWire {
    /// One line for people.
    pub fn words(&self) -> String {
        let from = |source: Source| match source {
            Source::Flag => "flag",
            Source::Variable => "variable",
            Source::Default => "default",
        };
        format!(
            "cooldown {} s ({}), {} attempts ({}) in {} s ({}), open {} s ({}), stable {} s ({}), {} a minute ({})",
            self.cooldown_s,
            from(self.cooldown_from),
            self.attempts,
            from(self.attempts_from),
            self.window_s,
            from(self.window_from),
            self.open_s,
            from(self.open_from),
            self.stable_s,
            from(self.stable_from),
            self.per_minute,
            from(self.per_minute_from),
        )
    }
}

impl Report {
    /// A report about where a service stands. A refusal's exit code is set by whoever knows the rule.
    pub fn new(
        service: &Service,
        standing: &Standing,
        in_force: &InForce,
        verdict: Verdict,
        reason: String,
    ) -> Self {
        let limits = &in_force.limits;
        Self {
            schema: "restartgate.report/1",
            tool_version: VERSION,
            at: evenkeel_common::now(),
            verdict,
            service: service.into(),
            reason,
            retry_after_s: None,
            rule: None,
            attempts_used: standing.attempts_used,
            attempts_limit: limits.attempts,
            window_s: limits.window.as_secs(),
            breaker: breaker_word(&standing.breaker).to_owned(),
            cooldown_left_s: seconds_up(standing.cooldown_left),
            limits: in_force.into(),
            took_ms: 0,
            evidence: None,
            exit: if verdict == Verdict::Failed { Exit::No } else { Exit::Done },
        }
    }

    /// For people.
    pub fn words(&self) -> String {
        let verdict = match self.verdict {
            Verdict::Restarted => "restarted",
            Verdict::Skipped => "not restarted",
            Verdict::Waited => "not restarted, waited",
            Verdict::Coalesced => "not restarted, done by another",
            Verdict::Allowed => "allowed",
            Verdict::Refused => "refused",
            Verdict::Failed => "failed",
        };
        let name = match &self.service.project {
            Some(project) => format!("{project}/{}", self.service.name),
            None => self.service.name.clone(),
        };
        let mut text = format!("{name}: {verdict}: {}", self.reason);
        if let Some(seconds) = self.retry_after_s {
            text.push_str(&format!("; try again in {seconds} s"));
        }
        text.push('\n');
        if let Some(evidence) = &self.evidence {
            text.push_str(&evidence.words());
        }
        text
    }
}

impl Evidence {
    fn words(&self) -> String {
        let mut text = format!("  state {}, exit code {}", self.state, self.exit_code);
        if self.oom_killed {
            text.push_str(", killed for memory");
        }
        text.push('\n');
        if let Some(check) = &self.last_check {
            text.push_str(&format!("  last health check: {check}\n"));
        }
        for line in &self.log {
            text.push_str(&format!("  | {line}\n"));
        }
        text
    }
}

/// The breaker in one word.
pub fn breaker_word(breaker: &Breaker) -> &'static str {
    match breaker {
        Breaker::Closed => "closed",
        Breaker::Open { .. } => "open",
        Breaker::HalfOpen => "half_open",
        Breaker::Proving { .. } => "proving",
    }
}

/// Whole seconds, rounded up: whoever waits that long is not refused again.
pub fn seconds_up(duration: std::time::Duration) -> u64 {
    duration.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// One service of `restartgate status`.
#[derive(Clone, Debug, Serialize)]
pub struct StatusRow {
    service: WireService,
    attempts_used: usize,
    attempts_limit: usize,
    cooldown_left_s: u64,
    breaker: &'static str,
    breaker_left_s: u64,
    failures: u32,
    last_action: Action,
    last_at: Timestamp,
    last_reason: Option<String>,
}

impl StatusRow {
    /// A row about where a service stands, and the last thing that happened to it.
    pub fn new(service: &Service, standing: &Standing, limits: &Limits, last: &Record) -> Self {
        let left = match standing.breaker {
            Breaker::Open { left, .. } | Breaker::Proving { left } => left,
            Breaker::Closed | Breaker::HalfOpen => std::time::Duration::ZERO,
        };
        Self {
            service: service.into(),
            attempts_used: standing.attempts_used,
            attempts_limit: limits.attempts,
            cooldown_left_s: seconds_up(standing.cooldown_left),
            breaker: breaker_word(&standing.breaker),
            breaker_left_s: seconds_up(left),
            failures: standing.failures,
            last_action: last.action,
            last_at: last.moment.at,
            last_reason: last.reason.clone(),
        }
    }
}

/// `restartgate.status/1`
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    skipped_lines: usize,
    services: Vec<StatusRow>,
}

impl Status {
    /// All services.
    pub fn new(services: Vec<StatusRow>, skipped_lines: usize) -> Self {
        let calm = services.iter().all(|row| row.breaker == "closed");
        let verdict = if calm { "all_closed" } else { "some_open" };
        Self {
            schema: "restartgate.status/1",
            tool_version: VERSION,
            at: evenkeel_common::now(),
            verdict,
            skipped_lines,
            services,
        }
    }

    /// A table for people.
    pub fn words(&self) -> String {
        if self.services.is_empty() {
            return "no restart was asked for yet\n".into();
        }
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(["SERVICE", "ATTEMPTS", "COOLDOWN", "BREAKER", "LAST", "REASON"]);
        for row in &self.services {
            let project = row.service.project.as_ref().map(|p| format!("{p}/")).unwrap_or_default();
            let breaker = if row.breaker_left_s > 0 {
                format!("{} {} s", row.breaker, row.breaker_left_s)
            } else {
                row.breaker.into()
            };
            table.add_row([
                format!("{project}{}", row.service.name),
                format!("{}/{}", row.attempts_used, row.attempts_limit),
                format!("{} s", row.cooldown_left_s),
                breaker,
                format!("{:?}", row.last_action).to_lowercase(),
                row.last_reason.clone().unwrap_or_default(),
            ]);
        }
        format!("{}\n", table.trim_fmt())
    }
}

/// One service of `restartgate wait`.
#[derive(Clone, Debug, Serialize)]
pub struct WaitRow {
    /// `project/service`, or the container's name.
    pub name: String,
    /// `healthy`, `pending` or `sick`.
    pub verdict: &'static str,
    /// Why; `null` when healthy.
    pub reason: Option<String>,
    /// What was seen of it; `null` when healthy.
    pub evidence: Option<Evidence>,
}

/// `restartgate.wait/1`
#[derive(Clone, Debug, Serialize)]
pub struct Waited {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    /// `healthy` or `not_healthy`.
    pub verdict: &'static str,
    took_ms: u64,
    services: Vec<WaitRow>,
}

impl Waited {
    /// The end of a wait.
    pub fn new(services: Vec<WaitRow>, took: std::time::Duration) -> Self {
        let healthy = services.iter().all(|row| row.verdict == "healthy");
        Self {
            schema: "restartgate.wait/1",
            tool_version: VERSION,
            at: evenkeel_common::now(),
            verdict: if healthy { "healthy" } else { "not_healthy" },
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            services,
        }
    }

    /// For people.
    pub fn words(&self) -> String {
        let mut text = String::new();
        for row in &self.services {
            let why = row.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            text.push_str(&format!("{}: {}{why}\n", row.name, row.verdict));
            if let Some(evidence) = &row.evidence {
                text.push_str(&evidence.words());
            }
        }
        text
    }
}
