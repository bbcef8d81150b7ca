//! Tabs at the start of a line. Compose accepts them inside brackets and quotes and nowhere else, not even on an empty
//! line. The YAML crate rejects the former and accepts the latter.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::source::{FileId, Span, SpannedError};

/// A text that is all in brackets, such as JSON, with spaces for the tabs of its indentation. Positions stay the same.
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

/// The lines that continue a value of several lines, as ranges in order that do not overlap.
#[derive(Debug, Default)]
pub(crate) struct Continued {
    /// Inside brackets, quotes or a block scalar: a tab may come first.
    pub(crate) delimited: Vec<RangeInclusive<usize>>,
    /// Inside a plain scalar: a tab may follow a space.
    pub(crate) plain: Vec<RangeInclusive<usize>>,
}

impl Continued {
    fn allows_tab(&self, number: usize, line: &str) -> bool {
        let contains = |ranges: &[RangeInclusive<usize>]| {
            let at = ranges.partition_point(|lines| *lines.end() < number);
            ranges.get(at).is_some_and(|lines| lines.contains(&number))
        };
        contains(&self.delimited) || line.starts_with(' ') && contains(&self.plain)
    }
}

/// Rejects the first line that is indented with a tab.
pub(crate) fn check(file: FileId, text: &str, continued: &Continued) -> Result<(), SpannedError> {
    if !text.contains('\t') {
        return Ok(());
    }
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if let Some(tab) = misplaced(line).filter(|_| !continued.allows_tab(number, line)) {
            let (start, column) = (start + tab, tab + 1);
            let end = start + 1;
            let span =
                Span { file, start, end, line: number, column, end_line: number, end_column: column + 1 };
            return Err(SpannedError::new(span, "a tab in the indentation: YAML is indented with spaces"));
        }
        start += line.len();
    }
    Ok(())
}

/// The first tab in the indentation, which includes dashes. On an empty or comment line only a leading tab counts.
fn misplaced(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let is_dash = |at: usize| bytes[at] == b'-' && matches!(bytes.get(at + 1), Some(b' ' | b'\t'));
    let content = (0..bytes.len()).find(|at| !matches!(bytes[*at], b' ' | b'\t') && !is_dash(*at))?;
    let tab = line[..content].find('\t')?;
    let is_blank = matches!(bytes[content], b'#' | b'\n' | b'\r');
    (tab == 0 || !is_blank).then_some(tab)
}
