//! CC923: a root file system that can be changed.

use super::hardening::{self, without};
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
    fix: "read_only: true, and a tmpfs with a size for what must be written",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::one_for_all(&RULE, context, "the root file system can be changed", &without(context, is_set))
}

fn is_set(service: &Node) -> bool {
    service.text_at(&["read_only"]).as_deref() == Some("true")
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn one_finding_for_all_services() {
        let of = |keys: &str| found("CC923", &format!("services: {{a: {{{keys}}}, b: {{{keys}}}}}"));
        assert_eq!(of("image: x"), ["1:12 the root file system can be changed: a, b"]);
        assert_eq!(of("read_only: true"), [""; 0]);
    }
}
