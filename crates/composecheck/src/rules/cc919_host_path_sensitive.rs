//! CC919: a directory of the machine's own.

use super::rule::{Check, Context, Rule, service};
use crate::compose::shorthand;
use crate::facts::mounts::{Mount, mounts};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC919",
    name: "host-path-sensitive",
    level: Level::Error,
    what: "A directory of the machine's own is mounted into a container",
    why: "The container can change how the machine works, or read its keys and passwords",
    example: "
services:
  agent:
    image: agent:1
    volumes: [/etc:/host/etc]
",
    good: "
services:
  agent:
    image: agent:1
    volumes: [/etc/hosts:/etc/hosts:ro]
",
    fix: "mount only the file that is needed, and read-only: /etc/hosts:/etc/hosts:ro",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#volumes",
        "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
    ],
    check: Check::Project(check),
};

/// Directories of the machine's own. What is below them is accepted, except below those that end with a slash.
const SENSITIVE: [&str; 17] = [
    "/",
    "/boot/",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/proc",
    "/root/",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var",
    "/var/lib/docker/",
    "/var/run",
    "/etc/ssh/",
];

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let mounts = mounts(&entry.value);
    let sensitive = mounts.iter().filter(|mount| mount.source.as_deref().is_some_and(is_sensitive));
    let finding = |mount: &Mount<'_>| {
        let source = mount.source.as_deref().unwrap_or_default();
        let (how, level) =
            if is_read_only(mount) { ("can read", Level::Info) } else { ("can change", Level::Error) };
        let message = format!("service '{}' {how} {source} of the machine", entry.key);
        Finding { level, ..RULE.finding(service(entry), mount.node.span, message) }
    };
    sensitive.map(finding).collect()
}

fn is_sensitive(source: &str) -> bool {
    let path = source.trim_end_matches('/');
    let is_one = |known: &&str| {
        let whole = known.trim_end_matches('/');
        path == whole || known.len() > 1 && known.ends_with('/') && path.starts_with(known)
    };
    !source.is_empty() && SENSITIVE.iter().any(is_one)
}

fn is_read_only(mount: &Mount<'_>) -> bool {
    match mount.node.text() {
        Some(text) => shorthand::mount(&text).2.split(',').any(|option| option == "ro"),
        None => mount.node.text_at(&["read_only"]).as_deref() == Some("true"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::super::testing::findings_with;
    use crate::finding::Level;

    #[test]
    fn directories_and_how_they_are_mounted() {
        let of = |mount: &str| {
            let text = format!("services: {{a: {{volumes: [{mount}]}}}}");
            findings_with(&Policy::default(), "CC919", &text).first().map(|finding| finding.level)
        };
        for mount in ["'/:/host'", "'/etc/:/e'", "'/root/.ssh:/s'", "{type: bind, source: /proc, target: /p}"]
        {
            assert_eq!(of(mount), Some(Level::Error), "{mount}");
        }
        for mount in
            ["'/:/host:ro'", "'/sys:/sys:ro,rslave'", "{type: bind, source: /, target: /p, read_only: true}"]
        {
            assert_eq!(of(mount), Some(Level::Info), "{mount}");
        }
        for mount in [
            "'/etc/localtime:/etc/localtime:ro'",
            "'./etc:/etc'",
            "'/srv/data:/d'",
            "'/var/log/app:/l'",
            "{type: bind, source: '', target: /p}",
        ] {
            assert_eq!(of(mount), None, "{mount}");
        }
    }
}
