//! CC001: a variable without a value.

use super::rule::{Check, Context, Rule};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC001",
    name: "variable-unset",
    level: Level::Warning,
    what: "A variable has neither a value nor a default",
    why: "Compose replaces it by an empty string with only a warning, so a port, a path or a password is empty",
    example: "
services:
  db:
    image: postgres:${PG_VERSION}
",
    good: "
services:
  db:
    image: postgres:${PG_VERSION:-15}
",
    fix: "set it in .env, or use a default: ${NAME:-value}",
    references: &["https://docs.docker.com/reference/compose-file/interpolation/"],
    check: Check::Project(check),
};

/// Maximum number of other uses that are shown with the first one.
const MAX_SHOWN: usize = 9;

/// One finding for each variable.
fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, span) in &context.project.unset {
        match findings.iter_mut().find(|finding| finding.subject == *name) {
            Some(finding) => finding.relate(*span, "also used here", MAX_SHOWN),
            None => {
                findings.push(RULE.finding(name.clone(), *span, format!("the variable {name} is not set")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn used_without_a_value() {
        assert_eq!(
            found("CC001", "services: {a: {image: '$X-${Y:-1}'}}"),
            ["1:23 the variable X is not set"]
        );
        let twice = "services: {a: {image: $X, user: $X, hostname: $Y}}";
        assert_eq!(
            found("CC001", twice),
            ["1:23 the variable X is not set", "1:47 the variable Y is not set"]
        );
    }
}
