//! Linting: runs the rules, then applies suppressions, configured levels and the baseline.

pub(crate) mod baseline;
pub mod config;
pub mod config_schema;
pub(crate) mod starter_config;
mod suppressions;
pub(crate) mod verdict;

use glob_match::glob_match;

use crate::compose::Project;
use crate::finding::{Finding, sort};
use crate::rules::policy::Policy;
use crate::rules::rule::{Check, Pair};
use crate::rules::{self, SUPPRESSION_UNCLEAR, SUPPRESSION_UNUSED, by_code, levels};
use crate::source::{FileId, Sources, Span};
use baseline::Baseline;
use config::{Code, Config, Ignore};
use suppressions::{Comment, Directive, comments};

/// The result of linting.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Sorted by file and position.
    pub findings: Vec<Finding>,
    /// Findings that a comment or the configuration accepts.
    pub(crate) suppressed: Vec<Suppressed>,
    /// The number of findings that are in the baseline.
    pub(crate) known: usize,
}

/// A finding that a comment or the configuration accepts.
#[derive(Clone, Debug)]
pub struct Suppressed {
    pub(crate) finding: Finding,
    pub(crate) reason: String,
    /// Whether a comment accepts it, rather than the configuration.
    pub(crate) in_source: bool,
}

/// How a project is linted.
#[derive(Debug)]
pub struct LintSettings<'a> {
    /// What the rules expect.
    pub policy: &'a Policy,
    /// Levels and suppressions.
    pub config: &'a Config,
    /// The configuration file, if it is one of the sources: unused suppressions are shown in it.
    pub config_file: Option<FileId>,
    /// The path of each source relative to the directory of the configuration, with slashes.
    pub names: &'a [String],
}

/// Lints a project. `sources` are those of the project, and the configuration file if there is one.
pub fn lint(
    project: &Project,
    sources: &Sources,
    settings: &LintSettings<'_>,
    baseline: Option<Baseline>,
) -> Outcome {
    let comments = comments(&project.sources);
    let (mut findings, suppressed) = suppress(rules::check(project, settings.policy), &comments, settings);
    findings.extend(unused_comments(&comments, &suppressed));
    findings.extend(comments.iter().filter_map(invalid_comment));
    findings.extend(unused_ignores(sources, &suppressed, settings));
    let findings = with_levels(findings, settings);
    let (findings, known) = match baseline {
        Some(baseline) => baseline.remove_known(sources, findings),
        None => (findings, 0),
    };
    Outcome { findings, suppressed, known }
}

/// Lints the differences between two projects. Unused suppressions are not reported: they may be meant for a check.
pub(crate) fn lint_pair(pair: &Pair<'_>, settings: &LintSettings<'_>) -> Outcome {
    let comments = comments(&pair.second.sources);
    let (findings, suppressed) = suppress(rules::check_pair(pair), &comments, settings);
    Outcome { findings: with_levels(findings, settings), suppressed, known: 0 }
}

/// Sets the levels, those of the configuration before those of the policy, removes findings of rules that are off, and
/// sorts the rest.
fn with_levels(findings: Vec<Finding>, settings: &LintSettings<'_>) -> Vec<Finding> {
    let configured = |mut finding: Finding| {
        finding.level = match settings.config.levels.get(&Code(finding.code)) {
            Some(setting) => setting.level()?,
            None => levels::level(finding.code, finding.level, settings.policy)?,
        };
        Some(finding)
    };
    let mut findings: Vec<Finding> = findings.into_iter().filter_map(configured).collect();
    sort(&mut findings);
    findings
}

/// Splits findings into those that count and those that are suppressed.
fn suppress(
    found: Vec<Finding>,
    comments: &[Comment],
    settings: &LintSettings<'_>,
) -> (Vec<Finding>, Vec<Suppressed>) {
    let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
    for finding in found {
        if let Some(reason) = comments.iter().find_map(|comment| reason_for(comment, &finding)) {
            let reason = reason.to_owned();
            suppressed.push(Suppressed { finding, reason, in_source: true });
        } else if let Some(ignore) =
            settings.config.ignore.iter().find(|i| covers(i.get_ref(), &finding, settings))
        {
            let reason = ignore.get_ref().reason.0.clone();
            suppressed.push(Suppressed { finding, reason, in_source: false });
        } else {
            findings.push(finding);
        }
    }
    (findings, suppressed)
}

/// Findings for codes in comments that suppress nothing.
fn unused_comments(comments: &[Comment], suppressed: &[Suppressed]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for comment in comments {
        let Directive::Ignore { codes, .. } = &comment.directive else { continue };
        let is_used = |code: &str| {
            let mut here = suppressed.iter().map(|one| &one.finding);
            here.any(|finding| finding.code == code && reason_for(comment, finding).is_some())
        };
        let unused = codes.iter().filter(|code| is_checked(code) && !is_used(code));
        findings.extend(unused.map(|code| unused_finding(code, comment.span)));
    }
    findings
}

/// Whether a check of one project runs the rule.
fn is_checked(code: &str) -> bool {
    by_code(code).is_some_and(|rule| !matches!(rule.check, Check::Pair(_)))
}

/// The reason of a comment, if it suppresses the finding.
fn reason_for<'a>(comment: &'a Comment, finding: &Finding) -> Option<&'a str> {
    let Directive::Ignore { codes, reason } = &comment.directive else { return None };
    let here = comment.span.file == finding.primary.file && comment.line == finding.primary.line;
    (here && codes.contains(&finding.code)).then_some(reason)
}

/// Whether an ignore of the configuration suppresses the finding.
fn covers(ignore: &Ignore, finding: &Finding, settings: &LintSettings<'_>) -> bool {
    let name = settings.names.get(finding.primary.file.0).map_or("", String::as_str);
    ignore.rule.0 == finding.code
        && ignore.subject.as_ref().is_none_or(|subject| *subject == finding.subject)
        && glob_match(&ignore.path, name)
}

fn invalid_comment(comment: &Comment) -> Option<Finding> {
    let Directive::Invalid(why) = &comment.directive else { return None };
    let message = format!("this comment has no effect: {why}");
    Some(SUPPRESSION_UNCLEAR.finding("comment".into(), comment.span, message))
}

fn unused_finding(code: &str, span: Span) -> Finding {
    SUPPRESSION_UNUSED.finding("comment".into(), span, format!("{code} is suppressed here, but not found"))
}

/// Findings for ignores of the configuration that match a source and suppress nothing.
fn unused_ignores(sources: &Sources, suppressed: &[Suppressed], settings: &LintSettings<'_>) -> Vec<Finding> {
    let Some(file) = settings.config_file else { return Vec::new() };
    let text = &sources.get(file).text;
    let matches_source = |ignore: &Ignore| settings.names.iter().any(|name| glob_match(&ignore.path, name));
    let unused = settings.config.ignore.iter().filter(|ignore| {
        let ignore = ignore.get_ref();
        is_checked(ignore.rule.0)
            && matches_source(ignore)
            && !suppressed.iter().any(|s| !s.in_source && covers(ignore, &s.finding, settings))
    });
    unused
        .map(|ignore| unused_finding(ignore.get_ref().rule.0, Span::of_bytes(file, text, ignore.span())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::project;

    #[test]
    fn examples_of_suppressions_are_found() {
        let (policy, config) = (Policy::default(), Config::default());
        let settings = LintSettings { policy: &policy, config: &config, config_file: None, names: &[] };
        for rule in [SUPPRESSION_UNUSED, SUPPRESSION_UNCLEAR] {
            let project = project(rule.example);
            let outcome = lint(&project, &project.sources, &settings, None);
            assert!(outcome.findings.iter().any(|finding| finding.code == rule.code), "{}", rule.code);
        }
    }
}
