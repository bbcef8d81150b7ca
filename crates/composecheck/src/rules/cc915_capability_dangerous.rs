//! CC915: a capability that opens the machine.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC915",
    name: "capability-dangerous",
    level: Level::Warning,
    what: "A container has a capability with which it can leave its isolation",
    why: "With it, a break-in into the container is one into the machine",
    example: "
services:
  backup:
    image: backup:1
    cap_add: [SYS_ADMIN]
",
    good: "
services:
  backup:
    image: backup:1
    cap_add: [NET_BIND_SERVICE]
",
    fix: "remove it, or replace it by one that allows less",
    references: &[
        "https://docs.docker.com/reference/compose-file/services/#cap_add",
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
    ],
    check: Check::Project(check),
};

/// Capabilities with which a process can load code into the kernel, read all of its memory or every file, or trace
/// processes of the machine. Source: capabilities(7).
const DANGEROUS: [&str; 8] =
    ["ALL", "BPF", "DAC_READ_SEARCH", "PERFMON", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"];

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let added = entry.value.items_at(&["cap_add"]).iter();
    let finding = |node: &crate::yaml::Node| {
        let name = node.text()?.to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name);
        let message = format!("service '{}' has the capability {name}", entry.key);
        DANGEROUS.contains(&name).then(|| RULE.finding(service(entry), node.span, message))
    };
    added.filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn in_every_spelling() {
        let text = "services: {a: {cap_add: [SYS_ADMIN, cap_sys_ptrace, NET_BIND_SERVICE]}}";
        assert_eq!(
            found("CC915", text),
            [
                "1:26 service 'a' has the capability SYS_ADMIN",
                "1:37 service 'a' has the capability SYS_PTRACE"
            ]
        );
    }
}
