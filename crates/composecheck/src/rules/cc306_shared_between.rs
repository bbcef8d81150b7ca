//! CC306: a project name, volume or network that two environments share.

use super::rule::{Check, Pair, Rule};
use crate::compose::Project;
use crate::facts::mounts::is_external;
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC306",
    name: "shared-between-environments",
    level: Level::Error,
    what: "Two environments have the same project name, volume or network",
    why: "They overwrite each other's data, and removing one removes the other",
    example: "
name: app
services: {db: {image: postgres:15}}
---
name: app
services: {db: {image: postgres:15}}
",
    good: "
name: app-dev
services: {db: {image: postgres:15}}
---
name: app-test
services: {db: {image: postgres:15}}
",
    fix: "give each its own project name, and remove the names of volumes and networks",
    references: &["https://docs.docker.com/compose/how-tos/project-name/"],
    check: Check::Pair(check),
};

fn check(pair: &Pair<'_>) -> Vec<Finding> {
    let of = |section: &'static str| {
        let entries = pair.second.section(section).iter();
        entries.filter_map(move |entry| check_resource(pair.first, section, entry))
    };
    same_project(pair).into_iter().chain(of("volumes")).chain(of("networks")).collect()
}

fn same_project(pair: &Pair<'_>) -> Option<Finding> {
    let (first, second) = (pair.first.root.at(&["name"])?, pair.second.root.at(&["name"])?);
    let name = second.text().filter(|name| first.text().as_ref() == Some(name))?;
    let message = format!("both environments have the project name '{name}'");
    Some(RULE.finding("name".into(), second.span, message).with_related(first.span, "the other one"))
}

fn check_resource(first: &Project, section: &str, entry: &Entry) -> Option<Finding> {
    let name = global_name(entry)?;
    let other = first.section(section).iter().find(|other| global_name(other).as_ref() == Some(&name))?;
    let word = section.trim_end_matches('s');
    let message = format!("both environments use the {word} '{name}'");
    Some(
        RULE.finding(format!("{section}.{}", entry.key), entry.span, message)
            .with_related(other.span, "the other one"),
    )
}

/// The name of a volume or network, if Compose does not derive it from the project.
fn global_name(entry: &Entry) -> Option<String> {
    let named = entry.value.text_at(&["name"]);
    named.or_else(|| is_external(entry).then(|| entry.key.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found_between;

    #[test]
    fn names_without_the_project() {
        let of = |one: &str, two: &str| found_between("CC306", one, two);
        assert_eq!(of("name: a", "name: a"), ["1:7 both environments have the project name 'a'"]);
        assert_eq!(of("name: a", "name: b"), [""; 0]);
        let volume = |text: &str| format!("volumes: {{v: {text}}}");
        assert_eq!(of(&volume("{name: d}"), &volume("{name: d}")).len(), 1);
        assert_eq!(of(&volume("{external: true}"), &volume("{name: v}")).len(), 1);
        assert_eq!(of(&volume("{}"), &volume("{}")), [""; 0]);
    }
}
