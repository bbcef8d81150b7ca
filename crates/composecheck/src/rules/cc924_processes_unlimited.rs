//! CC924: no limit on processes.

use super::hardening::{self, without};
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
    fix: "pids_limit: 200, or deploy.resources.limits.pids",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    hardening::one_for_all(&RULE, context, "the number of processes has no limit", &without(context, is_set))
}

fn is_set(service: &Node) -> bool {
    let limit = service
        .text_at(&["pids_limit"])
        .or_else(|| service.text_at(&["deploy", "resources", "limits", "pids"]));
    limit.and_then(|limit| limit.parse::<f64>().ok()).is_some_and(|limit| limit > 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn one_finding_for_all_services() {
        let of = |keys: &str| found("CC924", &format!("services: {{a: {{{keys}}}, b: {{{keys}}}}}"));
        assert_eq!(of("image: x"), ["1:12 the number of processes has no limit: a, b"]);
        for keys in ["pids_limit: 100", "deploy: {resources: {limits: {pids: 100}}}"] {
            assert_eq!(of(keys), [""; 0], "{keys}");
        }
    }
}
