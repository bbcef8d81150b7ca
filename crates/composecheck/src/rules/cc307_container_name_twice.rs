//! CC307: two services with one container name.

use std::collections::HashMap;

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC307",
    name: "container-name-twice",
    level: Level::Error,
    what: "Two services have the same container_name",
    why: "The second container cannot be created; Compose 2.40 refuses the project",
    example: "
services:
  db:
    image: postgres:15
    container_name: db
  db-test:
    image: postgres:15
    container_name: db
",
    good: "
services:
  db:
    image: postgres:15
  db-test:
    image: postgres:15
",
    fix: "remove container_name; containers reach each other by the names of their services",
    references: &["https://docs.docker.com/reference/compose-file/services/#container_name"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut first = HashMap::new();
    let mut findings = Vec::new();
    for entry in context.project.services() {
        let Some(node) = entry.value.at(&["container_name"]) else { continue };
        let Some(name) = node.text().filter(|name| !name.is_empty()) else { continue };
        match first.get(&name) {
            Some((other, span)) => {
                let message = format!("'{other}' and '{}' have the container_name '{name}'", entry.key);
                let finding = RULE.finding(service(entry), node.span, message);
                findings.push(finding.with_related(*span, "used here already"));
            }
            None => {
                first.insert(name, (&entry.key, node.span));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn the_second_one_is_found() {
        let of = |second: &str| {
            found(
                "CC307",
                &format!("services: {{a: {{container_name: x}}, b: {{container_name: {second}}}}}"),
            )
        };
        assert_eq!(of("x"), ["1:56 'a' and 'b' have the container_name 'x'"]);
        assert_eq!(of("y"), [""; 0]);
    }
}
