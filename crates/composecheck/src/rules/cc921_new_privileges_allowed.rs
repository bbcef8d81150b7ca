//! CC921: processes that may gain rights.

use super::hardening;
use super::rule::{Check, Context, Rule};
use crate::finding::{Finding, Level};
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    code: "CC921",
    name: "new-privileges-allowed",
    level: Level::Warning,
    what: "Services may gain rights through programs such as sudo",
    why: "A break-in into a process without rights becomes one with all of the container",
    example: "
services:
  app:
    image: app:1
",
    good: "
services:
  app:
    image: app:1
    security_opt: [no-new-privileges:true]
",
    fix: "security_opt: [no-new-privileges:true]",
    references: &["https://docs.docker.com/reference/compose-file/services/#security_opt"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::missing(&RULE, context, "processes may gain rights", is_set)
}

fn is_set(service: &Node) -> bool {
    let options = service.items_at(&["security_opt"]).iter().filter_map(Node::text);
    options
        .map(|option| option.replace('=', ":"))
        .any(|option| matches!(option.as_str(), "no-new-privileges" | "no-new-privileges:true"))
}
