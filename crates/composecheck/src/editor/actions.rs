//! Changes that an editor offers for a finding.

use lsp_types::CodeActionKind;

use crate::finding::Finding;
use crate::fix::repaired;
use crate::source::{FileId, Span};

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) title: String,
    pub(crate) kind: CodeActionKind,
    /// The whole text after it.
    pub(crate) after: String,
}

/// The changes for a finding in this text: the repair, if there is a safe one, and a comment that accepts the finding.
/// Whether the finding is gone afterwards is left to a check of the result.
pub(crate) fn of_finding(file: FileId, text: &str, finding: &Finding) -> Vec<Change> {
    let repair = finding.repair.as_ref().and_then(|repair| repaired(file, text, repair));
    let repair = repair.map(|after| Change {
        title: format!("Fix {}: {}", finding.code, finding.message),
        kind: CodeActionKind::QUICKFIX,
        after,
    });
    let comment = can_be_ignored(finding).then(|| Change {
        title: format!("Accept {} here; replace REASON", finding.code),
        kind: CodeActionKind::QUICKFIX,
        after: with_comment(text, finding.primary, finding.code),
    });
    repair.into_iter().chain(comment).collect()
}

/// Not those about a file that cannot be loaded and about suppressions themselves.
fn can_be_ignored(finding: &Finding) -> bool {
    !matches!(finding.code, "CC000" | "CC004" | "CC005")
}

/// Adds a comment on a line of its own before that of the span, indented as much.
fn with_comment(text: &str, span: Span, code: &str) -> String {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    format!("{}{indent}# composecheck: ignore {code} REASON{newline}{line}", &text[..start])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_indented_as_its_line() {
        let text = "services:\r\n  db:\r\n";
        let span = Span { start: 13, end: 15, ..Span::default() };
        let wanted = "services:\r\n  # composecheck: ignore CC101 REASON\r\n  db:\r\n";
        assert_eq!(with_comment(text, span, "CC101"), wanted);
    }
}
