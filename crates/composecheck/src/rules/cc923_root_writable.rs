//! CC923: a root file system that can be changed.

use super::hardening;
use super::rule::{Check, Context, Rule};
use crate::finding::{Finding, Level};
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    code: "CC923",
    name: "root-writable",
    level: Level::Warning,
    what: "Services can change their own root file system",
    why: "A break-in can replace programs; data written there is lost with the container",
    example: "
services:
  app:
    image: app:1
",
    good: "
services:
  app:
    image: app:1
    read_only: true
    tmpfs: /tmp:size=64m
",
    fix: "read_only: true, and a tmpfs with a size for what must be written",
    references: &["https://docs.docker.com/reference/compose-file/services/#read_only"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::missing(&RULE, context, "the root file system can be changed", is_set)
}

fn is_set(service: &Node) -> bool {
    service.text_at(&["read_only"]).as_deref() == Some("true")
}
