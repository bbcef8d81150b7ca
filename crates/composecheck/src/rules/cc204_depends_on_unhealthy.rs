//! CC204: started before what it needs is ready.

use super::rule::{Check, Context, Rule, service};
use crate::finding::repair::{Action, Yaml};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind, text_at};

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
    context.project.services().iter().flat_map(|entry| check_service(context, entry)).collect()
}

fn check_service(context: &Context<'_>, entry: &Entry) -> Vec<Finding> {
    let needed = entry.value.at(&["depends_on"]).map_or(&[][..], |node| node.entries());
    let hasty = needed.iter().filter(|other| {
        let condition = text_at(&other.value, &["condition"]);
        condition.is_none_or(|condition| condition == "service_started")
    });
    hasty
        .map(|other| {
            let condition = other.value.at(&["condition"]);
            let span = condition.map_or(other.span, |node| node.span);
            let message = format!("service '{}' does not wait until '{}' is healthy", entry.key, other.key);
            let finding = RULE.finding(service(entry), span, message);
            match repair(context, needed, other) {
                Some(action) => finding.mended_by(&["services", &entry.key, "depends_on"], action),
                None => finding,
            }
        })
        .collect()
}

/// Waits for health, where there is a check to wait for.
fn repair(context: &Context<'_>, needed: &[Entry], other: &Entry) -> Option<Action> {
    let services = context.project.services();
    let has_check = |name: &str| {
        services.iter().any(|entry| entry.key == name && entry.value.at(&["healthcheck", "test"]).is_some())
    };
    if let Some(condition) = other.value.at(&["condition"]) {
        let with = "service_healthy".to_owned();
        return has_check(&other.key).then_some(Action::Replace { span: condition.span, with });
    }
    // A list becomes a mapping as a whole.
    let is_item = |entry: &Entry| entry.value.kind == Kind::Null && has_check(&entry.key);
    let names = needed.iter().map(|entry| entry.span).collect();
    let to = Yaml::one("condition", Yaml::scalar("service_healthy"));
    needed.iter().all(is_item).then_some(Action::Map { names, to })
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
