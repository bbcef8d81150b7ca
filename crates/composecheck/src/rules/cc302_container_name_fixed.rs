//! CC302: a fixed container name.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC302",
    name: "container-name-fixed",
    level: Level::Warning,
    what: "A service has a container_name without a variable",
    why: "Container names are unique on a host: with a parallel run, or leftovers of an earlier one, the container cannot be created",
    example: "
services:
  db:
    image: postgres:15
    container_name: test-postgres
",
    good: "
services:
  db:
    image: postgres:15
",
    fix: "remove it; Compose derives the name from project and service",
    references: &["https://docs.docker.com/reference/compose-file/services/#container_name"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().filter_map(|entry| check_service(context, entry)).collect()
}

fn check_service(context: &Context<'_>, entry: &Entry) -> Option<Finding> {
    let name = entry.value.at(&["container_name"]).filter(|name| !context.has_variable(name.span))?;
    let text = name.text()?;
    let message = format!("the container of service '{}' always has the name '{text}'", entry.key);
    Some(RULE.finding(service(entry), name.span, message))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn fixed_and_variable_names() {
        let of = |name: &str| found("CC302", &format!("services: {{a: {{container_name: '{name}'}}}}"));
        assert_eq!(of("x"), ["1:32 the container of service 'a' always has the name 'x'"]);
        assert_eq!(of("x-${SLOT:-1}"), [""; 0]);
    }
}
