//! CC204: started before what it needs is ready.

use super::{Check, Context, Finding, Level, Rule, service};
use crate::facts::text_at;
use crate::model::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC204",
    name: "depends-on-not-healthy",
    level: Level::Warning,
    what: "A service depends on another one without condition: service_healthy",
    why: "It starts as soon as the other's process exists: it fails, restarts and fails again until that answers",
    example: "
services:
  app:
    image: app:1
    depends_on: [db]
  db:
    image: postgres:15
",
    fix: "wait until it is healthy: depends_on: {NAME: {condition: service_healthy}}",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let needed = entry.value.at(&["depends_on"]).map_or(&[][..], |node| node.entries()).iter();
    let hasty = needed.filter(|other| {
        let condition = text_at(&other.value, &["condition"]);
        condition.is_none_or(|condition| condition == "service_started")
    });
    hasty
        .map(|other| {
            let span = other.value.at(&["condition"]).map_or(other.span, |node| node.span);
            let message = format!("service '{}' does not wait until '{}' is healthy", entry.key, other.key);
            RULE.finding(service(entry), span, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn conditions() {
        let of = |text: &str| found("CC204", &format!("services: {{b: {{}}, a: {{depends_on: {text}}}}}"));
        assert_eq!(of("[b]"), ["1:36 service 'a' does not wait until 'b' is healthy"]);
        assert_eq!(of("{b: {condition: service_started}}").len(), 1);
        assert_eq!(of("{b: {condition: service_healthy}}"), [""; 0]);
        assert_eq!(of("{b: {condition: service_completed_successfully}}"), [""; 0]);
    }
}
