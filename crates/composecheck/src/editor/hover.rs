//! What is told about the place of the cursor: the findings there with their rules, and the merged value with where it is
//! from.

use std::path::MAIN_SEPARATOR;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

use super::cursor::{Cursor, merged};
use super::text;
use crate::compose::Project;
use crate::finding::Finding;
use crate::output::origins;
use crate::rules::by_code;
use crate::source::{FileId, Source};

/// Maximum number of values that are listed for a mapping or a list.
const MAX_VALUES: usize = 20;

/// The findings and the value at an offset of a file; none where there is neither.
pub(crate) fn hover(
    source: &Source,
    file: FileId,
    findings: &[Finding],
    project: Option<&Project>,
    cursor: Option<&Cursor>,
    offset: usize,
) -> Option<Hover> {
    let is_here = |finding: &&Finding| {
        finding.primary.file == file && (finding.primary.start..=finding.primary.end).contains(&offset)
    };
    let mut parts: Vec<String> = findings.iter().filter(is_here).map(explain).collect();
    parts.extend(project.zip(cursor).and_then(|(project, cursor)| value(project, cursor)));
    let contents = MarkupContent { kind: MarkupKind::Markdown, value: parts.join("\n\n---\n\n") };
    (!parts.is_empty()).then(|| Hover {
        contents: HoverContents::Markup(contents),
        range: cursor.map(|cursor| text::range(&source.text, cursor.span.start, cursor.span.end)),
    })
}

/// A finding and its rule.
fn explain(finding: &Finding) -> String {
    let Some(rule) = by_code(finding.code) else { return finding.message.clone() };
    format!(
        "**{}** {} ({})\n\n{}.\n\n{}.\n\nFix: {}",
        rule.code,
        rule.name,
        finding.level.name(),
        finding.message,
        rule.why,
        finding.fix
    )
}

/// The merged value, with where each part of it was written.
fn value(project: &Project, cursor: &Cursor) -> Option<String> {
    let merged = merged(&project.root, cursor).filter(|merged| !merged.path.is_empty())?;
    let lines = origins::list_from(&project.sources, merged.node, &merged.path, &merged.above);
    let directory = project.directory.display().to_string();
    let mut shown: Vec<String> =
        lines.lines().take(MAX_VALUES).map(|line| without_directory(line, &directory)).collect();
    let more = lines.lines().count().saturating_sub(MAX_VALUES);
    if more > 0 {
        shown.push(format!("… {more} more"));
    }
    Some(format!("```text\n{}\n```", shown.join("\n")))
}

/// Windows joins paths with another separator than URIs have.
fn without_directory(line: &str, directory: &str) -> String {
    if directory.is_empty() {
        return line.to_owned();
    }
    line.replace(&format!("{directory}/"), "").replace(&format!("{directory}{MAIN_SEPARATOR}"), "")
}
