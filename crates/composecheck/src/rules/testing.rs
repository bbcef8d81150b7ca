//! Helpers for the tests of rules.

use std::path::Path;

use super::policy::{Environment, Policy};
use super::rule::Pair;
use crate::compose::Project;
use crate::finding::repair::{Action, NewValue};
use crate::finding::{Finding, sort};
use crate::load::interpolate::Variables;
use crate::load::{Missing, normalize, references};
use crate::source::{FileId, Sources, Span};
use crate::{compare, yaml};

/// A project of one file, without variables.
pub(crate) fn project(text: &str) -> Project {
    let mut sources = Sources::default();
    sources.add("a.yml".into(), text.into());
    let mut root = yaml::parse(FileId(0), text).unwrap().remove(0);
    let mut variables = Variables::default().where_missing(Missing::Noted);
    variables.interpolate(&mut root).unwrap();
    normalize::normalize(&mut root).unwrap();
    let mut absent = references::absent_files(&root, Path::new("not-here"));
    absent.append(&mut variables.required);
    Project { sources, root, unset: variables.unset, absent, ..Project::default() }
}

/// The findings of one rule that compares two files, as `line:column message`.
pub(super) fn found_between(code: &str, first: &str, second: &str) -> Vec<String> {
    shown(&findings_between(code, first, second))
}

/// The findings of one rule that compares two files.
pub(super) fn findings_between(code: &str, first: &str, second: &str) -> Vec<Finding> {
    let mut second = project(second);
    let text = second.sources.get(FileId(0)).text.clone();
    second.sources = Sources::default();
    second.sources.add("b.yml".into(), text);
    let (first, second) = compare::share_sources(project(first), second);
    let mut findings = super::check_pair(&Pair { first: &first, second: &second });
    findings.retain(|finding| finding.code == code);
    findings
}

/// The findings of one rule in a file of a test environment, as `line:column message`.
pub(super) fn found(code: &str, text: &str) -> Vec<String> {
    found_with(&Policy::from(Environment::Test), code, text)
}

/// The same with this policy.
pub(super) fn found_with(policy: &Policy, code: &str, text: &str) -> Vec<String> {
    shown(&findings_with(policy, code, text))
}

/// The findings of one rule with this policy.
pub(super) fn findings_with(policy: &Policy, code: &str, text: &str) -> Vec<Finding> {
    findings_in(&project(text), policy, code)
}

fn findings_in(project: &Project, policy: &Policy, code: &str) -> Vec<Finding> {
    let mut findings = super::check(project, policy);
    findings.retain(|finding| finding.code == code);
    sort(&mut findings);
    findings
}

/// What the fixes of one rule write into a file of this environment: path, then what becomes of which text.
pub(super) fn repairs(environment: Environment, code: &str, text: &str) -> Vec<String> {
    let project = project(text);
    let findings = findings_in(&project, &Policy::from(environment), code);
    let repairs = findings.iter().filter_map(|finding| {
        let repair = finding.repair.as_ref()?;
        Some(format!("{}: {}", repair.path.join("."), written(&project.sources, &repair.action)))
    });
    repairs.collect()
}

fn written(sources: &Sources, action: &Action) -> String {
    let slice = |span: &Span| sources.get(span.file).slice(*span);
    match action {
        Action::Replace { span, with } => format!("{} -> {with}", slice(span)),
        Action::Insert { key, entries } => format!("{} + {}", slice(key), entries_shown(entries)),
        Action::Append { entries } => format!("+ {}", entries_shown(entries)),
        Action::ListToMap { names, value } => {
            let names: Vec<&str> = names.iter().map(slice).collect();
            format!("{} -> {}", names.join(", "), value_shown(value))
        }
        Action::RemoveLine { key } => format!("- {}", slice(key)),
    }
}

fn entries_shown(entries: &[(String, NewValue)]) -> String {
    let one = |(key, value): &(String, NewValue)| format!("{key}: {}", value_shown(value));
    entries.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn value_shown(value: &NewValue) -> String {
    match value {
        NewValue::Scalar(text) => text.clone(),
        NewValue::Map(entries) => format!("{{{}}}", entries_shown(entries)),
    }
}

fn shown(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{}:{} {}", f.primary.line, f.primary.column, f.message)).collect()
}
