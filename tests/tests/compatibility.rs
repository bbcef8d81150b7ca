//! What version 0.1 wrote is still read, and what it printed as JSON still has the same keys, verdicts and figures.
//!
//! `fixtures/state-0.1` is a state directory and `fixtures/output-0.1` what version 0.1 printed about it. Sentences may
//! change and keys may be added; what is there may not change without a new schema number.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::{Path, PathBuf};

use evenkeel_tests::{Home, built, root, tool};
use serde_json::Value;

const COMMANDS: [(&str, &[&str]); 9] = [
    ("envlock", &["status", "--json"]),
    ("envlock", &["history", "test", "--json"]),
    ("restartgate", &["status", "--json"]),
    ("restartgate", &["history", "--json"]),
    ("restartgate", &["stats", "--json"]),
    ("restartgate", &["explain", "api", "--json"]),
    ("dockwatch", &["history", "--json"]),
    ("dockwatch", &["predict", "unit", "--json"]),
    ("dockwatch", &["report", "--json"]),
];

fn fixtures(name: &str) -> PathBuf {
    root().join("tests/fixtures").join(name)
}

/// Copies what git keeps, with the permissions that state has.
fn copy_private(from: &Path, to: &Path) {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().mode(0o700).recursive(true).create(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_private(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
            std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// Replaces what may differ: sentences, and when and by which version this was printed.
fn normalized(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains(' ') => Value::String("<sentence>".into()),
        Value::Array(items) => items.into_iter().map(normalized).collect(),
        Value::Object(entries) => {
            let own = entries.contains_key("schema");
            let kept = |(key, value): (String, Value)| {
                let volatile = own && matches!(key.as_str(), "at" | "tool_version");
                let value = if volatile { Value::String("<volatile>".into()) } else { normalized(value) };
                (key, value)
            };
            entries.into_iter().map(kept).collect()
        }
        other => other,
    }
}

/// Leaves out the keys that are new since: adding some is no change to those who read the old ones.
fn without_new_keys(printed: Value, recorded: &Value) -> Value {
    match (printed, recorded) {
        (Value::Object(entries), Value::Object(old)) => {
            let known = |(key, value): (String, Value)| {
                let value = without_new_keys(value, old.get(&key)?);
                Some((key, value))
            };
            entries.into_iter().filter_map(known).collect()
        }
        (Value::Array(items), Value::Array(old)) if items.len() == old.len() => {
            items.into_iter().zip(old).map(|(item, old)| without_new_keys(item, old)).collect()
        }
        (other, _) => other,
    }
}

#[test]
fn state_of_version_0_1_is_read_and_printed_as_it_was() {
    for (name, args) in COMMANDS {
        let home = Home::new();
        copy_private(&fixtures("state-0.1"), &home);
        let output = tool(built(name), &home).args(args).output().unwrap();
        let printed: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{name} {args:?}: {e}: {}", String::from_utf8_lossy(&output.stderr)));
        let recorded = fixtures("output-0.1").join(format!("{name}-{}.json", args[0]));
        let recorded: Value = serde_json::from_slice(&std::fs::read(recorded).unwrap()).unwrap();
        let printed = without_new_keys(printed, &recorded);
        assert_eq!(normalized(printed), normalized(recorded), "{name} {args:?}");
    }
}

/// A reservation is dropped when it is a day old, so this one is made new.
#[test]
fn ports_that_version_0_1_has_reserved_are_kept() {
    let home = Home::new();
    let reserved = std::fs::read_to_string(fixtures("state-0.1").join("evenkeel/ports")).unwrap();
    let now = evenkeel_common::now().to_string();
    let lease = home.join("ports");
    std::fs::write(&lease, reserved.replace("2026-11-24T17:32:46.906Z", &now)).unwrap();
    let file = home.join("compose.yaml");
    std::fs::write(&file, "services:\n  web: {image: x, ports: ['8080:80']}\n").unwrap();
    let mut isolate = tool(built("composecheck"), &home);
    isolate.args(["isolate", "-p", "shop", "--ports", "given", "-o", "/dev/stdout", "--lease"]).arg(&lease);
    let output = isolate.arg("-f").arg(&file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(r#""published":"25280""#), "{output:?}");
}
