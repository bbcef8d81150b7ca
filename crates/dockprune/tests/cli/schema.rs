//! The JSON that others rely on: a key that is missing, unknown or of another type fails here.

use std::collections::BTreeMap;

use evenkeel_tests::{Home, World, engine};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::kit::{dockprune, exited, running, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    host: String,
    dry_run: bool,
    elapsed_ms: u64,
    #[serde(deserialize_with = "present")]
    older_than_s: Option<u64>,
    #[serde(deserialize_with = "present")]
    created_older_than_s: Option<u64>,
    #[serde(deserialize_with = "present")]
    max_containers: Option<usize>,
    over_cap: usize,
    bytes_freed: u64,
    counts: Counts,
    environments: Vec<Environment>,
    #[serde(deserialize_with = "present")]
    address_pool: Option<AddressPool>,
    unreached: Vec<Unreached>,
    items: Vec<Item>,
    #[serde(deserialize_with = "present")]
    state_directory: Option<String>,
    #[serde(deserialize_with = "present")]
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Counts {
    in_scope: usize,
    removed: usize,
    gone: usize,
    planned: usize,
    kept: usize,
    failed: usize,
    unknown: usize,
    not_reached: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Environment {
    name: String,
    held: bool,
    #[serde(deserialize_with = "present")]
    holder: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct AddressPool {
    bridge_networks: u64,
    room: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Unreached {
    kind: String,
    error: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Item {
    kind: String,
    id: String,
    name: String,
    action: String,
    rule: String,
    reason: String,
    outcome: String,
    #[serde(deserialize_with = "present")]
    error: Option<String>,
    #[serde(deserialize_with = "present")]
    state: Option<String>,
    labels: BTreeMap<String, String>,
    environments: Vec<String>,
    #[serde(deserialize_with = "present")]
    created_at: Option<String>,
    #[serde(deserialize_with = "present")]
    active_at: Option<String>,
    #[serde(deserialize_with = "present")]
    age_s: Option<u64>,
    #[serde(deserialize_with = "present")]
    bytes: Option<u64>,
    #[serde(deserialize_with = "present")]
    ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Orphans {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    host: String,
    #[serde(deserialize_with = "present")]
    address_pool: Option<AddressPool>,
    unreached: Vec<Unreached>,
    items: Vec<Orphan>,
    #[serde(deserialize_with = "present")]
    state_directory: Option<String>,
    #[serde(deserialize_with = "present")]
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Orphan {
    kind: String,
    id: String,
    name: String,
    reason: String,
    #[serde(deserialize_with = "present")]
    state: Option<String>,
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "present")]
    project: Option<String>,
    environments: Vec<String>,
    #[serde(deserialize_with = "present")]
    created_at: Option<String>,
    #[serde(deserialize_with = "present")]
    age_s: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Line {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    host: String,
    dry_run: bool,
    elapsed_ms: u64,
    over_cap: usize,
    bytes_freed: u64,
    counts: Counts,
    unreached: Vec<Unreached>,
    left: Vec<Left>,
    #[serde(deserialize_with = "present")]
    state_directory: Option<String>,
    #[serde(deserialize_with = "present")]
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Left {
    kind: String,
    id: String,
    name: String,
    outcome: String,
    #[serde(deserialize_with = "present")]
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Plan {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    host: String,
    items: Vec<PlanItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct PlanItem {
    kind: String,
    id: String,
    name: String,
    #[serde(deserialize_with = "present")]
    state: Option<String>,
    labels: BTreeMap<String, String>,
    created_at: String,
    #[serde(deserialize_with = "present")]
    active_at: Option<String>,
    environments: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Verify {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    host: String,
    items: Vec<Leftover>,
    #[serde(deserialize_with = "present")]
    state_directory: Option<String>,
    #[serde(deserialize_with = "present")]
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that it can be parsed is the test")]
struct Leftover {
    kind: String,
    id: String,
    name: String,
    reason: String,
    #[serde(deserialize_with = "present")]
    state: Option<String>,
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "present")]
    created_at: Option<String>,
    #[serde(deserialize_with = "present")]
    age_s: Option<u64>,
}

/// Null is fine, a missing key is not.
fn present<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(from)
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> T {
    serde_json::from_slice(text).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(text)))
}

#[test]
fn every_schema_is_as_documented() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    let home = Home::new();
    let label = world.label();
    exited(engine, &world.name("one"), &["--label", &label]);
    running(engine, &world.name("two"), &["--label", &label]);
    engine.docker(&["volume", "create", "--label", &label, &world.name("three")]);
    let run = |args: &[&str]| dockprune(&engine.host, &home, args).args(["--json"]).output().unwrap().stdout;
    let scope = ["--label", &label, "--volumes", "--older-than", "0s"];
    let plan = home.join("plan.json");
    let log = home.join("log.jsonl");

    parse::<Report>(&run(&[&scope[..], &["--plan", plan.to_str().unwrap()]].concat()));
    assert_eq!(parse::<Plan>(&std::fs::read(plan).unwrap()).items.len(), 2);
    assert_eq!(parse::<Orphans>(&run(&["--orphans", "--label", &label])).items.len(), 2);
    assert_eq!(parse::<Verify>(&run(&["--verify", "--label", &label])).items.len(), 3);
    let report = run(&[&scope[..], &["--log-file", log.to_str().unwrap()]].concat());
    assert_eq!(parse::<Report>(&report).items.len(), 3);
    assert_eq!(text(&report).find('\n'), Some(report.len() - 1), "one line");
    parse::<Line>(&std::fs::read(log).unwrap());
}
