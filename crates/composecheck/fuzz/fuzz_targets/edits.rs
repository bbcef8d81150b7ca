//! The text edits of the language server: an edit makes the new text of the old one, whatever a client sends as a range.
//!
//! `cargo +nightly fuzz run edits` in crates/composecheck.

#![no_main]

use evenkeel_composecheck::editor::text::{changed, edit, offset, position};
use libfuzzer_sys::fuzz_target;
use lsp_types::{Position, Range};

fuzz_target!(|input: (&str, &str, [u32; 4])| {
    let (old, new, [a, b, c, d]) = input;
    let found = edit(old, new);
    assert_eq!(changed(old, Some(found.range), &found.new_text), new);
    // Ranges that do not fit the text do no harm.
    let range = Range::new(Position::new(a % 99, b), Position::new(c % 99, d));
    let text = changed(old, Some(range), new);
    assert!(text.len() <= old.len() + new.len());
    let at = offset(&text, range.start);
    assert_eq!(offset(&text, position(&text, at)), at);
});
