//! CC305: a project without a name.

use super::rule::{Check, Context, Rule};
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC305",
    name: "project-name-missing",
    level: Level::Warning,
    what: "The project has no name",
    why: "Compose uses the name of the directory: dev and test files in one directory, or two checkouts, replace each other's containers",
    example: "
services:
  db:
    image: postgres:15
",
    good: "
name: shop-test
services:
  db:
    image: postgres:15
",
    fix: "set it at the top of the file: name: myapp-test",
    references: &[
        "https://docs.docker.com/reference/compose-file/version-and-name/",
        "https://docs.docker.com/compose/how-tos/project-name/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let root = &context.project.root;
    if context.policy.has_name || root.at(&["name"]).is_some() {
        return Vec::new();
    }
    let services = root.entry("services").into_iter();
    services.map(|entry| RULE.finding("name".into(), entry.span, "the project has no name".into())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::{found, found_with};

    #[test]
    fn in_the_file_or_the_environment() {
        assert_eq!(found("CC305", "services: {}"), ["1:1 the project has no name"]);
        assert_eq!(found("CC305", "name: x\nservices: {}"), [""; 0]);
        let named = Policy { has_name: true, ..Policy::default() };
        assert_eq!(found_with(&named, "CC305", "services: {}"), [""; 0]);
    }
}
