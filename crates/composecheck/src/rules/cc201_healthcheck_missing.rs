//! CC201: no health check.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind};

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
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let Some(health) = entry.value.at(&["healthcheck"]) else {
        let message = format!("service '{}' has no health check", entry.key);
        return Some(RULE.finding(service(entry), entry.span, message));
    };
    let none = health
        .at(&["test"])
        .filter(|test| test.items().first().unwrap_or(test).text().as_deref() == Some("NONE"));
    let disable = health.entry("disable").filter(|entry| entry.value.kind == Kind::Bool(true));
    let span = disable.map(|entry| entry.span).or_else(|| none.map(|test| test.span))?;
    let message = format!("the health check of service '{}' is disabled", entry.key);
    Some(RULE.finding(service(entry), span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn missing_and_disabled() {
        let of = |text: &str| found("CC201", &format!("services: {{a: {{{text}}}}}"));
        assert_eq!(of("image: x"), ["1:12 service 'a' has no health check"]);
        assert_eq!(of("healthcheck: {disable: true}"), ["1:30 the health check of service 'a' is disabled"]);
        assert_eq!(of("healthcheck: {test: [NONE]}").len(), 1);
        assert_eq!(of("healthcheck: {test: [CMD, x]}"), [""; 0]);
    }
}
