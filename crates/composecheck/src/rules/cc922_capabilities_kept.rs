//! CC922: capabilities that nobody needs.

use super::hardening::{self, without};
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
    fix: "cap_drop: [ALL], and cap_add for what is needed",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::one_for_all(&RULE, context, "default capabilities are kept", &without(context, is_set))
}

fn is_set(service: &Node) -> bool {
    let dropped = service.items_at(&["cap_drop"]).iter().filter_map(Node::text);
    dropped.into_iter().any(|name| name.eq_ignore_ascii_case("all"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn one_finding_for_all_services() {
        let of = |keys: &str| found("CC922", &format!("services: {{a: {{{keys}}}, b: {{{keys}}}}}"));
        assert_eq!(of("image: x"), ["1:12 default capabilities are kept: a, b"]);
        for keys in ["cap_drop: [ALL]", "cap_drop: [all]"] {
            assert_eq!(of(keys), [""; 0], "{keys}");
        }
    }
}
