//! CC922: capabilities that nobody needs.

use super::hardening;
use super::rule::{Check, Context, Rule};
use crate::finding::{Finding, Level};
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    code: "CC922",
    name: "capabilities-kept",
    level: Level::Warning,
    what: "Services keep the engine's default capabilities",
    why: "A break-in can use them; most services need none",
    example: "
services:
  app:
    image: app:1
",
    good: "
services:
  app:
    image: app:1
    cap_drop: [ALL]
",
    fix: "cap_drop: [ALL], and cap_add for what is needed",
    references: &["https://docs.docker.com/reference/compose-file/services/#cap_drop"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::missing(&RULE, context, "default capabilities are kept", is_set)
}

fn is_set(service: &Node) -> bool {
    let dropped = service.items_at(&["cap_drop"]).iter().filter_map(Node::text);
    dropped.into_iter().any(|name| name.eq_ignore_ascii_case("all"))
}
