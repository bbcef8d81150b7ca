//! From what the rules find to what counts: levels, suppressions, the baseline.

use std::collections::HashSet;

use glob_match::glob_match;

use crate::baseline::Baseline;
use crate::config::{Code, Config, Ignore};
use crate::model::Project;
use crate::policy::Policy;
use crate::rules::{self, Finding, SUPPRESSION_UNCLEAR, SUPPRESSION_UNUSED};
use crate::source::{FileId, Sources, Span, span_of};
use crate::suppress::{Comment, Says, comments};

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

/// Judges a project.
pub fn judge(project: &Project, law: &Law<'_>, baseline: Option<Baseline>) -> Outcome {
    let comments = comments(&project.sources);
    let found = rules::check(project, law.policy);
    let (mut findings, suppressed, mut idle) = suppress(found, &comments, law);
    findings.append(&mut idle);
    findings.extend(comments.iter().filter_map(unclear));
    findings.extend(unused_ignores(&project.sources, &suppressed, law));
    let mut findings = with_levels(findings, law.config);
    rules::sort(&mut findings);
    let (findings, known) = match baseline {
        Some(baseline) => baseline.sift(&project.sources, findings),
        None => (findings, 0),
    };
    Outcome { findings, suppressed, known }
}

fn with_levels(findings: Vec<Finding>, config: &Config) -> Vec<Finding> {
    let set = |mut finding: Finding| {
        if let Some(setting) = config.levels.get(&Code(finding.code)) {
            finding.level = setting.level()?;
        }
        Some(finding)
    };
    findings.into_iter().filter_map(set).collect()
}

/// Parts findings into what counts and what is accepted; third are the comments that accept nothing.
fn suppress(
    found: Vec<Finding>,
    comments: &[Comment],
    law: &Law<'_>,
) -> (Vec<Finding>, Vec<Suppressed>, Vec<Finding>) {
    let mut used: HashSet<(Span, &str)> = HashSet::new();
    let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
    for finding in found {
        let by_comment = comments.iter().find_map(|comment| Some((comment, accepts(comment, &finding)?)));
        if let Some((comment, reason)) = by_comment {
            used.insert((comment.span, finding.code));
            suppressed.push(Suppressed { finding, reason: reason.to_owned(), in_source: true });
        } else if let Some(ignore) = law.config.ignore.iter().find(|i| covers(i.get_ref(), &finding, law)) {
            let reason = ignore.get_ref().reason.0.clone();
            suppressed.push(Suppressed { finding, reason, in_source: false });
        } else {
            findings.push(finding);
        }
    }
    let mut idle = Vec::new();
    for comment in comments {
        let Says::Ignore { codes, .. } = &comment.says else { continue };
        let unused = codes.iter().filter(|code| !used.contains(&(comment.span, **code)));
        idle.extend(unused.map(|code| unused_finding(code, comment.span)));
    }
    (findings, suppressed, idle)
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
        reads(ignore) && !suppressed.iter().any(|s| !s.in_source && covers(ignore, &s.finding, law))
    });
    idle.map(|ignore| unused_finding(ignore.get_ref().rule.0, span_of(file, text, ignore.span()))).collect()
}
