//! CC204: a dependency that is not waited for.

use super::rule::{Check, Context, Rule, service};
use crate::finding::repair::{Action, NewValue};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind};

pub(super) const RULE: Rule = Rule {
    code: "CC204",
    name: "depends-on-not-healthy",
    level: Level::Warning,
    what: "A service depends on another one without condition: service_healthy",
    why: "It starts as soon as the other container runs, and may fail and restart until the other service is ready",
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
    context.project.services().iter().flat_map(|entry| check_service(context, entry)).collect()
}

fn check_service(context: &Context<'_>, entry: &Entry) -> Vec<Finding> {
    let dependencies = entry.value.entries_at(&["depends_on"]);
    let not_awaited = dependencies.iter().filter(|other| {
        let condition = other.value.text_at(&["condition"]);
        condition.is_none_or(|condition| condition == "service_started")
    });
    not_awaited
        .map(|other| {
            let condition = other.value.at(&["condition"]);
            let span = condition.map_or(other.span, |node| node.span);
            let message = format!("service '{}' does not wait until '{}' is healthy", entry.key, other.key);
            let finding = RULE.finding(service(entry), span, message);
            match repair(context, dependencies, other) {
                Some(action) => finding.with_fix(&["services", &entry.key, "depends_on"], action),
                None => finding,
            }
        })
        .collect()
}

/// Sets the condition, if the other service has a health check.
fn repair(context: &Context<'_>, dependencies: &[Entry], other: &Entry) -> Option<Action> {
    let services = context.project.services();
    let has_check = |name: &str| {
        services.iter().any(|entry| entry.key == name && entry.value.at(&["healthcheck", "test"]).is_some())
    };
    if let Some(condition) = other.value.at(&["condition"]) {
        let with = "service_healthy".to_owned();
        return has_check(&other.key).then_some(Action::Replace { span: condition.span, with });
    }
    // A list can only be turned into a mapping as a whole.
    let is_item = |entry: &Entry| entry.value.kind == Kind::Null && has_check(&entry.key);
    let names = dependencies.iter().map(|entry| entry.span).collect();
    let value = NewValue::entry("condition", NewValue::scalar("service_healthy"));
    dependencies.iter().all(is_item).then_some(Action::ListToMap { names, value })
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
