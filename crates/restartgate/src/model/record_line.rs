//! A record as its line is read. serde reads a struct that is flattened into another one by way of a map, which takes four
//! times as long: noticeable with the thousands of records that a decision reads.

use evenkeel_common::{BootTimestamp, Timestamp};
use serde::{Deserialize, Deserializer};

use super::limits::MINUTE;
use super::record::{Action, DecisionRecord, Record, Service};

/// The keys of a line, all on one level.
#[derive(Debug, Deserialize)]
struct RecordLine {
    v: u32,
    action: Action,
    host: String,
    project: Option<String>,
    name: String,
    at: Timestamp,
    boot_id: Option<String>,
    boot_ms: u64,
    attempt: Option<u64>,
    pid: u32,
    user: String,
    healthy: Option<bool>,
    took_ms: Option<u64>,
    reason: Option<String>,
    forced: bool,
    #[serde(default)]
    oom_killed: bool,
    #[serde(rename = "ruling")]
    decision: Option<DecisionRecord>,
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(line: D) -> Result<Self, D::Error> {
        RecordLine::deserialize(line).map(Self::from)
    }
}

impl From<RecordLine> for Record {
    fn from(line: RecordLine) -> Self {
        Self {
            v: line.v,
            action: line.action,
            service: Service { host: line.host, project: line.project, name: line.name },
            time: BootTimestamp { at: line.at, boot_id: line.boot_id, boot_ms: line.boot_ms },
            attempt: line.attempt,
            pid: line.pid,
            user: line.user,
            owner: 0,
            healthy: line.healthy,
            took_ms: line.took_ms,
            reason: line.reason,
            forced: line.forced,
            oom_killed: line.oom_killed,
            decision: line.decision,
        }
    }
}

/// What tells at a glance whether a decision needs a record, without a copy of its texts.
#[derive(Debug, Deserialize)]
struct Glance<'a> {
    action: Action,
    host: &'a str,
    project: Option<&'a str>,
    name: &'a str,
    at: Timestamp,
    boot_id: Option<&'a str>,
    boot_ms: u64,
}

/// Whether a decision about a service may need the record of this line: it is about that service, or a restart of another
/// one that may count against the machine's budget. What cannot be read at a glance may matter.
pub(crate) fn may_matter(line: &[u8], service: &Service, now: &BootTimestamp) -> bool {
    let Ok(glance) = serde_json::from_slice::<Glance<'_>>(line) else { return true };
    let known = (service.host.as_str(), service.project.as_deref(), service.name.as_str());
    if (glance.host, glance.project, glance.name) == known {
        return true;
    }
    let boot_id = glance.boot_id.map(str::to_owned);
    let time = BootTimestamp { at: glance.at, boot_id, boot_ms: glance.boot_ms };
    glance.action == Action::Begin && time.age_at(now) < MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::{BreakerName, Rule};

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let service =
            Service { host: "unix:///d".into(), project: Some("shop".into()), name: "redis".into() };
        let mut record = Record::new(Action::Begin, &service);
        (record.attempt, record.oom_killed, record.reason) = (Some(7), true, Some("why".into()));
        record.decision = Some(DecisionRecord {
            rule: Rule::Free,
            retry_after_s: None,
            attempts_used: 1,
            attempts_limit: 3,
            window_s: 300,
            cooldown_s: 30,
            cooldown_left_s: 0,
            failures: 0,
            breaker: BreakerName::Closed,
            trips: 0,
            machine_used: 2,
            machine_limit: 6,
        });
        let line = serde_json::to_string(&record).unwrap();
        let read: Record = serde_json::from_str(&line).unwrap();
        assert_eq!(format!("{read:?}"), format!("{record:?}"));
    }

    #[test]
    fn only_the_service_itself_and_restarts_of_the_last_minute_matter() {
        let service = |name: &str| Service { host: "h".into(), project: None, name: name.into() };
        let now = BootTimestamp { at: Timestamp::now(), boot_id: Some("b".into()), boot_ms: 100_000 };
        let line = |name: &str, action, age_ms: u64| {
            let mut record = Record::new(action, &service(name));
            record.time = BootTimestamp { boot_ms: now.boot_ms - age_ms, ..now.clone() };
            serde_json::to_vec(&record).unwrap()
        };
        for (line, matters) in [
            (line("redis", Action::End, 99_000), true),
            (line("redis", Action::Reset, 99_000), true),
            (line("other", Action::Begin, 59_999), true),
            (line("other", Action::Begin, 60_000), false),
            (line("other", Action::End, 1), false),
            // Not to be read without a copy, so it is read as a whole.
            (line("quo\"te", Action::End, 1), true),
            (b"{\"torn\":".to_vec(), true),
        ] {
            assert_eq!(
                may_matter(&line, &service("redis"), &now),
                matters,
                "{}",
                String::from_utf8_lossy(&line)
            );
        }
    }

    #[test]
    fn what_later_versions_add_is_left_out_and_what_earlier_ones_lack_is_empty() {
        let line = r#"{"v":1,"action":"end","host":"h","name":"n","at":"2026-11-01T00:00:00Z","boot_ms":5,"pid":1,
            "user":"u","forced":false,"later":{"a":1}}"#;
        let read: Record = serde_json::from_str(line).unwrap();
        assert_eq!((read.service.project, read.decision, read.oom_killed), (None, None, false));
    }
}
