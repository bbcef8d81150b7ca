//! The plan file: what a run would remove, for a later run to remove exactly that.

use std::collections::BTreeMap;
use std::path::Path;

use evenkeel_common::{Error, Timestamp, VERSION};
use serde::{Deserialize, Serialize};

use crate::age::Moment;
use crate::facts::{Kind, Object, State};
use crate::scope::Planned;

const SCHEMA: &str = "dockprune.plan/1";

/// `dockprune.plan/1`.
#[derive(Debug, Deserialize, Serialize)]
struct Plan {
    schema: String,
    tool_version: String,
    at: Timestamp,
    verdict: String,
    host: String,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Item {
    kind: String,
    id: String,
    name: String,
    state: Option<String>,
    labels: BTreeMap<String, String>,
    created_at: Timestamp,
    active_at: Option<Timestamp>,
    environments: Vec<String>,
}

/// A plan that cannot be relied on must not be half carried out: a resource without exact times is left out of it.
pub fn planned(object: &Object, environments: Vec<String>) -> Option<Planned> {
    let exact =
        matches!(object.created, Moment::At(_)) && matches!(object.active, Moment::Never | Moment::At(_));
    exact.then(|| Planned {
        kind: object.kind(),
        id: object.id.clone(),
        name: object.name.clone(),
        labels: object.labels.clone(),
        created: object.created.clone(),
        active: object.active.clone(),
        state: object.container().map(|container| container.state),
        environments,
    })
}

/// Writes a plan.
pub fn write(path: &Path, host: &str, at: Timestamp, plan: &[Planned]) -> Result<(), Error> {
    let plan = Plan {
        schema: SCHEMA.into(),
        tool_version: VERSION.into(),
        at,
        verdict: if plan.is_empty() { "nothing" } else { "would_remove" }.into(),
        host: host.to_owned(),
        items: plan.iter().filter_map(to_wire).collect(),
    };
    let failed = |cause: std::io::Error| Error::failed(format!("write the plan {}", path.display()), cause);
    let mut text = serde_json::to_string_pretty(&plan).map_err(|e| failed(e.into()))?;
    text.push('\n');
    std::fs::write(path, text).map_err(failed)
}

/// Reads a plan.
pub fn read(path: &Path) -> Result<Vec<Planned>, Error> {
    let failed = |cause: String| {
        Error::failed(format!("read the plan {}", path.display()), cause)
            .hint("make one with: dockprune --plan FILE --label KEY=VALUE")
    };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let plan: Plan = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    if plan.schema != SCHEMA {
        return Err(failed(format!("its schema is '{}', not '{SCHEMA}'", plan.schema)));
    }
    plan.items.into_iter().map(|item| from_wire(item).map_err(failed)).collect()
}

fn to_wire(planned: &Planned) -> Option<Item> {
    let Moment::At(created_at) = planned.created else { return None };
    Some(Item {
        kind: planned.kind.word().into(),
        id: planned.id.clone(),
        name: planned.name.clone(),
        state: planned.state.map(|state| state.word().into()),
        labels: planned.labels.clone(),
        created_at,
        active_at: match planned.active {
            Moment::At(at) => Some(at),
            _ => None,
        },
        environments: planned.environments.clone(),
    })
}

fn from_wire(item: Item) -> Result<Planned, String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == item.kind);
    Ok(Planned {
        kind: kind.ok_or_else(|| format!("'{}' is no kind of resource", item.kind))?,
        id: item.id,
        name: item.name,
        labels: item.labels,
        created: Moment::At(item.created_at),
        active: item.active_at.map_or(Moment::Never, Moment::At),
        state: item.state.map(|word| State::parse(&word)),
        environments: item.environments,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container() -> Planned {
        Planned {
            kind: Kind::Container,
            id: "abc".into(),
            name: "one".into(),
            labels: BTreeMap::from([("netra.env".into(), "test".into())]),
            created: Moment::At("2026-11-20T12:00:00Z".parse().unwrap()),
            active: Moment::At("2026-11-20T12:00:01.000000001Z".parse().unwrap()),
            state: Some(State::Exited),
            environments: vec!["test".into()],
        }
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("plan.json");
        let volume = Planned { kind: Kind::Volume, active: Moment::Never, state: None, ..container() };
        let plan = [container(), volume];
        write(&path, "unix:///x", Timestamp::UNIX_EPOCH, &plan).unwrap();
        assert_eq!(read(&path).unwrap(), plan);
    }

    #[test]
    fn what_is_no_plan_is_refused() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("plan.json");
        assert!(read(&path).is_err());
        for text in ["", "{}", "[]", r#"{"schema":"dockprune.report/1"}"#] {
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).is_err(), "{text}");
        }
        write(&path, "unix:///x", Timestamp::UNIX_EPOCH, &[container()]).unwrap();
        let good = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [("plan/1", "plan/2"), ("\"container\"", "\"cat\""), ("2026-11-20T", "")] {
            assert!(good.contains(from));
            std::fs::write(&path, good.replace(from, to)).unwrap();
            assert!(read(&path).is_err(), "{to}");
        }
    }
}
