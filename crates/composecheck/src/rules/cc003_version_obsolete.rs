//! CC003: the obsolete key `version`.

use super::rule::{Check, Context, Rule};
use crate::finding::repair::Action;
use crate::finding::{Finding, Level};

pub(super) const RULE: Rule = Rule {
    code: "CC003",
    name: "version-obsolete",
    level: Level::Info,
    what: "The file has the obsolete key 'version'",
    why: "Compose ignores it and prints a warning with every command",
    example: "
version: \"3.8\"
services:
  db:
    image: postgres:15
",
    good: "
services:
  db:
    image: postgres:15
",
    fix: "remove the line",
    references: &["https://docs.docker.com/reference/compose-file/version-and-name/"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let version = context.project.root.entry("version");
    let finding = |span| {
        let finding = RULE.finding("version".into(), span, "'version' is obsolete".into());
        finding.with_fix(&["version"], Action::RemoveLine { key: span })
    };
    version.map(|entry| finding(entry.span)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn the_key_alone() {
        assert_eq!(found("CC003", "version: '3'\nservices: {}"), ["1:1 'version' is obsolete"]);
        assert_eq!(found("CC003", "services: {version: {}}"), [""; 0]);
    }
}
