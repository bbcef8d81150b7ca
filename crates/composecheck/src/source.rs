//! Files as they were read, and places in them.

use evenkeel_common::Error;

/// Which file of a [`Sources`] a place is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, in characters.
    pub column: usize,
    /// Line of the end, from 1.
    pub end_line: usize,
    /// Column after the last character, from 1.
    pub end_column: usize,
}

impl Span {
    /// The first character of a file.
    pub(crate) fn start_of(file: FileId) -> Self {
        Self { file, line: 1, column: 1, end_line: 1, end_column: 1, ..Self::default() }
    }
}

/// A place known by its bytes.
pub(crate) fn span_of(file: FileId, text: &str, bytes: std::ops::Range<usize>) -> Span {
    let ((line, column), (end_line, end_column)) =
        (position(&text[..bytes.start]), position(&text[..bytes.end]));
    Span { file, start: bytes.start, end: bytes.end, line, column, end_line, end_column }
}

/// Line and column of what follows this text.
pub(crate) fn position(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as the user gave it.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    /// What is written in a place of this file.
    pub(crate) fn written(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// Every file that was read, in order.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: String, text: String) -> FileId {
        self.0.push(Source { path, text });
        FileId(self.0.len() - 1)
    }

    /// The file of this number.
    pub(crate) fn get(&self, file: FileId) -> &Source {
        &self.0[file.0]
    }

    /// All files, in order.
    pub(crate) fn all(&self) -> &[Source] {
        &self.0
    }

    /// Shows a place as `file:line:column`.
    pub fn show(&self, span: Span) -> String {
        format!("{}:{}:{}", self.get(span.file).path, span.line, span.column)
    }

    /// What stops the load, as the tool's error with the position.
    pub(crate) fn error(&self, fault: &Fault) -> Error {
        Error::failed(format!("load {}", self.show(fault.span)), &fault.cause)
    }
}

/// Why a file cannot be loaded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// Why.
    pub cause: String,
}

impl Fault {
    /// A fault at a place.
    pub(crate) fn new(span: Span, cause: impl Into<String>) -> Self {
        Self { span, cause: cause.into() }
    }
}
