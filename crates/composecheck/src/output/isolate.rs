//! What isolates a project, as JSON, as variables and in words.

use std::collections::BTreeSet;

use evenkeel_common::terminal::{clip, one_line};
use evenkeel_common::{Exit, Timestamp, VERSION};
use serde::Serialize;
use serde_json::Value;

use crate::isolate::changes::{Change, boosted, show_range};
use crate::isolate::ports::{Published, Range};
use crate::isolate::shared::{Shared, Use};

/// Longest value in a line of text, in characters.
const MAX_SHOWN: usize = 60;

/// Everything that was decided.
#[derive(Debug)]
pub(crate) struct Isolated {
    pub(crate) project: String,
    pub(crate) ports: Vec<Port>,
    pub(crate) changes: Vec<Change>,
    pub(crate) shared: Vec<Shared>,
}

/// A published port and what became of it.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) published: Published,
    pub(crate) now: Range,
    /// Variables of the files that set it.
    pub(crate) variables: Vec<String>,
}

/// The object of `isolate --json`.
#[derive(Debug, Serialize)]
pub(crate) struct IsolateJson<'a> {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    project: &'a str,
    ports: Vec<PortJson<'a>>,
    changed: Vec<ChangeJson<'a>>,
    shared: Vec<SharedJson<'a>>,
    boosted: Vec<BoostedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct PortJson<'a> {
    service: &'a str,
    container_port: u16,
    protocol: &'a str,
    host_ip: Option<&'a str>,
    was: String,
    now: String,
    variables: &'a [String],
}

#[derive(Debug, Serialize)]
struct ChangeJson<'a> {
    path: String,
    was: &'a Value,
    now: &'a Value,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct SharedJson<'a> {
    kind: &'a str,
    name: &'a str,
    reason: &'a str,
    exclusive: bool,
    scope: &'a str,
}

#[derive(Debug, Serialize)]
struct BoostedJson<'a> {
    service: &'a str,
    was_cpus: f64,
}

/// `exit` tells whether it was refused.
pub(crate) fn to_json(isolated: &Isolated, exit: Exit, at: Timestamp) -> IsolateJson<'_> {
    let boosted = boosted(&isolated.changes).into_iter();
    IsolateJson {
        schema: "composecheck.isolate/1",
        tool_version: VERSION,
        at,
        verdict: if exit == Exit::Done { "done" } else { "shared" },
        project: &isolated.project,
        ports: isolated.ports.iter().map(port_json).collect(),
        changed: isolated.changes.iter().map(change_json).collect(),
        shared: isolated.shared.iter().map(shared_json).collect(),
        boosted: boosted.map(|(service, was_cpus)| BoostedJson { service, was_cpus }).collect(),
    }
}

fn port_json(port: &Port) -> PortJson<'_> {
    PortJson {
        service: &port.published.service,
        container_port: port.published.container_port,
        protocol: &port.published.protocol,
        host_ip: port.published.host_ip.as_deref(),
        was: show_range(port.published.was),
        now: show_range(port.now),
        variables: &port.variables,
    }
}

fn change_json(change: &Change) -> ChangeJson<'_> {
    ChangeJson { path: pointer(&change.path), was: &change.was, now: &change.now, reason: change.reason }
}

/// A JSON pointer: RFC 6901.
fn pointer(path: &[String]) -> String {
    path.iter()
        .map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1")))
        .collect::<Vec<_>>()
        .concat()
}

fn shared_json(shared: &Shared) -> SharedJson<'_> {
    SharedJson {
        kind: shared.kind,
        name: &shared.name,
        reason: &shared.reason,
        exclusive: shared.usage == Use::Exclusive,
        scope: shared.scope.name(),
    }
}

/// `NAME=PORT` lines: one for each container port, then those of the project's own variables. Of a range it is the first
/// port. A name that comes twice, such as that of 53/tcp and 53/udp, keeps its first value.
pub(crate) fn ports_file(ports: &[Port]) -> String {
    let by_container = ports.iter().map(|port| (variable_name(&port.published), port.now.0));
    let own = ports.iter().flat_map(|port| port.variables.iter().map(|name| (name.clone(), port.now.0)));
    let mut seen = BTreeSet::new();
    let lines = by_container.chain(own).filter(|(name, _)| seen.insert(name.clone()));
    lines.map(|(name, port)| format!("{name}={port}\n")).collect::<Vec<_>>().concat()
}

/// `SERVICE=CPUS` lines with the limits that the project has without the boost.
pub(crate) fn boosted_file(changes: &[Change]) -> String {
    let line = |(service, was): (&str, f64)| format!("{service}={was}\n");
    boosted(changes).into_iter().map(line).collect::<Vec<_>>().concat()
}

/// `SERVICE_CONTAINERPORT`, valid as the name of a shell variable.
fn variable_name(port: &Published) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = port.service.chars().map(letter).collect();
    let prefix = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{prefix}{name}_{}", port.container_port)
}

/// What changes and what stays shared, one line each.
pub(crate) fn explain(isolated: &Isolated) -> String {
    let change = |change: &Change| {
        let (was, now) = (show(&change.was), show(&change.now));
        format!("changed: {}: {was} -> {now} ({})\n", one_line(&change.path.join(".")), change.reason)
    };
    let shared = |shared: &Shared| {
        let limit = match shared.usage {
            Use::Exclusive => format!("; only one run at a time of the {}", shared.scope.name()),
            Use::Common => String::new(),
        };
        format!("shared: {} {}: {}{limit}\n", shared.kind, one_line(&shared.name), one_line(&shared.reason))
    };
    let changes = isolated.changes.iter().map(change);
    changes.chain(isolated.shared.iter().map(shared)).collect()
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => clip(&one_line(text), MAX_SHOWN),
        other => clip(&one_line(&other.to_string()), MAX_SHOWN),
    }
}
