//! CC203: a health check with values that differ from the standard.

use std::time::Duration;

use super::rule::{Check, Context, Rule, service};
use crate::compose::units::duration;
use crate::finding::{Finding, Level};
use crate::source::Span;
use crate::yaml::{Entry, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC203",
    name: "healthcheck-not-standard",
    level: Level::Info,
    what: "A health check differs from interval 10s, timeout 5s, retries 5, start_period 20s",
    why: "With one standard, every service is expected to be ready within 20 s and unhealthy after 50 s, so a wait can have one timeout",
    example: "
services:
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready], interval: 30s}
",
    good: "
services:
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready], interval: 10s, timeout: 5s, retries: 5, start_period: 20s}
",
    fix: "use interval: 10s, timeout: 5s, retries: 5, start_period: 20s",
    references: &["https://docs.docker.com/reference/compose-file/services/#healthcheck"],
    check: Check::Project(check),
};

const STANDARD: [(&str, &str); 4] =
    [("interval", "10s"), ("timeout", "5s"), ("retries", "5"), ("start_period", "20s")];

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let health = entry.value.entry("healthcheck")?;
    // Without a test, the check of the image is used, or the check is disabled.
    health.value.at(&["test"]).filter(|test| !is_none(test))?;
    let differing: Vec<(String, Option<Span>)> =
        STANDARD.iter().filter_map(|(key, wanted)| differs(&health.value, key, wanted)).collect();
    let texts: Vec<&str> = differing.iter().map(|(text, _)| text.as_str()).collect();
    let span = differing.iter().find_map(|(_, span)| *span).unwrap_or(health.span);
    let message = format!("the health check of service '{}' has {}", entry.key, texts.join(", "));
    (!differing.is_empty()).then(|| RULE.finding(service(entry), span, message))
}

fn is_none(test: &Node) -> bool {
    test.items().first().unwrap_or(test).text().as_deref() == Some("NONE")
}

/// A value that differs from the standard, and its span if it is set.
fn differs(health: &Node, key: &str, wanted: &str) -> Option<(String, Option<Span>)> {
    let Some(node) = health.at(&[key]) else { return Some((format!("no {key}"), None)) };
    let text = node.text()?;
    (!is_same(&text, wanted)).then(|| (format!("{key} {text}"), Some(node.span)))
}

fn is_same(text: &str, wanted: &str) -> bool {
    let time = |text: &str| duration(text).unwrap_or(Duration::MAX);
    text == wanted || duration(wanted).is_some() && time(text) == time(wanted)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn the_standard_in_any_spelling() {
        let of = |text: &str| found("CC203", &format!("services: {{a: {{healthcheck: {{{text}}}}}}}"));
        let standard = "test: [CMD, x], interval: 10000ms, timeout: 5s, retries: 5, start_period: 0m20s";
        assert_eq!(of(standard), [""; 0]);
        assert_eq!(
            of(&standard.replace("retries: 5", "retries: 30")),
            ["1:87 the health check of service 'a' has retries 30"]
        );
        assert_eq!(
            of("test: x, interval: 10s, timeout: 5s"),
            ["1:16 the health check of service 'a' has no retries, no start_period"]
        );
        assert_eq!(of("disable: true"), [""; 0]);
        assert_eq!(of("test: [NONE]"), [""; 0]);
    }
}
