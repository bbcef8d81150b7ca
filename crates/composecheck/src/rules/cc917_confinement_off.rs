//! CC917: seccomp, AppArmor or SELinux switched off.

use super::rule::{Check, Context, Rule, service};
use crate::finding::{Finding, Level};
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC917",
    name: "confinement-off",
    level: Level::Warning,
    what: "Seccomp, AppArmor or SELinux is switched off for a container",
    why: "The kernel then accepts calls from it that most known break-outs need",
    example: "
services:
  db:
    image: postgres:15
    security_opt: [seccomp:unconfined]
",
    good: "
services:
  db:
    image: postgres:15
    security_opt: [seccomp:profile.json]
",
    fix: "remove it, or name a profile that allows what is needed: seccomp:profile.json",
    references: &[
        "https://docs.docker.com/engine/security/seccomp/",
        "https://docs.docker.com/engine/security/apparmor/",
    ],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context.project.services().iter().flat_map(check_service).collect()
}

fn check_service(entry: &Entry) -> Vec<Finding> {
    let options = entry.value.items_at(&["security_opt"]).iter();
    let finding = |node: &crate::yaml::Node| {
        let option = node.text()?.replace('=', ":");
        let is_off = matches!(
            option.as_str(),
            "seccomp:unconfined" | "apparmor:unconfined" | "label:disable" | "systempaths:unconfined"
        );
        let message = format!("service '{}' runs with {option}", entry.key);
        is_off.then(|| RULE.finding(service(entry), node.span, message))
    };
    options.filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn in_both_spellings() {
        let text = "services: {a: {security_opt: ['seccomp:unconfined', apparmor=unconfined, 'no-new-privileges:true']}}";
        assert_eq!(
            found("CC917", text),
            [
                "1:31 service 'a' runs with seccomp:unconfined",
                "1:53 service 'a' runs with apparmor:unconfined"
            ]
        );
    }
}
