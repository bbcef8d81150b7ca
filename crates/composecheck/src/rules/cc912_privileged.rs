//! CC912: a privileged container.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC912",
    name: "privileged",
    level: Level::Error,
    what: "A container is privileged",
    why: "It has every right on the machine, and reaches all of its devices: a break-in takes the machine",
    example: "
services:
  runner:
    image: ci-runner:1
    privileged: true
",
    good: "
services:
  runner:
    image: ci-runner:1
    cap_add: [NET_ADMIN]
",
    fix: "give it what it needs: cap_add, devices, or a volume",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#privileged",
        "https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Option<Finding> {
    let node = entry.value.at(&["privileged"]).filter(|node| node.text().as_deref() == Some("true"))?;
    Some(RULE.finding(service(entry), node.span, format!("service '{}' is privileged", entry.key)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn switched_on() {
        let of = |value: &str| found("CC912", &format!("services: {{a: {{privileged: {value}}}}}")).len();
        assert_eq!([of("true"), of("'true'"), of("false")], [1, 1, 0]);
    }
}
