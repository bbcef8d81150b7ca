//! CC301: a resource without the label of its environment.

use super::rule::{Check, Context, Rule};
use crate::facts::mounts::is_external;
use crate::finding::repair::{Action, NewValue};
use crate::finding::{Finding, Level};
use crate::source::Span;
use crate::yaml::Entry;

pub(super) const RULE: Rule = Rule {
    code: "CC301",
    name: "label-missing",
    level: Level::Error,
    what: "A service, volume or network has no label netra.env",
    why: "Leftovers of a killed run cannot be distinguished from resources in use: a clean-up misses them or removes the wrong ones",
    example: "
services:
  db:
    image: postgres:15
",
    good: "
services:
  db:
    image: postgres:15
    labels: {netra.env: test}
networks:
  default:
    labels: {netra.env: test}
",
    fix: "add the label: labels: {netra.env: test}",
    references: &["https://docs.docker.com/reference/compose-file/services/#labels"],
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let mut findings = Vec::new();
    for (section, word) in [("services", "service"), ("volumes", "volume"), ("networks", "network")] {
        // Compose does not create external resources, so it cannot label them.
        let created = project.section(section).iter().filter(|entry| !is_external(entry));
        findings.extend(created.filter(|entry| !is_labelled(context, entry)).map(|entry| {
            let what = format!("{word} '{}'", entry.key);
            let finding = missing(context, format!("{section}.{}", entry.key), entry.span, &what);
            // The label of a volume is part of its configuration: Compose offers to create it anew, without its data.
            let Some(environment) = context.policy.environment.filter(|_| section != "volumes") else {
                return finding;
            };
            let label = vec![(context.policy.label.clone(), NewValue::scalar(environment.name()))];
            let (key, entries) = match entry.value.entry("labels") {
                Some(labels) => (labels.span, label),
                None => (entry.span, vec![("labels".to_owned(), NewValue::Map(label))]),
            };
            finding.with_fix(&[section, &entry.key, "labels"], Action::Insert { key, entries })
        }));
    }
    findings.extend(check_default_network(context));
    findings
}

/// The network that Compose creates for services without one. To label it, it must be declared.
fn check_default_network(context: &Context<'_>) -> Option<Finding> {
    let project = context.project;
    let uses_default = |entry: &Entry| {
        entry.value.at(&["network_mode"]).is_none()
            && entry.value.at(&["networks"]).is_none_or(|networks| networks.entry("default").is_some())
    };
    let declared = project.section("networks").iter().any(|entry| entry.key == "default");
    if declared || !project.services().iter().any(uses_default) {
        return None;
    }
    let services = project.root.entry("services")?;
    let what = "the implicit network 'default'";
    let finding = missing(context, "networks.default".into(), services.span, what);
    let Some(environment) = context.policy.environment else { return Some(finding) };
    let label = NewValue::entry(&context.policy.label, NewValue::scalar(environment.name()));
    let default = ("default".to_owned(), NewValue::entry("labels", label));
    Some(match project.root.entry("networks") {
        Some(networks) => finding.with_fix(
            &["networks", "default"],
            Action::Insert { key: networks.span, entries: vec![default] },
        ),
        None => finding.with_fix(
            &["networks"],
            Action::Append { entries: vec![("networks".to_owned(), NewValue::Map(vec![default]))] },
        ),
    })
}

fn missing(context: &Context<'_>, subject: String, span: Span, what: &str) -> Finding {
    RULE.finding(subject, span, format!("{what} has no label {}", context.policy.label))
}

fn is_labelled(context: &Context<'_>, entry: &Entry) -> bool {
    entry.value.text_at(&["labels", &context.policy.label]).is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::policy::{Environment, Policy};
    use super::super::testing::{found, found_with, repairs};

    #[test]
    fn a_fix_writes_the_environments_label() {
        let of = |text: &str| repairs(Environment::Dev, "CC301", text);
        let labelled = "networks: {default: {labels: {netra.env: dev}}}";
        assert_eq!(
            of(&format!("services: {{a: {{image: x}}, b: {{labels: {{x: y}}}}}}\n{labelled}")),
            ["services.a.labels: a + labels: {netra.env: dev}", "services.b.labels: labels + netra.env: dev"]
        );
        let service = "services: {a: {labels: {netra.env: dev}}}";
        assert_eq!(of(service), ["networks: + networks: {default: {labels: {netra.env: dev}}}"]);
        assert_eq!(
            of(&format!("{service}\nnetworks: {{n: {{external: true}}}}")),
            ["networks.default: networks + default: {labels: {netra.env: dev}}"]
        );
        let volume = format!("{service}\n{labelled}\nvolumes: {{v: {{}}}}");
        assert_eq!(of(&volume), [""; 0], "Compose would make it anew, without its data");
        assert_eq!(found("CC301", &volume).len(), 1);
        let unknown = "services: {a: {image: x}}";
        assert_eq!(found_with(&Policy::default(), "CC301", unknown).len(), 2, "without a fix");
    }

    #[test]
    fn who_uses_the_default_network() {
        let of = |keys: &str, networks: &str| {
            let text = format!("services: {{a: {{labels: [netra.env=x], {keys}}}}}\nnetworks: {networks}");
            let found = found("CC301", &text);
            found.iter().filter(|finding| finding.contains("implicit")).count()
        };
        let other = "{n: {labels: [netra.env=x]}}";
        assert_eq!([of("image: x", other), of("networks: {default: {}, n: {}}", other)], [1; 2]);
        assert_eq!([of("networks: [n]", other), of("network_mode: host", other)], [0; 2]);
        assert_eq!(of("image: x", "{default: {labels: [netra.env=x]}}"), 0, "it is declared");
    }

    #[test]
    fn services_volumes_and_networks() {
        let of = |text: &str| found("CC301", text);
        let labelled =
            "services: {a: {labels: [netra.env=test]}}\nnetworks: {default: {labels: {netra.env: test}}}";
        assert_eq!(of(labelled), [""; 0]);
        assert_eq!(of("services: {a: {network_mode: host}}"), ["1:12 service 'a' has no label netra.env"]);
        let implicit = "1:1 the implicit network 'default' has no label netra.env";
        assert_eq!(of("services: {a: {labels: [netra.env=test]}}"), [implicit]);
        assert_eq!(
            of(&format!("{labelled}\nvolumes: {{v: {{}}}}")),
            ["3:11 volume 'v' has no label netra.env"]
        );
        assert_eq!(of(&format!("{labelled}\nvolumes: {{v: {{external: true}}}}")), [""; 0]);
        assert_eq!(of(&labelled.replace("netra.env=test", "netra.env=")).len(), 1);
    }
}
