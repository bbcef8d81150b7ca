//! CC301: nothing says which environment it belongs to.

use super::rule::{Check, Context, Rule};
use crate::facts::mounts::is_external;
use crate::finding::repair::{Action, Yaml};
use crate::finding::{Finding, Level};
use crate::source::Span;
use crate::yaml::{Entry, text_at};

pub(super) const RULE: Rule = Rule {
    code: "CC301",
    name: "label-missing",
    level: Level::Error,
    what: "A service, volume or network has no label netra.env",
    why: "What a killed run leaves cannot be told from what is in use, so it is never cleaned up, or by mistake",
    example: "
services:
  db:
    image: postgres:15
",
    fix: "label it: labels: {netra.env: test}",
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let mut findings = Vec::new();
    for (section, word) in [("services", "service"), ("volumes", "volume"), ("networks", "network")] {
        // Compose does not make what is external, so it cannot label it.
        let made = project.section(section).iter().filter(|entry| !is_external(entry));
        findings.extend(made.filter(|entry| !is_labelled(context, entry)).map(|entry| {
            let what = format!("{word} '{}'", entry.key);
            let finding = missing(context, format!("{section}.{}", entry.key), entry.span, &what);
            let label = vec![(context.policy.label.clone(), Yaml::scalar(context.policy.environment.name()))];
            let (under, entries) = match entry.value.entry("labels") {
                Some(labels) => (labels.span, label),
                None => (entry.span, vec![("labels".to_owned(), Yaml::Map(label))]),
            };
            finding.mended_by(&[section, &entry.key, "labels"], Action::Add { under, entries })
        }));
    }
    findings.extend(implicit_network(context));
    findings
}

/// Compose makes a network for services that name none; only a declaration can label it.
fn implicit_network(context: &Context<'_>) -> Option<Finding> {
    let project = context.project;
    let joins = |entry: &Entry| {
        entry.value.at(&["network_mode"]).is_none()
            && entry.value.at(&["networks"]).is_none_or(|networks| networks.entry("default").is_some())
    };
    let declared = project.section("networks").iter().any(|entry| entry.key == "default");
    if declared || !project.services().iter().any(joins) {
        return None;
    }
    let services = project.root.entry("services")?;
    let what = "the network 'default', which Compose makes,";
    let finding = missing(context, "networks.default".into(), services.span, what);
    let label = Yaml::one(&context.policy.label, Yaml::scalar(context.policy.environment.name()));
    let default = ("default".to_owned(), Yaml::one("labels", label));
    Some(match project.root.entry("networks") {
        Some(networks) => finding.mended_by(
            &["networks", "default"],
            Action::Add { under: networks.span, entries: vec![default] },
        ),
        None => finding.mended_by(
            &["networks"],
            Action::Append { entries: vec![("networks".to_owned(), Yaml::Map(vec![default]))] },
        ),
    })
}

fn missing(context: &Context<'_>, subject: String, span: Span, what: &str) -> Finding {
    RULE.finding(subject, span, format!("{what} has no label {}", context.policy.label))
}

fn is_labelled(context: &Context<'_>, entry: &Entry) -> bool {
    text_at(&entry.value, &["labels", &context.policy.label]).is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::testing::found;

    #[test]
    fn services_volumes_and_networks() {
        let of = |text: &str| found("CC301", text);
        let labelled =
            "services: {a: {labels: [netra.env=test]}}\nnetworks: {default: {labels: {netra.env: test}}}";
        assert_eq!(of(labelled), [""; 0]);
        assert_eq!(of("services: {a: {network_mode: host}}"), ["1:12 service 'a' has no label netra.env"]);
        let implicit = "1:1 the network 'default', which Compose makes, has no label netra.env";
        assert_eq!(of("services: {a: {labels: [netra.env=test]}}"), [implicit]);
        assert_eq!(
            of(&format!("{labelled}\nvolumes: {{v: {{}}}}")),
            ["3:11 volume 'v' has no label netra.env"]
        );
        assert_eq!(of(&format!("{labelled}\nvolumes: {{v: {{external: true}}}}")), [""; 0]);
        assert_eq!(of(&labelled.replace("netra.env=test", "netra.env=")).len(), 1);
    }
}
