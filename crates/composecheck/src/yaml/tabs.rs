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

/// Lines that begin within something longer: ranges in order, of which none is within another.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Within brackets, quotes or a block of text.
    pub(crate) closed: Vec<RangeInclusive<usize>>,
    /// Within plain text, which may go on after blanks.
    pub(crate) plain: Vec<RangeInclusive<usize>>,
}

impl Inside {
    fn takes(&self, number: usize, line: &str) -> bool {
        let within = |ranges: &[RangeInclusive<usize>]| {
            let at = ranges.partition_point(|lines| *lines.end() < number);
            ranges.get(at).is_some_and(|lines| lines.contains(&number))
        };
        let goes_on = line.starts_with(' ') && within(&self.plain);
        goes_on || within(&self.closed)
    }
}

/// Finds a line that is indented with a tab.
pub(crate) fn check(file: FileId, text: &str, inside: &Inside) -> Result<(), Fault> {
    if !text.contains('\t') {
        return Ok(());
    }
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if let Some(tab) = misplaced(line).filter(|_| !inside.takes(number, line)) {
            let (start, column) = (start + tab, tab + 1);
            let end = start + 1;
            let span =
                Span { file, start, end, line: number, column, end_line: number, end_column: column + 1 };
            return Err(Fault::new(span, "a tab before what a line says: YAML is indented with spaces"));
        }
        start += line.len();
    }
    Ok(())
}

/// A tab in the indentation, dashes included. On a line that says nothing only one at its start counts.
fn misplaced(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let is_dash = |at: usize| bytes[at] == b'-' && matches!(bytes.get(at + 1), Some(b' ' | b'\t'));
    let content = (0..bytes.len()).find(|at| !matches!(bytes[*at], b' ' | b'\t') && !is_dash(*at))?;
    let tab = line[..content].find('\t')?;
    let says_nothing = matches!(bytes[content], b'#' | b'\n' | b'\r');
    (tab == 0 || !says_nothing).then_some(tab)
}
