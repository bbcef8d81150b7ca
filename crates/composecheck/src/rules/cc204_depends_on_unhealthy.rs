//! CC204: a dependency that is not waited for.

use std::collections::HashMap;

use super::rule::{Check, Context, Rule, service};
use crate::facts::health::Health;
use crate::finding::repair::{Action, NewValue};
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, Kind};

pub(super) const RULE: Rule = Rule {
    code: "CC204",
    name: "depends-on-not-healthy",
    level: Level::Warning,
    what: "A service depends on another one without condition: service_healthy, or waits for a health check that is not \
           there",
    why: "It starts as soon as the other container runs, and may fail and restart until the other service is ready. \
          Where there is no health check to wait for, Compose gives up: nothing that depends on it starts",
    example: "
services:
  app:
    image: app:1
    depends_on: [db]
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready]}
",
    good: "
services:
  app:
    image: app:1
    depends_on: {db: {condition: service_healthy}}
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready]}
",
    fix: "wait until it is healthy: depends_on: {NAME: {condition: service_healthy}}",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#depends_on",
        "https://docs.docker.com/compose/how-tos/startup-order/",
    ],
    check: Check::Project(check),
};

/// The services by name.
type Services<'a> = HashMap<&'a str, &'a Entry>;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let entries = context.project.services();
    let services: Services<'_> = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
    entries.iter().flat_map(|entry| check_service(&services, entry)).collect()
}

fn check_service(services: &Services<'_>, entry: &Entry) -> Vec<Finding> {
    let dependencies = entry.value.entries_at(&["depends_on"]);
    // Without a health check there is nothing to wait for: CC201 says so.
    let not_awaited = dependencies.iter().filter(|other| {
        let condition = other.value.text_at(&["condition"]);
        has_check(services, &other.key) && condition.is_none_or(|condition| condition == "service_started")
    });
    let in_vain = dependencies.iter().filter_map(|other| waits_in_vain(services, entry, other));
    not_awaited
        .map(|other| {
            let condition = other.value.at(&["condition"]);
            let span = condition.map_or(other.span, |node| node.span);
            let message = format!("service '{}' does not wait until '{}' is healthy", entry.key, other.key);
            let finding = RULE.finding(service(entry), span, message);
            match repair(services, dependencies, other) {
                Some(action) => finding.with_fix(&["services", &entry.key, "depends_on"], action),
                None => finding,
            }
        })
        .chain(in_vain)
        .collect()
}

/// The finding for a service that waits until another one is healthy, which that one never is.
fn waits_in_vain(services: &Services<'_>, entry: &Entry, other: &Entry) -> Option<Finding> {
    let condition =
        other.value.at(&["condition"]).filter(|node| node.text().as_deref() == Some("service_healthy"))?;
    let awaited = services.get(other.key.as_str())?;
    let state = match Health::of(&awaited.value) {
        Health::Unchecked => "has no health check",
        Health::Disabled(_) => "has a disabled one",
        Health::Checked | Health::Unknown => return None,
    };
    let message =
        format!("service '{}' waits for the health check of '{}', which {state}", entry.key, other.key);
    let finding = RULE.finding(service(entry), condition.span, message);
    let fix = format!("give '{}' a healthcheck, or do not wait for it", other.key);
    let place = "this service has nothing to wait for";
    Some(Finding { level: Level::Error, fix, ..finding }.with_related(awaited.span, place))
}

fn has_check(services: &Services<'_>, name: &str) -> bool {
    services.get(name).is_some_and(|entry| entry.value.at(&["healthcheck", "test"]).is_some())
}

/// Sets the condition, if every other service has a health check.
fn repair(services: &Services<'_>, dependencies: &[Entry], other: &Entry) -> Option<Action> {
    if let Some(condition) = other.value.at(&["condition"]) {
        let with = "service_healthy".to_owned();
        return Some(Action::Replace { span: condition.span, with });
    }
    // A list can only be turned into a mapping as a whole.
    let is_item = |entry: &Entry| entry.value.kind == Kind::Null && has_check(services, &entry.key);
    let names = dependencies.iter().map(|entry| entry.span).collect();
    let value = NewValue::entry("condition", NewValue::scalar("service_healthy"));
    dependencies.iter().all(is_item).then_some(Action::ListToMap { names, value })
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Environment, Policy};
    use super::super::testing::{findings_with, found, repairs};
    use super::*;

    #[test]
    fn conditions() {
        let of = |text: &str| {
            found(
                "CC204",
                &format!("services: {{b: {{healthcheck: {{test: x}}}}, a: {{depends_on: {text}}}}}"),
            )
        };
        assert_eq!(of("[b]"), ["1:58 service 'a' does not wait until 'b' is healthy"]);
        assert_eq!(of("{b: {condition: service_started}}").len(), 1);
        assert_eq!(of("{b: {condition: service_healthy}}"), [""; 0]);
        assert_eq!(of("{b: {condition: service_completed_successfully}}"), [""; 0]);
        assert_eq!(found("CC204", "services: {b: {}, a: {depends_on: [b]}}"), [""; 0], "CC201 is enough");
    }

    #[test]
    fn a_fix_sets_the_condition_where_all_can_have_it() {
        let of = |depends_on: &str| {
            let checked = "{healthcheck: {test: x}}";
            let text =
                format!("services: {{b: {checked}, c: {checked}, d: {{}}, a: {{depends_on: {depends_on}}}}}");
            repairs(Environment::Test, "CC204", &text)
        };
        let condition = "{condition: service_healthy}";
        let both = format!("services.a.depends_on: b, c -> {condition}");
        assert_eq!(of("[b, c]"), [both.clone(), both]);
        assert_eq!(of("[b, d]"), [""; 0], "the other one has no check");
        assert_eq!(
            of("{b: {condition: service_started}, d: {condition: service_started}}"),
            ["services.a.depends_on: service_started -> service_healthy"]
        );
    }

    #[test]
    fn a_wait_that_never_ends_is_an_error_and_says_what_to_do() {
        let of = |condition: &str| {
            let waits = format!("a: {{depends_on: {{b: {{condition: {condition}}}}}}}");
            let text =
                format!("services: {{{waits}, b: {{image: 'postgres:16', healthcheck: {{disable: true}}}}}}");
            let findings = findings_with(&Policy::default(), "CC204", &text);
            findings.into_iter().map(|finding| (finding.level, finding.fix)).collect::<Vec<_>>()
        };
        let fix = "give 'b' a healthcheck, or do not wait for it".to_owned();
        assert_eq!(of("service_healthy"), [(Level::Error, fix)]);
        assert_eq!(of("service_started"), [], "CC201 is enough");
    }

    #[test]
    fn waiting_for_a_check_that_is_not_there() {
        let of = |awaited: &str| {
            let waits = "depends_on: {b: {condition: service_healthy}}";
            found("CC204", &format!("services: {{a: {{{waits}}}, b: {{{awaited}}}}}"))
        };
        let waits = "1:44 service 'a' waits for the health check of 'b', which";
        assert_eq!(of("image: postgres:16"), [format!("{waits} has no health check")]);
        assert_eq!(of("healthcheck: {disable: true}"), [format!("{waits} has a disabled one")]);
        assert_eq!([of("image: me/app:1"), of("image: postgres:16, healthcheck: {test: x}")], [[""; 0]; 2]);
    }
}
