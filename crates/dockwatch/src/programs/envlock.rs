//! Asks envlock who uses the locks of environments: those of this machine, and, where `ENVLOCK_VIA` names a store, those in
//! it as well.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use evenkeel_common::Timestamp;
use serde_json::Value;
use tokio::process::Command;

use crate::model::locks::Locks;

/// Longest wait for its answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The locks that are in use; unknown where envlock or the store does not answer in time.
pub(crate) async fn locks(program: &Path) -> Locks {
    let Some(mut used) = ask(Command::new(program).env("ENVLOCK_VIA", "local")).await else {
        return Locks::Unknown;
    };
    let uses_store = std::env::var_os("ENVLOCK_VIA").is_some_and(|via| !via.is_empty() && via != "local");
    if uses_store {
        let Some(in_store) = ask(&mut Command::new(program)).await else { return Locks::Unknown };
        used.extend(in_store);
    }
    Locks::Known(used)
}

async fn ask(command: &mut Command) -> Option<BTreeMap<String, String>> {
    command.args(["status", "--json"]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let answer = tokio::time::timeout(TIMEOUT, command.output()).await.ok()?.ok()?;
    parse(&serde_json::from_slice(&answer.stdout).ok()?)
}

/// The used locks in `envlock.status/1`.
fn parse(status: &Value) -> Option<BTreeMap<String, String>> {
    let used = |lock: &Value| Some((lock["name"].as_str()?.to_owned(), used_by(lock)?));
    Some(status["locks"].as_array()?.iter().filter_map(used).collect())
}

/// Who uses a lock; `None` where it is free.
fn used_by(lock: &Value) -> Option<String> {
    let holder = [&lock["holders"][0], &lock["outsiders"][0]].into_iter().find(|holder| holder.is_object());
    let Some(holder) = holder else { return kept(&lock["environment"]) };
    let user = holder["user"].as_str().unwrap_or("somebody");
    let words = holder["command"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let command = words.collect::<Vec<_>>().join(" ");
    let since = holder["entered_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let since = since.map_or_else(String::new, |at| format!(" since {at:.0}"));
    Some(format!("locked by {user} ({command}){since}"))
}

/// Nobody holds the lock of an environment that is kept.
fn kept(environment: &Value) -> Option<String> {
    let is_kept = environment["state"] == "kept" && environment["kept"] == "until_told";
    is_kept.then(|| "kept until 'envlock down'".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn says_who_uses_a_lock() {
        let lock = |holders: Value, outsiders: Value, environment: Value| {
            let lock = json!({"name": "test", "holders": holders, "outsiders": outsiders,
                "environment": environment});
            parse(&json!({"locks": [lock]})).unwrap().remove("test")
        };
        let ann =
            json!([{"user": "ann", "command": ["make", "e2e"], "entered_at": "2026-11-20T14:02:07.1Z"}]);
        let shown = "locked by ann (make e2e) since 2026-11-20T14:02:07Z";
        assert_eq!(lock(ann, json!([]), Value::Null).as_deref(), Some(shown));
        let flock = lock(json!([]), json!([{"pid": 1, "command": ["flock"]}]), Value::Null);
        assert_eq!(flock.as_deref(), Some("locked by somebody (flock)"));
        let kept = |state: &str, how: &str| lock(json!([]), json!([]), json!({"state": state, "kept": how}));
        assert_eq!(kept("kept", "until_told").as_deref(), Some("kept until 'envlock down'"));
        assert_eq!((kept("kept", "for"), kept("dirty", "until_told")), (None, None));
        assert_eq!(lock(json!([]), json!([]), Value::Null), None);
        assert_eq!(parse(&json!({})), None);
    }
}
