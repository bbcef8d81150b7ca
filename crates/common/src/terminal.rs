//! What a terminal shows: untrusted text made safe, and progress.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Untrusted text (names, reasons, log lines) on one line: control characters become blanks, and so does
/// every run of white space.
pub fn one_line(text: &str) -> String {
    let text = text.replace(is_unsafe, " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same for text of several lines, such as logs: line breaks and indents stay.
pub fn lines(text: &str) -> String {
    let safe = |line: &str| line.replace(|c| is_unsafe(c) && c != '\t', " ").trim_end().to_owned() + "\n";
    text.lines().map(safe).collect()
}

/// Cuts a line after so many characters and says so with `...`.
pub fn clip(line: &str, most: usize) -> String {
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// Control characters, and those that turn the direction of text: both can make a line look like another one.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// How long work is silent before it shows progress.
const SILENT: Duration = Duration::from_secs(1);

/// A line on stderr that shows the progress of work that takes longer than a second; only on a terminal. Dropping it
/// clears the line.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    on_terminal: bool,
    is_shown: bool,
}

impl Progress {
    /// Starts the clock; shows nothing yet.
    #[expect(clippy::new_without_default, reason = "it reads the clock and the terminal")]
    pub fn new() -> Self {
        Self { started: Instant::now(), on_terminal: std::io::stderr().is_terminal(), is_shown: false }
    }

    /// Shows how far the work is, in place of what was shown before.
    pub fn show(&mut self, text: &str) {
        if self.on_terminal && self.started.elapsed() >= SILENT {
            self.is_shown = true;
            let line = clip(&one_line(text), width().saturating_sub(4));
            // Only a courtesy: where it cannot be written, the work goes on.
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
        }
    }

    /// Clears the line, so that something else can be written.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Columns of the terminal behind stderr; a longer line would wrap and could not be cleared.
fn width() -> usize {
    #[cfg(unix)]
    let columns = rustix::termios::tcgetwinsize(std::io::stderr()).map_or(0, |size| size.ws_col.into());
    #[cfg(not(unix))]
    let columns = 0;
    if columns == 0 { 80 } else { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_break_the_line_or_the_terminal() {
        assert_eq!(one_line("sh -c a\n  b\x1b[2J\u{9b}31m\u{7}"), "sh -c a b [2J 31m");
        assert_eq!(one_line("a\u{202e}b\u{2066}c\u{2028}d"), "a b c d");
        assert_eq!(one_line("häuser 日本 🙂"), "häuser 日本 🙂");
        assert_eq!(lines("\x1b[31mERR\x1b[0m\r\n\tat b\r50 %\n"), " [31mERR [0m\n\tat b 50 %\n");
        assert_eq!(lines(""), "");
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(clip("ééé", 3), "ééé");
        assert_eq!(clip("éééé", 3), "ééé...");
        assert_eq!(clip("", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn one_line_is_one_line_and_stays_as_it_is(text in "\\PC*|(.|\n|\r|\u{1b})*") {
            let line = one_line(&text);
            proptest::prop_assert!(!line.contains(is_unsafe));
            proptest::prop_assert_eq!(one_line(&line), line);
        }
    }
}
