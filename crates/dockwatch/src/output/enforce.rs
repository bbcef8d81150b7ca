//! What `dockwatch enforce` did, or would do.

use evenkeel_common::table::Table;
use evenkeel_common::units::show_size;
use evenkeel_common::{Timestamp, VERSION};
use serde::Serialize;

use crate::decide::limits::{EnforceAction, EnforceVerdict, Outcome, Violation};

/// `dockwatch.enforce/1`
#[derive(Serialize)]
pub(crate) struct EnforceJson {
    schema: &'static str,
    tool_version: &'static str,
    at: Timestamp,
    verdict: &'static str,
    deed: &'static str,
    items: Vec<ItemJson>,
}

#[derive(Serialize)]
struct ItemJson {
    engine: String,
    id: String,
    name: String,
    outcome: &'static str,
    reason: String,
    error: Option<String>,
    over_bytes: u64,
    memory_working_set_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
}

pub(crate) fn json(done: &[(Violation<'_>, Outcome)], action: EnforceAction, at: Timestamp) -> EnforceJson {
    EnforceJson {
        schema: "dockwatch.enforce/1",
        tool_version: VERSION,
        at,
        verdict: EnforceVerdict::of(done.iter().map(|(_, outcome)| outcome)).name(),
        deed: action.name(),
        items: done.iter().map(|(violation, outcome)| item(violation, outcome)).collect(),
    }
}

/// A table of the containers, or one line where there are none.
pub(crate) fn text(done: &[(Violation<'_>, Outcome)]) -> String {
    if done.is_empty() {
        return "nothing is over its limits\n".into();
    }
    let mut table = Table::new(["ACTION", "NAME", "MEMORY", "LIMIT", "REASON"]);
    for (violation, outcome) in done {
        table.add_row(row(violation, outcome));
    }
    table.to_string()
}

fn item(violation: &Violation<'_>, outcome: &Outcome) -> ItemJson {
    let container = violation.container;
    let error = if let Outcome::Failed(cause) = outcome { Some(cause.clone()) } else { None };
    ItemJson {
        engine: container.engine.clone(),
        id: container.summary.id.clone(),
        name: container.summary.name.clone(),
        outcome: outcome.name(),
        reason: violation.reason.clone(),
        error,
        over_bytes: violation.over_bytes,
        memory_working_set_bytes: container.working_set(),
        memory_limit_bytes: container.memory_limit(),
    }
}

fn row(violation: &Violation<'_>, outcome: &Outcome) -> [String; 5] {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), show_size);
    let reason = match outcome {
        Outcome::Failed(cause) => format!("{}: {cause}", violation.reason),
        Outcome::Spared => format!("{}; labelled evenkeel.protect=true", violation.reason),
        _ => violation.reason.clone(),
    };
    [
        outcome.name().to_owned(),
        violation.container.summary.name.clone(),
        size(violation.container.working_set()),
        size(violation.container.memory_limit()),
        reason,
    ]
}
