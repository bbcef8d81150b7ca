//! What is known about the health check of a service.

use super::image::image;
use crate::source::Span;
use crate::yaml::{Kind, Node};

/// The health check of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// The service has one.
    Checked,
    /// It is disabled here.
    Disabled(Span),
    /// There is none: the image is known to have none of its own.
    Unchecked,
    /// Its image may have one.
    Unknown,
}

/// Official images without a health check of their own. Source: their Dockerfiles, which have no HEALTHCHECK.
const WITHOUT: [&str; 16] = [
    "alpine",
    "busybox",
    "caddy",
    "debian",
    "httpd",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nats",
    "nginx",
    "postgres",
    "rabbitmq",
    "redis",
    "ubuntu",
    "valkey",
];

impl Health {
    /// The health check of a service.
    pub(crate) fn of(service: &Node) -> Self {
        let Some(health) = service.at(&["healthcheck"]) else {
            return if is_known_without(service) { Self::Unchecked } else { Self::Unknown };
        };
        let none = health
            .at(&["test"])
            .filter(|test| test.items().first().unwrap_or(test).text().as_deref() == Some("NONE"));
        let disable = health.entry("disable").filter(|entry| entry.value.kind == Kind::Bool(true));
        let disabled = disable.map(|entry| entry.span).or_else(|| none.map(|test| test.span));
        disabled.map_or(Self::Checked, Self::Disabled)
    }
}

fn is_known_without(service: &Node) -> bool {
    let is_built = service.at(&["build"]).is_some();
    image(service).filter(|_| !is_built).is_some_and(|image| {
        let official = image.official_name().is_some_and(|name| WITHOUT.contains(&name));
        official || image.repository == "clickhouse/clickhouse-server"
    })
}
