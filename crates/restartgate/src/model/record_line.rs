//! A record as its line is read. serde reads a struct that is flattened into another one by way of a map, which takes four
//! times as long: noticeable with the thousands of records that a decision reads.

use evenkeel_common::{BootTimestamp, Timestamp};
use serde::Deserialize;

use super::record::{Action, DecisionRecord, Record, Service};

/// The keys of a line, all on one level.
#[derive(Debug, Deserialize)]
pub(super) struct RecordLine {
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
    fn what_later_versions_add_is_left_out_and_what_earlier_ones_lack_is_empty() {
        let line = r#"{"v":1,"action":"end","host":"h","name":"n","at":"2026-11-01T00:00:00Z","boot_ms":5,"pid":1,
            "user":"u","forced":false,"later":{"a":1}}"#;
        let read: Record = serde_json::from_str(line).unwrap();
        assert_eq!((read.service.project, read.decision, read.oom_killed), (None, None, false));
    }
}
