//! What the tools have recorded: the histories of envlock and restartgate.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::docker::lines;
use crate::facts::{GateLine, Hold, Interval, Millis};
use crate::sides::Tools;

/// More than a week has.
const ALL: &str = "100000";

/// The holds of all locks, with the run that each was for.
pub(crate) fn holds(tools: &Tools) -> io::Result<Vec<Hold>> {
    let mut found = Vec::new();
    for lock in array(&query(tools, "envlock", &["status", "--json"])?["locks"]) {
        let name = lock["name"].as_str().unwrap_or_default();
        let history = query(tools, "envlock", &["history", name, "--last", ALL, "--json"])?;
        found.extend(array(&history["last"]).iter().filter_map(|record| hold(name, record)));
    }
    Ok(found)
}

fn hold(lock: &str, record: &Value) -> Option<Hold> {
    let to = millis(&record["at"])?;
    Some(Hold {
        lock: lock.to_owned(),
        run: run_of(record["purpose"].as_str()?)?.to_owned(),
        held: Interval { from: to - record["held_ms"].as_i64().unwrap_or(0), to },
        waited_ms: record["waited_ms"].as_i64().unwrap_or(0),
        end: record["end"].as_str().unwrap_or("unknown").to_owned(),
        code: record["exit_code"].as_i64(),
    })
}

/// The word of a purpose that is a run's ID.
fn run_of(purpose: &str) -> Option<&str> {
    purpose.split_whitespace().find(|word| {
        word.strip_prefix("run")
            .is_some_and(|rest| rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The restarts that restartgate has let through.
pub(crate) fn gate(tools: &Tools) -> io::Result<Vec<GateLine>> {
    let history = query(tools, "restartgate", &["history", "--last", ALL, "--json"])?;
    Ok(array(&history["records"])
        .iter()
        .filter(|record| record["action"] == "begin")
        .filter_map(|record| {
            let service =
                format!("{}/{}", record["service"]["project"].as_str()?, record["service"]["name"].as_str()?);
            Some(GateLine { at: millis(&record["at"])?, service })
        })
        .collect())
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn millis(value: &Value) -> Option<Millis> {
    let at: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}

/// Exit codes other than 0 are verdicts.
fn query(tools: &Tools, program: &str, args: &[&str]) -> io::Result<Value> {
    let said = lines(tools.command(Path::new(program)).args(args))?;
    serde_json::from_str(&said.join("\n")).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_names_its_run() {
        assert_eq!(run_of("evenkeel: /x/week-test shop run0012 4 passes"), Some("run0012"));
        assert_eq!(run_of("evenkeel: make runner run"), None);
    }

    #[test]
    fn a_hold_ends_where_it_was_recorded() {
        let record = serde_json::json!({
            "at": "1970-01-01T00:00:10Z", "end": "done", "purpose": "evenkeel: t shop run0001 1 passes",
            "waited_ms": 20, "held_ms": 4000, "exit_code": 1
        });
        let hold = hold("week-shop", &record).expect("a hold");
        assert_eq!((hold.held.from, hold.held.to, hold.code), (6000, 10_000, Some(1)));
    }
}
