//! CC301: nothing says which environment it belongs to.

use super::{Context, Finding, Level, Rule};
use crate::model::{Entry, Kind};
use crate::source::Span;

pub(super) const RULE: Rule = Rule {
    code: "CC301",
    name: "label-missing",
    level: Level::Error,
    what: "A service, volume or network has no label netra.env",
    why: "What a killed run leaves cannot be told from what is in use, so it is never cleaned up, or by mistake",
    example: "services: {db: {image: postgres:15}}",
    fix: "label it: labels: {netra.env: test}",
    check,
};

const LABEL: &str = "netra.env";

fn check(context: &Context<'_>) -> Vec<Finding> {
    let project = context.project;
    let mut findings = Vec::new();
    for (section, word) in [("services", "service"), ("volumes", "volume"), ("networks", "network")] {
        let bare = project.section(section).iter().filter(|entry| !is_external(entry) && !is_labelled(entry));
        findings.extend(bare.map(|entry| {
            missing(format!("{section}.{}", entry.key), entry.span, &format!("{word} '{}'", entry.key))
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
    Some(missing("networks.default".into(), services.span, "the network 'default', which Compose makes,"))
}

fn missing(subject: String, span: Span, what: &str) -> Finding {
    RULE.finding(subject, span, format!("{what} has no label {LABEL}"))
}

fn is_labelled(entry: &Entry) -> bool {
    entry.value.at(&["labels", LABEL]).and_then(crate::model::Node::text).is_some_and(|text| !text.is_empty())
}

/// Compose does not make what is external, so it cannot label it.
fn is_external(entry: &Entry) -> bool {
    entry.value.at(&["external"]).is_some_and(|node| node.kind != Kind::Bool(false))
}
