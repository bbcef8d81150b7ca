//! The check that the rules on the memory settings of databases share.

use super::rule::{Context, Rule, service};
use crate::facts::memory;
use crate::facts::settings::{Database, database, setting, settings};
use crate::finding::Finding;

/// Finds settings of a database, by their names, that are sizes above the memory limit of the service.
pub(super) fn over_limit(
    rule: &Rule,
    context: &Context<'_>,
    kind: Database,
    names: &[&str],
    size: fn(&str) -> Option<u64>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in context.project.services().iter().filter(|entry| database(&entry.value) == Some(kind)) {
        let Some(limit) = memory::limit(&entry.value) else { continue };
        let settings = settings(&entry.value);
        let given = names.iter().filter_map(|name| setting(&settings, name));
        findings.extend(given.filter(|given| size(&given.value) > Some(limit.bytes)).map(|given| {
            let (name, value) = (&given.name, &given.value);
            let message = format!("{name} of service '{}' is {value}, above its memory limit", entry.key);
            let span = context.project.sources.narrow(given.span, &given.word);
            rule.finding(service(entry), span, message).with_related(limit.node.span, "the limit")
        }));
    }
    findings
}
