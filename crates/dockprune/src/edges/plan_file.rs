//! The plan file: what a run would remove, for a later run to remove exactly that.

use std::collections::BTreeMap;
use std::path::Path;

use evenkeel_common::{Error, Timestamp, VERSION, files};
use serde::{Deserialize, Serialize};

use crate::model::known_time::KnownTime;
use crate::model::policy::Planned;
use crate::model::resource::{Kind, Resource, State};

const SCHEMA: &str = "dockprune.plan/1";

/// `dockprune.plan/1`.
#[derive(Debug, Deserialize, Serialize)]
struct PlanJson {
    schema: String,
    tool_version: String,
    at: Timestamp,
    verdict: Verdict,
    host: String,
    items: Vec<ItemJson>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Nothing,
    WouldRemove,
}

#[derive(Debug, Deserialize, Serialize)]
struct ItemJson {
    kind: Kind,
    id: String,
    name: String,
    state: Option<State>,
    labels: BTreeMap<String, String>,
    created_at: Timestamp,
    active_at: Option<Timestamp>,
    environments: Vec<String>,
}

/// The resource as a plan keeps it. `None` without exact times: what has changed since could not be told.
pub(crate) fn planned(resource: &Resource, environments: Vec<String>) -> Option<Planned> {
    let exact = matches!(resource.created, KnownTime::At(_))
        && matches!(resource.active, KnownTime::Never | KnownTime::At(_));
    exact.then(|| Planned {
        kind: resource.kind(),
        id: resource.id.clone(),
        name: resource.name.clone(),
        labels: resource.labels.clone(),
        created: resource.created.clone(),
        active: resource.active.clone(),
        state: resource.container().map(|container| container.state),
        environments,
    })
}

/// Writes a plan, as a whole or not at all.
pub(crate) fn write(path: &Path, host: &str, at: Timestamp, plan: &[Planned]) -> Result<(), Error> {
    let plan = PlanJson {
        schema: SCHEMA.into(),
        tool_version: VERSION.into(),
        at,
        verdict: if plan.is_empty() { Verdict::Nothing } else { Verdict::WouldRemove },
        host: host.to_owned(),
        items: plan.iter().filter_map(to_json).collect(),
    };
    let text = serde_json::to_string_pretty(&plan).map_err(|e| Error::failed("write the plan", e))?;
    files::replace(path, text + "\n")
}

/// Reads a plan; fails with 3 where it is none of this version.
pub(crate) fn read(path: &Path) -> Result<Vec<Planned>, Error> {
    let failed = |cause: String| {
        Error::failed(format!("read the plan {}", path.display()), cause)
            .hint("make one with: dockprune --plan FILE --label KEY=VALUE")
    };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let plan: PlanJson = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
    if plan.schema != SCHEMA {
        return Err(failed(format!("its schema is '{}', not '{SCHEMA}'", plan.schema)));
    }
    Ok(plan.items.into_iter().map(from_json).collect())
}

fn to_json(planned: &Planned) -> Option<ItemJson> {
    let KnownTime::At(created_at) = planned.created else { return None };
    Some(ItemJson {
        kind: planned.kind,
        id: planned.id.clone(),
        name: planned.name.clone(),
        state: planned.state,
        labels: planned.labels.clone(),
        created_at,
        active_at: planned.active.exact(),
        environments: planned.environments.clone(),
    })
}

fn from_json(item: ItemJson) -> Planned {
    Planned {
        kind: item.kind,
        id: item.id,
        name: item.name,
        labels: item.labels,
        created: KnownTime::At(item.created_at),
        active: item.active_at.map_or(KnownTime::Never, KnownTime::At),
        state: item.state,
        environments: item.environments,
    }
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
            created: KnownTime::At("2026-11-20T12:00:00Z".parse().unwrap()),
            active: KnownTime::At("2026-11-20T12:00:01.000000001Z".parse().unwrap()),
            state: Some(State::Exited),
            environments: vec!["test".into()],
        }
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("plan.json");
        let volume = Planned { kind: Kind::Volume, active: KnownTime::Never, state: None, ..container() };
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
