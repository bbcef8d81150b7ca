//! CC902: two environments with common services and no common file.

use std::collections::HashSet;

use super::rule::{Check, Pair, Rule, service};
use crate::compose::Project;
use crate::finding::{Finding, Level};
use crate::source::FileId;
use crate::yaml::{Kind, Node};

pub(super) const RULE: Rule = Rule {
    code: "CC902",
    name: "base-file-not-used",
    level: Level::Warning,
    what: "Two environments define the same services without a common file",
    why: "They diverge when a change is made in one file and forgotten in the other",
    example: "
services: {db: {image: postgres:15}}
---
services: {db: {image: postgres:15}}
",
    good: "
# base.yml
services: {db: {image: postgres:15}}
---
# test.yml, over base.yml
services: {db: {mem_limit: 512m}}
",
    fix: "move what they have in common to a base file: compare -f base.yml dev.yml test.yml",
    references: &["https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/"],
    check: Check::Pair(check),
};

fn check(pair: &Pair<'_>) -> Vec<Finding> {
    let (first, second) = (files(pair.first), files(pair.second));
    let path = |file: &FileId| &pair.second.sources.get(*file).path;
    let common = first.iter().any(|one| second.iter().any(|two| path(one) == path(two) && one != two));
    let counterpart = |key: &str| pair.first.services().iter().find(|other| other.key == key);
    let shared = pair.second.services().iter().find_map(|entry| Some((entry, counterpart(&entry.key)?)));
    let Some((entry, other)) = shared.filter(|_| !common) else { return Vec::new() };
    let message = format!("both environments define '{}', but share no file", entry.key);
    vec![RULE.finding(service(entry), entry.span, message).with_related(other.span, "the other definition")]
}

/// The files that the values of a project come from.
fn files(project: &Project) -> HashSet<FileId> {
    let mut files = HashSet::new();
    collect(&project.root, &mut files);
    files
}

fn collect(node: &Node, files: &mut HashSet<FileId>) {
    files.insert(node.span.file);
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| collect(item, files)),
        Kind::Map(entries) => entries.iter().for_each(|entry| collect(&entry.value, files)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Pair, check_pair, testing};
    use super::*;
    use crate::compare::share_sources;
    use crate::yaml;

    #[test]
    fn a_file_is_found_whatever_comes_from_it() {
        let parsed = |file, text| yaml::parse(FileId(file), text).unwrap().remove(0);
        let mut root = parsed(0, "services:");
        let Kind::Map(entries) = &mut root.kind else { panic!() };
        entries[0].value = parsed(1, "[x]");
        let Kind::List(items) = &mut entries[0].value.kind else { panic!() };
        items.push(parsed(2, "y"));
        let mut files = HashSet::new();
        collect(&root, &mut files);
        assert_eq!(files, HashSet::from([0, 1, 2].map(FileId)));
    }

    #[test]
    fn a_file_in_common() {
        let found = |second_path: &str| {
            let mut second = testing::project("services: {a: {image: x}}");
            second.sources = crate::source::Sources::default();
            second.sources.add(second_path.into(), "services: {a: {image: x}}".into());
            let (first, second) = share_sources(testing::project("services: {a: {image: x}}"), second);
            check_pair(&Pair { first: &first, second: &second }).iter().filter(|f| f.code == "CC902").count()
        };
        assert_eq!([found("a.yml"), found("b.yml")], [0, 1]);
    }
}
