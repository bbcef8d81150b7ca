//! Tabs at the start of a line: Compose takes them within brackets and quotes, and nowhere else, not even on an empty
//! line. The parser decides otherwise in both cases.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::source::{Fault, FileId, Span};

/// A text that is all in brackets, such as JSON, with its indentation in spaces: every place in it stays where it was.
pub(crate) fn to_spaces(text: &str) -> Cow<'_, str> {
    if !text.contains("\n\t") || !text.trim_start().starts_with(['{', '[']) {
        return Cow::Borrowed(text);
    }
    let line = |line: &str| {
        let content = line.trim_start_matches(['\t', ' ']);
        " ".repeat(line.len() - content.len()) + content
    };
    Cow::Owned(text.split_inclusive('\n').map(line).collect())
}

/// Finds a line that begins with a tab, and is none of those `inside` brackets, quotes or a block of text.
pub(crate) fn check(file: FileId, text: &str, inside: &[RangeInclusive<usize>]) -> Result<(), Fault> {
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if line.starts_with('\t') && !inside.iter().any(|lines| lines.contains(&number)) {
            let span = Span {
                file,
                start,
                end: start + 1,
                line: number,
                column: 1,
                end_line: number,
                end_column: 2,
            };
            return Err(Fault::new(span, "the line begins with a tab: YAML is indented with spaces"));
        }
        start += line.len();
    }
    Ok(())
}
