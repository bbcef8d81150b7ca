//! From what the rules find to what counts: levels, suppressions, the baseline.

pub(crate) mod baseline;
pub mod config;
mod suppressions;
pub(crate) mod verdict;

use glob_match::glob_match;

use crate::compose::Project;
use crate::finding::{Finding, sort};
use crate::rules;
use crate::rules::policy::Policy;
use crate::rules::rule::{Check, Pair};
use crate::rules::{SUPPRESSION_UNCLEAR, SUPPRESSION_UNUSED, by_code};
use crate::source::{FileId, Sources, Span, span_of};
use baseline::Baseline;
use config::{Code, Config, Ignore};
use suppressions::{Comment, Says, comments};

/// What is left, and what is not shown.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What counts, in the order of files and lines.
    pub findings: Vec<Finding>,
    /// What somebody has accepted.
    pub suppressed: Vec<Suppressed>,
    /// How many the baseline knows.
    pub known: usize,
}

/// A finding that somebody has accepted.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why.
    pub reason: String,
    /// Whether a comment in the file says so.
    pub in_source: bool,
}

/// What a project is judged by.
#[derive(Debug)]
pub struct Law<'a> {
    /// What is expected.
    pub policy: &'a Policy,
    /// Levels and ignores.
    pub config: &'a Config,
    /// The text of the configuration as a file of the project, where its ignores can be shown.
    pub config_file: Option<FileId>,
    /// Path of each file, seen from the configuration's folder.
    pub names: &'a [String],
}

/// Judges a project. The files are the project's own, and the configuration's.
pub fn judge(project: &Project, sources: &Sources, law: &Law<'_>, baseline: Option<Baseline>) -> Outcome {
    let comments = comments(&project.sources);
    let (mut findings, suppressed) = suppress(rules::check(project, law.policy), &comments, law);
    findings.extend(unused_comments(&comments, &suppressed));
    findings.extend(comments.iter().filter_map(unclear));
    findings.extend(unused_ignores(sources, &suppressed, law));
    let findings = with_levels(findings, law.config);
    let (findings, known) = match baseline {
        Some(baseline) => baseline.sift(sources, findings),
        None => (findings, 0),
    };
    Outcome { findings, suppressed, known }
}

/// Judges how two projects differ. What accepts nothing is not told: it may be meant for a check.
pub(crate) fn judge_pair(pair: &Pair<'_>, law: &Law<'_>) -> Outcome {
    let comments = comments(&pair.second.sources);
    let (findings, suppressed) = suppress(rules::check_pair(pair), &comments, law);
    Outcome { findings: with_levels(findings, law.config), suppressed, known: 0 }
}

fn with_levels(findings: Vec<Finding>, config: &Config) -> Vec<Finding> {
    let set = |mut finding: Finding| {
        if let Some(setting) = config.levels.get(&Code(finding.code)) {
            finding.level = setting.level()?;
        }
        Some(finding)
    };
    let mut findings: Vec<Finding> = findings.into_iter().filter_map(set).collect();
    sort(&mut findings);
    findings
}

/// Parts findings into what counts and what is accepted.
fn suppress(found: Vec<Finding>, comments: &[Comment], law: &Law<'_>) -> (Vec<Finding>, Vec<Suppressed>) {
    let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
    for finding in found {
        if let Some(reason) = comments.iter().find_map(|comment| accepts(comment, &finding)) {
            let reason = reason.to_owned();
            suppressed.push(Suppressed { finding, reason, in_source: true });
        } else if let Some(ignore) = law.config.ignore.iter().find(|i| covers(i.get_ref(), &finding, law)) {
            let reason = ignore.get_ref().reason.0.clone();
            suppressed.push(Suppressed { finding, reason, in_source: false });
        } else {
            findings.push(finding);
        }
    }
    (findings, suppressed)
}

/// Codes in comments that accept nothing, though a check looks for them.
fn unused_comments(comments: &[Comment], suppressed: &[Suppressed]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for comment in comments {
        let Says::Ignore { codes, .. } = &comment.says else { continue };
        let is_used = |code: &str| {
            let mut here = suppressed.iter().map(|one| &one.finding);
            here.any(|finding| finding.code == code && accepts(comment, finding).is_some())
        };
        let unused = codes.iter().filter(|code| is_checked(code) && !is_used(code));
        findings.extend(unused.map(|code| unused_finding(code, comment.span)));
    }
    findings
}

fn is_checked(code: &str) -> bool {
    by_code(code).is_some_and(|rule| !matches!(rule.check, Check::Pair(_)))
}

/// The reason for which a comment accepts a finding.
fn accepts<'a>(comment: &'a Comment, finding: &Finding) -> Option<&'a str> {
    let Says::Ignore { codes, reason } = &comment.says else { return None };
    let here = comment.span.file == finding.primary.file && comment.line == finding.primary.line;
    (here && codes.contains(&finding.code)).then_some(reason)
}

fn covers(ignore: &Ignore, finding: &Finding, law: &Law<'_>) -> bool {
    let name = law.names.get(finding.primary.file.0).map_or("", String::as_str);
    ignore.rule.0 == finding.code
        && ignore.subject.as_ref().is_none_or(|subject| *subject == finding.subject)
        && glob_match(&ignore.path, name)
}

fn unclear(comment: &Comment) -> Option<Finding> {
    let Says::Nonsense(why) = &comment.says else { return None };
    let message = format!("this comment suppresses nothing: {why}");
    Some(SUPPRESSION_UNCLEAR.finding("comment".into(), comment.span, message))
}

fn unused_finding(code: &str, span: Span) -> Finding {
    SUPPRESSION_UNUSED.finding("comment".into(), span, format!("{code} is not found here"))
}

/// Ignores for files that were read now, and that hide nothing in them.
fn unused_ignores(sources: &Sources, suppressed: &[Suppressed], law: &Law<'_>) -> Vec<Finding> {
    let Some(file) = law.config_file else { return Vec::new() };
    let text = &sources.get(file).text;
    let reads = |ignore: &Ignore| law.names.iter().any(|name| glob_match(&ignore.path, name));
    let idle = law.config.ignore.iter().filter(|ignore| {
        let ignore = ignore.get_ref();
        is_checked(ignore.rule.0)
            && reads(ignore)
            && !suppressed.iter().any(|s| !s.in_source && covers(ignore, &s.finding, law))
    });
    idle.map(|ignore| unused_finding(ignore.get_ref().rule.0, span_of(file, text, ignore.span()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::project;

    #[test]
    fn examples_of_suppressions_are_found() {
        let (policy, config) = (Policy::default(), Config::default());
        let law = Law { policy: &policy, config: &config, config_file: None, names: &[] };
        for rule in [SUPPRESSION_UNUSED, SUPPRESSION_UNCLEAR] {
            let project = project(rule.example);
            let outcome = judge(&project, &project.sources, &law, None);
            assert!(outcome.findings.iter().any(|finding| finding.code == rule.code), "{}", rule.code);
        }
    }
}
