//! CC306: something that two environments both call their own.

use super::rule::{Check, Pair, Rule};
use crate::compose::Project;
use crate::facts::mounts::is_external;
use crate::finding::{Finding, Level};
use crate::yaml::{Entry, text_at};

pub(super) const RULE: Rule = Rule {
    code: "CC306",
    name: "shared-between-environments",
    level: Level::Error,
    what: "Two environments have the same project name, volume or network",
    why: "One overwrites the other's data, and taking one down takes the other down with it",
    example: "
name: app
services: {db: {image: postgres:15}}
---
name: app
services: {db: {image: postgres:15}}
",
    fix: "give each its own project name, and leave names of volumes and networks to Compose",
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
    let message = format!("both environments are the project '{name}'");
    Some(RULE.finding("name".into(), second.span, message).see(first.span, "and here"))
}

fn check_resource(first: &Project, section: &str, entry: &Entry) -> Option<Finding> {
    let name = global_name(entry)?;
    let twin = first.section(section).iter().find(|other| global_name(other).as_ref() == Some(&name))?;
    let word = section.trim_end_matches('s');
    let message = format!("both environments use the {word} '{name}'");
    Some(RULE.finding(format!("{section}.{}", entry.key), entry.span, message).see(twin.span, "and here"))
}

/// The name that does not begin with the project's, if it has one.
fn global_name(entry: &Entry) -> Option<String> {
    let named = text_at(&entry.value, &["name"]);
    named.or_else(|| is_external(entry).then(|| entry.key.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::found_between;

    #[test]
    fn names_of_the_whole_machine() {
        let of = |one: &str, two: &str| found_between("CC306", one, two);
        assert_eq!(of("name: a", "name: a"), ["1:7 both environments are the project 'a'"]);
        assert_eq!(of("name: a", "name: b"), [""; 0]);
        let volume = |text: &str| format!("volumes: {{v: {text}}}");
        assert_eq!(of(&volume("{name: d}"), &volume("{name: d}")).len(), 1);
        assert_eq!(of(&volume("{external: true}"), &volume("{name: v}")).len(), 1);
        assert_eq!(of(&volume("{}"), &volume("{}")), [""; 0]);
    }
}
