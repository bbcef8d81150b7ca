//! CC303: an anonymous volume.

use super::rule::{Check, Context, Rule, service};
use crate::facts::mounts::{MountKind, mounts};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC303",
    name: "anonymous-volume",
    level: Level::Warning,
    what: "A service has an anonymous volume",
    why: "Each run creates another one without a label and with a random name; after a crash nothing shows where it belongs",
    example: "
services:
  db:
    image: postgres:15
    volumes: [/var/lib/postgresql/data]
",
    good: "
services:
  db:
    image: postgres:15
    volumes: [data:/var/lib/postgresql/data]
volumes:
  data:
    labels: {netra.env: test}
",
    fix: "name it, and declare it with its label under volumes",
    references: &["https://docs.docker.com/reference/compose-file/volumes/"],
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
            let message = format!("the volume at '{}' of service '{}' is anonymous", mount.target, entry.key);
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
        assert_eq!(of("/d"), ["1:26 the volume at '/d' of service 'a' is anonymous"]);
        assert_eq!(of("{type: volume, target: /d}").len(), 1);
        for named in
            ["'vol:/d'", "'./x:/d'", "{type: volume, source: v, target: /d}", "{type: tmpfs, target: /d}"]
        {
            assert_eq!(of(named), [""; 0], "{named}");
        }
    }
}
