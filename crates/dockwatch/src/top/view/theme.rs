//! Styles that can be read on light and dark terminals: text has the terminal's own colour or red; yellow and green are
//! only backgrounds of black text, and bars. Every colour says what a word or a figure says too.

use ratatui::style::{Color, Modifier, Style};

use crate::model::level::Level;

/// Which styles the terminal is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// The terminal's 16 colours.
    Colours,
    /// Bold, dim and reversed text: for `NO_COLOR`.
    Plain,
}

impl Theme {
    /// What `NO_COLOR` asks for: no colours where it is set and not empty.
    pub(crate) fn from_no_color(value: Option<&std::ffi::OsStr>) -> Self {
        if value.is_some_and(|value| !value.is_empty()) { Self::Plain } else { Self::Colours }
    }

    fn colours(self, style: Style) -> Style {
        if self == Self::Colours { style } else { Style::new() }
    }

    /// The word that names a level.
    pub(super) fn badge(self, level: Level) -> Style {
        let (text, ground) = match level {
            Level::Safe => (Color::Black, Color::Green),
            Level::Warning => (Color::Black, Color::Yellow),
            Level::Critical | Level::Emergency => (Color::White, Color::Red),
        };
        match self {
            Self::Colours => Style::new().fg(text).bg(ground).add_modifier(Modifier::BOLD),
            Self::Plain => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
        }
    }

    /// A bar or a curve at a level.
    pub(super) fn bar(self, level: Level) -> Style {
        let colour = match level {
            Level::Safe => Color::Green,
            Level::Warning => Color::Yellow,
            Level::Critical | Level::Emergency => Color::Red,
        };
        self.colours(Style::new().fg(colour))
    }

    /// A bar of CPU use, which has no level.
    pub(super) fn cpu(self) -> Style {
        self.colours(Style::new().fg(Color::Cyan))
    }

    /// The line of the budget in the graph.
    pub(super) fn budget(self) -> Style {
        self.colours(Style::new().fg(Color::Red))
    }

    /// What is wrong.
    pub(super) fn alarm(self) -> Style {
        self.colours(Style::new().fg(Color::Red)).add_modifier(Modifier::BOLD)
    }

    #[expect(clippy::unused_self, reason = "called as the others are")]
    pub(super) const fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    #[expect(clippy::unused_self, reason = "called as the others are")]
    pub(super) const fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    #[expect(clippy::unused_self, reason = "called as the others are")]
    pub(super) const fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
