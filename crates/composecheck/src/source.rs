//! Files as they were read, and positions in them.

use evenkeel_common::Error;

/// Index of a file in [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// A range of text in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset of the byte after the last one.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, counted in characters.
    pub column: usize,
    /// Line of the end, from 1.
    pub end_line: usize,
    /// Column after the last character, from 1.
    pub end_column: usize,
}

impl Span {
    /// The empty span at the start of a file.
    pub(crate) fn start_of(file: FileId) -> Self {
        Self { file, line: 1, column: 1, end_line: 1, end_column: 1, ..Self::default() }
    }

    /// The span of a byte range of this text.
    pub(crate) fn of_bytes(file: FileId, text: &str, bytes: std::ops::Range<usize>) -> Self {
        let ((line, column), (end_line, end_column)) =
            (position(&text[..bytes.start]), position(&text[..bytes.end]));
        Self { file, start: bytes.start, end: bytes.end, line, column, end_line, end_column }
    }
}

/// Line and column (both from 1) of the character that follows this text.
pub(crate) fn position(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The most similar of these words, if one is similar enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.map(|known| (strsim::damerau_levenshtein(known, word), known));
    distances.filter(|(distance, known)| *distance <= 1 + known.len() / 5).min().map(|(_, known)| known)
}

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as the user gave it.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The text of a span of this file; empty where the span does not fit it.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// Every file that was read, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    pub(crate) fn add(&mut self, path: String, text: String) -> FileId {
        self.0.push(Source { path, text });
        FileId(self.0.len() - 1)
    }

    pub(crate) fn get(&self, file: FileId) -> &Source {
        &self.0[file.0]
    }

    pub(crate) fn all(&self) -> &[Source] {
        &self.0
    }

    /// The last place of a word within a span, or the whole span where the word is not written as it is.
    pub(crate) fn narrow(&self, span: Span, word: &str) -> Span {
        let source = self.get(span.file);
        let text = source.slice(span);
        let is_whole = |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        match text.rmatch_indices(word).map(|(at, _)| span.start + at).find(|at| is_whole(&(at - span.start)))
        {
            Some(start) if !word.is_empty() => {
                Span::of_bytes(span.file, &source.text, start..start + word.len())
            }
            _ => span,
        }
    }

    /// A position as `file:line:column`.
    pub fn location(&self, span: Span) -> String {
        format!("{}:{}:{}", self.get(span.file).path, span.line, span.column)
    }

    /// The tool's error for a file that cannot be loaded.
    pub(crate) fn error(&self, error: &SpannedError) -> Error {
        Error::failed(format!("load {}", self.location(error.span)), &error.cause)
    }
}

/// Why a file cannot be loaded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpannedError {
    /// The text that is wrong.
    pub span: Span,
    /// What is wrong with it, in one sentence without a full stop.
    pub cause: String,
    /// Whether a variable without a value may be why.
    pub(crate) is_unset: bool,
}

impl SpannedError {
    pub(crate) fn new(span: Span, cause: impl Into<String>) -> Self {
        Self { span, cause: cause.into(), is_unset: false }
    }
}
