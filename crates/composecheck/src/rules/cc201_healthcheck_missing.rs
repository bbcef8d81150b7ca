//! CC201: no health check.

use std::collections::HashSet;

use super::rule::{Check, Context, Rule, service};
use crate::facts::health::Health;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

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
    good: "
services:
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready], interval: 10s, timeout: 5s, retries: 5, start_period: 20s}
",
    fix: "add a healthcheck with interval: 10s, timeout: 5s, retries: 5, start_period: 20s",
    references: &["https://docs.docker.com/reference/compose-file/services/#healthcheck"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // What ends by itself is not waited for until it is healthy.
    let services = context.project.services();
    let one_shot = one_shot(services);
    services.iter().filter(|entry| !one_shot.contains(entry.key.as_str())).filter_map(check_service).collect()
}

/// The services that another one waits for until they have ended.
fn one_shot(services: &[Entry]) -> HashSet<&str> {
    let dependencies = services.iter().flat_map(|entry| entry.value.entries_at(&["depends_on"]));
    dependencies
        .filter(|other| {
            other.value.text_at(&["condition"]).as_deref() == Some("service_completed_successfully")
        })
        .map(|other| other.key.as_str())
        .collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let name = &entry.key;
    let (level, span, message) = match Health::of(&entry.value) {
        Health::Checked => return None,
        Health::Disabled(span) => {
            (RULE.level, span, format!("the health check of service '{name}' is disabled"))
        }
        Health::Unchecked => (RULE.level, entry.span, format!("service '{name}' has no health check")),
        Health::Unknown => {
            let message = format!("service '{name}' has no health check here; its image may have one");
            (Level::Info, entry.span, message)
        }
    };
    Some(Finding { level, ..RULE.finding(service(entry), span, message) })
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::{findings_with, found};
    use crate::finding::Level;

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

    #[test]
    fn what_an_image_may_have_is_an_info() {
        let of = |image: &str| {
            let text = format!("services: {{a: {{image: {image}}}}}");
            findings_with(&Policy::default(), "CC201", &text)[0].level
        };
        assert_eq!([of("example.org/shop"), of("redis")], [Level::Info, Level::Warning]);
    }
}
