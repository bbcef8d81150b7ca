//! What `envlock doctor` prints.

use std::time::Duration;

use evenkeel_common::{Timestamp, VERSION, now, terminal, units};
use serde::Serialize;

use crate::model::store_health::{Facts, Finding, Level, Member, Role, Trouble};

/// All that was found out.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The store's address.
    pub(crate) store: String,
    pub(crate) members: Vec<Member>,
    /// None where no member was reached.
    pub(crate) trial: Option<Result<Duration, Trouble>>,
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// The worst level.
    pub(crate) fn worst(&self) -> Option<Level> {
        self.findings.iter().map(|finding| finding.level).max()
    }
}

/// For people.
pub(crate) fn text(report: &Report) -> String {
    let mut text = format!("{}\n", report.store);
    for Member { endpoint, outcome } in &report.members {
        let said = match outcome {
            Ok(facts) => member_line(facts),
            Err(_) => "not usable".to_owned(),
        };
        text.push_str(&format!("  {endpoint}: {said}\n"));
    }
    text.push_str(&match &report.trial {
        Some(Ok(took)) => format!("lock and unlock: {}\n", millis(*took)),
        Some(Err(_)) => "lock and unlock: failed\n".to_owned(),
        None => "lock and unlock: not tried\n".to_owned(),
    });
    for Finding { level, about, trouble } in &report.findings {
        let level = if *level == Level::Failure { "failure" } else { "warning" };
        let line = terminal::one_line(&format!("{level}: {about}: {}", trouble.what));
        text.push_str(&format!("{line}\n  hint: {}\n", trouble.hint));
    }
    text
}

fn member_line(facts: &Facts) -> String {
    let role = if facts.role == Role::Alone { "no leader" } else { facts.role.word() };
    let latency = facts.latency.map(|latency| format!(", read in {}", millis(latency)));
    let clock = match facts.clock_ahead_ms {
        Some(0) => ", no clock difference seen".to_owned(),
        Some(ahead) => format!(", clock {ahead} ms ahead"),
        None => String::new(),
    };
    let quota = facts.quota.map(|quota| format!(" of {}", units::show_size(quota)));
    format!(
        "etcd {}, {role}{}{clock}, {}{}",
        terminal::one_line(&facts.version),
        latency.unwrap_or_default(),
        units::show_size(facts.size),
        quota.unwrap_or_default()
    )
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// `envlock.doctor/1`.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    store: String,
    members: Vec<MemberJson>,
    lock: LockJson,
    findings: Vec<FindingJson>,
}

#[derive(Debug, Serialize)]
struct MemberJson {
    endpoint: String,
    /// Null where the rest is known.
    error: Option<String>,
    version: Option<String>,
    role: Option<&'static str>,
    latency_ms: Option<f64>,
    clock_ahead_ms: Option<i64>,
    db_size_bytes: Option<u64>,
    quota_bytes: Option<u64>,
    alarms: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LockJson {
    verdict: &'static str,
    took_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    level: &'static str,
    about: String,
    what: String,
    hint: String,
}

impl DoctorJson {
    pub(crate) fn new(report: Report) -> Self {
        let verdict = match report.worst() {
            None => "ok",
            Some(Level::Warning) => "warnings",
            Some(Level::Failure) => "failed",
        };
        let (lock, took) = match &report.trial {
            Some(Ok(took)) => ("done", Some(*took)),
            Some(Err(_)) => ("failed", None),
            None => ("not_tried", None),
        };
        Self {
            schema: "envlock.doctor/1",
            tool_version: VERSION,
            at: now(),
            verdict,
            store: report.store,
            members: report.members.into_iter().map(MemberJson::new).collect(),
            lock: LockJson { verdict: lock, took_ms: took.map(tenths) },
            findings: report.findings.into_iter().map(FindingJson::new).collect(),
        }
    }
}

impl MemberJson {
    fn new(member: Member) -> Self {
        let (facts, error) = match member.outcome {
            Ok(facts) => (Some(facts), None),
            Err(trouble) => (None, Some(trouble.what)),
        };
        let known = facts.as_ref();
        Self {
            endpoint: member.endpoint,
            error,
            version: known.map(|facts| facts.version.clone()),
            role: known.map(|facts| facts.role.word()),
            latency_ms: known.and_then(|facts| facts.latency).map(tenths),
            clock_ahead_ms: known.and_then(|facts| facts.clock_ahead_ms),
            db_size_bytes: known.map(|facts| facts.size),
            quota_bytes: known.and_then(|facts| facts.quota),
            alarms: facts.map(|facts| facts.alarms).unwrap_or_default(),
        }
    }
}

impl FindingJson {
    fn new(finding: Finding) -> Self {
        let level = if finding.level == Level::Failure { "failure" } else { "warning" };
        let Trouble { what, hint } = finding.trouble;
        Self { level, about: finding.about, what, hint }
    }
}

/// Milliseconds with one decimal.
fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
