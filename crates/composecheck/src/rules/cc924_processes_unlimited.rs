//! CC924: no limit on processes.

use super::hardening;
use super::rule::{Check, Context, Rule};
use crate::finding::{Finding, Level};
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    code: "CC924",
    name: "processes-unlimited",
    level: Level::Warning,
    what: "Services may start any number of processes",
    why: "One that forks without end takes the whole machine down",
    example: "
services:
  app:
    image: app:1
",
    good: "
services:
  app:
    image: app:1
    pids_limit: 200
",
    fix: "pids_limit: 200, or deploy.resources.limits.pids",
    references: &["https://docs.docker.com/reference/compose-file/services/#pids_limit"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::missing(&RULE, context, "the number of processes has no limit", is_set)
}

fn is_set(service: &Node) -> bool {
    let limit = service
        .text_at(&["pids_limit"])
        .or_else(|| service.text_at(&["deploy", "resources", "limits", "pids"]));
    limit.and_then(|limit| limit.parse::<f64>().ok()).is_some_and(|limit| limit > 0.0)
}
