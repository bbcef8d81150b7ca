//! What a man page says beyond the options: one table per tool, from which `--help` and `man/` are made.

use std::fmt::Write as _;

use crate::Exit;

/// The parts of a tool's manual that clap does not know.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    /// Codes the tool can end with, each with what it means there, in rising order.
    pub exits: &'static [(Exit, &'static str)],
    /// Command lines with what they do.
    pub examples: &'static [(&'static str, &'static str)],
    /// Further sections, title first: FILES, ENVIRONMENT, JSON. Paragraphs are parted by an empty line.
    pub sections: &'static [(&'static str, &'static str)],
}

/// A section for tools with options that take a duration; see [`crate::units::parse_duration`].
pub const DURATIONS: (&str, &str) = (
    "DURATIONS",
    "A duration is a number with a unit, such as 500ms, 90s, 5m, 1h or 7d, or several of them, such as \"1h 30m\". A number \
     without a unit is seconds; it may have a fraction, such as 0.5.",
);

/// What [`Exit::Signal`] prints as in tables: the number is not fixed.
pub const SIGNAL_ROW: (&str, &str) = ("128+n", "the command, or the tool itself, died of signal n");

impl Manual {
    /// Text for clap's `after_long_help`: exit status and examples.
    pub fn after_help(&self) -> String {
        let mut text = String::from("Exit status:\n");
        for (exit, meaning) in self.exits {
            let _ = writeln!(text, "  {:<6} {meaning}", exit.code());
        }
        let _ = writeln!(text, "  {:<6} {}\n\nExamples:", SIGNAL_ROW.0, SIGNAL_ROW.1);
        for (command, what) in self.examples {
            let _ = writeln!(text, "  {command}\n      {what}");
        }
        text
    }
}
