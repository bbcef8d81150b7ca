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

/// [`Action::Begin`] in a line.
const BEGIN: &str = "begin";

/// What tells at a glance whether a decision needs a record, without a copy of its texts.
#[derive(Debug, PartialEq, Deserialize)]
struct Glance<'a> {
    action: &'a str,
    host: &'a str,
    project: Option<&'a str>,
    name: &'a str,
    at: &'a str,
    boot_id: Option<&'a str>,
    boot_ms: u64,
}

impl<'a> Glance<'a> {
    fn of(line: &'a str) -> Option<Self> {
        Self::of_the_beginning(line).or_else(|| serde_json::from_str(line).ok())
    }

    /// The same from the first fields of a line alone, as [`Record`] writes them: less than half of it, and of most lines
    /// that is all that is looked at. `None` where they are written in another way.
    fn of_the_beginning(line: &'a str) -> Option<Self> {
        let (action, rest) = text(line, r#"{"v":1,"action":""#)?;
        let (host, rest) = text(rest, r#","host":""#)?;
        let (project, rest) = text_or_null(rest, r#","project":"#)?;
        let (name, rest) = text(rest, r#","name":""#)?;
        let (at, rest) = text(rest, r#","at":""#)?;
        let (boot_id, rest) = text_or_null(rest, r#","boot_id":"#)?;
        let (boot_ms, _) = rest.strip_prefix(r#","boot_ms":"#)?.split_once(',')?;
        Some(Self { action, host, project, name, at, boot_id, boot_ms: boot_ms.parse().ok()? })
    }
}

/// The text after `before`, which ends with its opening quote, and what follows the text. `None` where it has escapes.
fn text<'a>(line: &'a str, before: &str) -> Option<(&'a str, &'a str)> {
    let (text, rest) = line.strip_prefix(before)?.split_once('"')?;
    (!text.contains('\\')).then_some((text, rest))
}

fn text_or_null<'a>(line: &'a str, before: &str) -> Option<(Option<&'a str>, &'a str)> {
    let rest = line.strip_prefix(before)?;
    match rest.strip_prefix("null") {
        Some(rest) => Some((None, rest)),
        None => text(rest, "\"").map(|(text, rest)| (Some(text), rest)),
    }
}

/// Whether a decision about a service may need the record of this line: it is about that service, or a restart of another
/// one that may count against the machine's budget. What cannot be read at a glance may matter.
pub(crate) fn may_matter(line: &str, service: &Service, now: &BootTimestamp) -> bool {
    let Some(glance) = Glance::of(line) else { return true };
    let known = (service.host.as_str(), service.project.as_deref(), service.name.as_str());
    if (glance.host, glance.project, glance.name) == known {
        return true;
    }
    if glance.action != BEGIN {
        return false;
    }
    let Ok(at) = glance.at.parse() else { return true };
    let boot_id = glance.boot_id.map(str::to_owned);
    BootTimestamp { at, boot_id, boot_ms: glance.boot_ms }.age_at(now) < MINUTE
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
    fn the_beginning_of_a_line_tells_the_same_as_all_of_it() {
        let boot = |boot_id| BootTimestamp { at: Timestamp::now(), boot_id, boot_ms: 5 };
        for project in [None, Some("shop"), Some("null")] {
            for (action, time) in [(Action::Begin, boot(None)), (Action::End, boot(Some("b".into())))] {
                let service =
                    Service { host: "h".into(), project: project.map(str::to_owned), name: "n, {".into() };
                let mut record = Record::new(action, &service);
                record.time = time;
                let line = serde_json::to_string(&record).unwrap();
                let glance = Glance::of_the_beginning(&line);
                assert!(glance.is_some(), "{line}");
                assert_eq!(glance, serde_json::from_str(&line).ok());
                let spaced = line.replace(",\"name\"", ", \"name\"");
                assert_eq!(Glance::of_the_beginning(&spaced), None);
                assert_eq!(Glance::of(&spaced), glance);
            }
        }
    }

    #[test]
    fn only_the_service_itself_and_restarts_of_the_last_minute_matter() {
        let service = |name: &str| Service { host: "h".into(), project: None, name: name.into() };
        let now = BootTimestamp { at: Timestamp::now(), boot_id: Some("b".into()), boot_ms: 100_000 };
        let line = |name: &str, action, age_ms: u64| {
            let mut record = Record::new(action, &service(name));
            record.time = BootTimestamp { boot_ms: now.boot_ms - age_ms, ..now.clone() };
            serde_json::to_string(&record).unwrap()
        };
        for (line, matters) in [
            (line("redis", Action::End, 99_000), true),
            (line("redis", Action::Reset, 99_000), true),
            (line("other", Action::Begin, 59_999), true),
            (line("other", Action::Begin, 60_000), false),
            (line("other", Action::End, 1), false),
            // Not to be read without a copy, so it is read as a whole.
            (line("quo\"te", Action::End, 1), true),
            ("{\"torn\":".to_owned(), true),
        ] {
            assert_eq!(may_matter(&line, &service("redis"), &now), matters, "{line}");
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
