//! CC102: no limit on CPU.

use super::{Context, Finding, Level, Rule, service};
use crate::model::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC102",
    name: "cpu-limit-missing",
    level: Level::Warning,
    what: "A service has no limit on CPU",
    why: "One busy container starves the others, whose health checks then time out",
    example: "services: {db: {image: postgres:15}}",
    fix: "give it one: cpus: 0.25",
    check,
};

/// The places where a limit on CPU can stand.
const PLACES: [&[&str]; 3] = [&["cpus"], &["cpu_quota"], &["deploy", "resources", "limits", "cpus"]];

fn check(context: &Context<'_>) -> Vec<Finding> {
    let without = |entry: &&Entry| PLACES.iter().all(|path| entry.value.at(path).is_none());
    let services = context.project.services().iter().filter(without);
    services
        .map(|entry| {
            let message = format!("service '{}' has no CPU limit", entry.key);
            RULE.finding(service(entry), entry.span, message)
        })
        .collect()
}
