//! What a project is, as far as somebody who runs it needs to know.

use serde_json::Value;

use crate::compose::{Project, units};
use crate::facts::budget::Budget;
use crate::isolate::changes::number;
use crate::isolate::ports::{Published, published};
use crate::isolate::{entries, is_external, text};

/// A project.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// In the order of their names.
    pub(crate) services: Vec<Service>,
    pub(crate) external: Vec<External>,
    /// The most that all containers use together; what is unlimited counts as zero.
    pub(crate) memory_bytes: u64,
    pub(crate) memory: Memory,
}

/// Whether a sum of memory is the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    Limited,
    /// Something has no limit.
    Unlimited,
}

/// A service.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) image: Option<String>,
    pub(crate) build: Build,
    pub(crate) life: Life,
    pub(crate) health_check: HealthCheck,
    pub(crate) cpus: Option<f64>,
    pub(crate) memory_limit_bytes: Option<u64>,
    pub(crate) stop_grace_period_ms: Option<u64>,
    pub(crate) ports: Vec<Published>,
}

/// Where the image of a service is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    FromSource,
    Image,
}

/// How long a service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Until it is stopped.
    Long,
    /// Until it is done: another service awaits its end.
    OneShot,
}

/// Whether the files give a service a health check. The image may have one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HealthCheck {
    InFiles,
    NotInFiles,
}

/// A resource that exists outside the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct External {
    /// `volume`, `network`, `config` or `secret`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl Summary {
    /// `model` is the rendered project.
    pub(crate) fn of(project: &Project, model: &Value) -> Self {
        let budget = Budget::of(project);
        let published = published(model);
        let service = |(name, value): (&String, &Value)| {
            let row = budget.services.iter().find(|row| row.name == *name);
            let ports = published.iter().filter(|port| port.service == *name).cloned().collect();
            Service {
                memory_limit_bytes: row.and_then(|row| row.limit),
                ports,
                ..service(name, value, model)
            }
        };
        Self {
            services: entries(model, "services").map(service).collect(),
            external: external(model),
            memory_bytes: budget.total(),
            memory: if budget.is_unlimited() { Memory::Unlimited } else { Memory::Limited },
        }
    }
}

fn service(name: &str, value: &Value, model: &Value) -> Service {
    let cpus = value.get("cpus").or_else(|| value.pointer("/deploy/resources/limits/cpus"));
    let grace = text(value, "stop_grace_period").and_then(units::duration);
    Service {
        name: name.to_owned(),
        image: text(value, "image").map(str::to_owned),
        build: if value.get("build").is_some() { Build::FromSource } else { Build::Image },
        life: if is_awaited(name, model) { Life::OneShot } else { Life::Long },
        health_check: health_check(value),
        cpus: cpus.and_then(number),
        memory_limit_bytes: None,
        stop_grace_period_ms: grace.and_then(|grace| grace.as_millis().try_into().ok()),
        ports: Vec::new(),
    }
}

fn health_check(service: &Value) -> HealthCheck {
    let check = service.get("healthcheck");
    let is_off = |check: &Value| {
        check.get("disable") == Some(&Value::Bool(true))
            || check.get("test").is_none_or(|test| test.get(0).and_then(Value::as_str) == Some("NONE"))
    };
    match check {
        Some(check) if !is_off(check) => HealthCheck::InFiles,
        _ => HealthCheck::NotInFiles,
    }
}

/// Whether another service starts only when this one has ended well.
fn is_awaited(name: &str, model: &Value) -> bool {
    entries(model, "services").any(|(_, other)| {
        let condition = other.get("depends_on").and_then(|all| all.get(name)?.get("condition")?.as_str());
        condition == Some("service_completed_successfully")
    })
}

fn external(model: &Value) -> Vec<External> {
    let sections =
        [("configs", "config"), ("networks", "network"), ("secrets", "secret"), ("volumes", "volume")];
    let of = |(section, kind): (&'static str, &'static str)| {
        let resources = entries(model, section).filter(|(_, resource)| is_external(resource));
        resources.map(move |(key, resource)| External {
            kind,
            name: text(resource, "name").unwrap_or(key).to_owned(),
        })
    };
    sections.into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn services_are_what_they_are() {
        let model = json!({
            "services": {
                "app": {
                    "build": {"context": "."},
                    "cpus": 0.5,
                    "stop_grace_period": "1m30s",
                    "depends_on": {"migrate": {"condition": "service_completed_successfully"}},
                    "healthcheck": {"test": ["CMD", "x"]},
                },
                "migrate": {"image": "m", "healthcheck": {"test": ["NONE"]}},
            },
            "volumes": {"v": {"external": true, "name": "shared"}, "own": {"name": "p_own"}},
        });
        let summary = Summary::of(&Project::default(), &model);
        let [app, migrate] = summary.services.as_slice() else { panic!("two services") };
        assert_eq!(
            (app.build, app.life, app.health_check),
            (Build::FromSource, Life::Long, HealthCheck::InFiles)
        );
        assert_eq!((app.cpus, app.stop_grace_period_ms), (Some(0.5), Some(90_000)));
        assert_eq!(
            (migrate.build, migrate.life, migrate.health_check),
            (Build::Image, Life::OneShot, HealthCheck::NotInFiles)
        );
        assert_eq!(summary.external, [External { kind: "volume", name: "shared".into() }]);
    }
}
