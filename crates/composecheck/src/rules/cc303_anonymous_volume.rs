//! CC303: volumes without a name.

use super::rule::{Check, Context, Rule, service};
use crate::facts::mounts::{MountKind, mounts};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC303",
    name: "anonymous-volume",
    level: Level::Warning,
    what: "A service mounts a volume that has no name",
    why: "Each run makes another one with no label and a random name; after a crash nothing knows whose it was",
    example: "
services:
  db:
    image: postgres:15
    volumes: [/var/lib/postgresql/data]
",
    fix: "give it a name and declare it under volumes, with its label",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let mounts = mounts(&entry.value).into_iter();
    mounts
        .filter(|mount| mount.kind == MountKind::Volume && mount.source.is_none())
        .map(|mount| {
            let message = format!("the volume at '{}' of service '{}' has no name", mount.target, entry.key);
            RULE.finding(service(entry), mount.node.span, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn names() {
        let of = |item: &str| found("CC303", &format!("services: {{a: {{volumes: [{item}]}}}}"));
        assert_eq!(of("/d"), ["1:26 the volume at '/d' of service 'a' has no name"]);
        assert_eq!(of("{type: volume, target: /d}").len(), 1);
        for named in
            ["'vol:/d'", "'./x:/d'", "{type: volume, source: v, target: /d}", "{type: tmpfs, target: /d}"]
        {
            assert_eq!(of(named), [""; 0], "{named}");
        }
    }
}
