//! CC201: no health check.

use super::rule::{Check, Context, Rule, service};
use crate::facts::image::image;
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC201",
    name: "healthcheck-missing",
    level: Level::Warning,
    what: "A service has no health check, or a disabled one",
    why: "Nothing can wait until the service is ready: tests start too early, and a failed restart goes unnoticed",
    example: "
services:
  db:
    image: postgres:15
",
    fix: "add a healthcheck with interval: 10s, timeout: 5s, retries: 5, start_period: 20s",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // What ends by itself is not waited for until it is healthy.
    let services = context.project.services();
    services.iter().filter(|entry| !is_one_shot(services, &entry.key)).filter_map(check_service).collect()
}

fn is_one_shot(services: &[Entry], name: &str) -> bool {
    let condition = |entry: &Entry| entry.value.text_at(&["depends_on", name, "condition"]);
    services.iter().any(|entry| condition(entry).as_deref() == Some("service_completed_successfully"))
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let Some(health) = entry.value.at(&["healthcheck"]) else {
        if is_known_without(&entry.value) {
            let message = format!("service '{}' has no health check", entry.key);
            return Some(RULE.finding(service(entry), entry.span, message));
        }
        let message = format!("service '{}' has no health check here; its image may have one", entry.key);
        return Some(Finding { level: Level::Info, ..RULE.finding(service(entry), entry.span, message) });
    };
    let none = health
        .at(&["test"])
        .filter(|test| test.items().first().unwrap_or(test).text().as_deref() == Some("NONE"));
    let disable = health.entry("disable").filter(|entry| entry.value.kind == Kind::Bool(true));
    let span = disable.map(|entry| entry.span).or_else(|| none.map(|test| test.span))?;
    let message = format!("the health check of service '{}' is disabled", entry.key);
    Some(RULE.finding(service(entry), span, message))
}

/// Whether the image is known to have no health check of its own.
fn is_known_without(service: &Node) -> bool {
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
    let is_built = service.at(&["build"]).is_some();
    image(service).filter(|_| !is_built).is_some_and(|image| {
        let official = image.official_name().is_some_and(|name| WITHOUT.contains(&name));
        official || image.repository == "clickhouse/clickhouse-server"
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn missing_and_disabled() {
        let of = |text: &str| found("CC201", &format!("services: {{a: {{{text}}}}}"));
        assert_eq!(of("image: redis"), ["1:12 service 'a' has no health check"]);
        let unknown = "1:12 service 'a' has no health check here; its image may have one";
        assert_eq!(of("image: x"), [unknown]);
        assert_eq!(of("image: redis, build: ."), [unknown]);
        let awaited = "services: {a: {image: redis}, b: {healthcheck: {test: x}, \
                       depends_on: {a: {condition: service_completed_successfully}}}}";
        assert_eq!(found("CC201", awaited), [""; 0]);
        assert_eq!(of("healthcheck: {disable: true}"), ["1:30 the health check of service 'a' is disabled"]);
        assert_eq!(of("healthcheck: {test: [NONE]}").len(), 1);
        assert_eq!(of("healthcheck: {test: [CMD, x]}"), [""; 0]);
    }
}
