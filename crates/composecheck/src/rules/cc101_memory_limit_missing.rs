//! CC101: no limit on memory.

use super::{Context, Finding, Level, Rule, service};
use crate::model::{Entry, Node};
use crate::units::bytes;

pub(super) const RULE: Rule = Rule {
    code: "CC101",
    name: "memory-limit-missing",
    level: Level::Error,
    what: "A service has no limit on memory, or one that does nothing",
    why: "One leak takes the whole machine's memory, and the kernel then kills whatever it likes, the engine included",
    example: "services: {db: {image: postgres:15}}",
    fix: "give it one: mem_limit: 512m",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let limits = ["mem_limit"].as_slice();
    let deploy = ["deploy", "resources", "limits", "memory"].as_slice();
    let Some(limit) = entry.value.at(limits).or_else(|| entry.value.at(deploy)) else {
        let message = format!("service '{}' has no memory limit", entry.key);
        return Some(RULE.finding(service(entry), entry.span, message));
    };
    let text = limit.text().unwrap_or_default();
    // Compose drops a float such as 1e9 in silence; 0 means no limit.
    (!is_limit(limit, &text)).then(|| {
        let message = format!("the memory limit '{text}' of service '{}' limits nothing", entry.key);
        RULE.finding(service(entry), limit.span, message)
    })
}

fn is_limit(limit: &Node, text: &str) -> bool {
    !matches!(limit.kind, crate::model::Kind::Float(_)) && bytes(text).is_some_and(|size| size > 0)
}
