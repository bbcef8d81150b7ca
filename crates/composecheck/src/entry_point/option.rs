//! What an option is, and which values it takes.

use evenkeel_common::units::{parse_duration, parse_size};

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: it is given or not.
    Switch,
    /// A number from 1 to 999.
    Count,
    /// Such as `5m`.
    Duration,
    /// Such as `4GiB`.
    Size,
    /// A name that Compose takes for a project, with at most this many letters.
    Name(usize),
    /// A word for records: letters, digits, `.`, `_` and `-`.
    Word,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Any text in one line.
    Text,
    /// A path; in a file it is relative to the file's directory.
    Path,
    /// Texts, in a list.
    Texts,
    /// Paths, in a list.
    Paths,
}

/// An option: its long name is its key in `evenkeel.toml`, and with `_` for `-` its variable in the script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opt {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    pub(super) kind: Kind,
    /// How the value is called in the help; empty for a switch.
    pub(super) value: &'static str,
    pub(super) default: Option<&'static str>,
    pub(super) help: &'static str,
}

impl Opt {
    pub(super) const fn new(long: &'static str, value: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { long, short: None, kind, value, default: None, help }
    }

    pub(super) const fn switch(long: &'static str, help: &'static str) -> Self {
        Self::new(long, "", Kind::Switch, help)
    }

    pub(super) const fn short(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    pub(super) const fn default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// Longest category that dockwatch records.
const MAX_WORD: usize = 64;

impl Kind {
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Paths)
    }

    /// Checks a value; for clap: a value parser.
    pub(super) fn check(self, text: &str) -> Result<String, String> {
        let is_in = |more: &str| {
            text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
        };
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_right = match self {
            Self::Count => text.parse().is_ok_and(|number: u16| (1..=999).contains(&number)),
            Self::Duration => parse_duration(text).is_ok(),
            Self::Size => parse_size(text).is_ok(),
            Self::Name(most) => begins && text.len() <= most && is_in("_-"),
            Self::Word => begins && text.len() <= MAX_WORD && is_in("ABCDEFGHIJKLMNOPQRSTUVWXYZ._-"),
            Self::OneOf(values) => values.contains(&text),
            // A setting is handed on as one line.
            Self::Switch | Self::Text | Self::Path | Self::Texts | Self::Paths => {
                !text.contains(['\n', '\r', '\0'])
            }
        };
        if is_right { Ok(text.to_owned()) } else { Err(format!("it is not {}", self.wanted())) }
    }

    /// What a value must be, to be read after "must be".
    pub(super) fn wanted(self) -> String {
        match self {
            Self::Switch => "true or false".into(),
            Self::Count => "a whole number from 1 to 999".into(),
            Self::Duration => "a duration such as 90s or 5m".into(),
            Self::Size => "a size such as 4GiB".into(),
            Self::Name(most) => format!("up to {most} of a-z 0-9 _ -, the first a letter or digit"),
            Self::Word => format!("up to {MAX_WORD} letters, digits, . _ -"),
            Self::OneOf(values) => format!("one of {}", values.join(", ")),
            Self::Text | Self::Path => "a text in a single line".into(),
            Self::Texts | Self::Paths => "a list of texts, each in a single line".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (kind, right, wrong) in [
            (Kind::Count, &["1", "999"][..], &["0", "1000", "x", "", "-1", "1.5"][..]),
            (Kind::Duration, &["90s", "1h 30m", "0.5", "5"], &["soon", "", "5 parsecs"]),
            (Kind::Size, &["4GiB", "512m", "1.5GB"], &["much", ""]),
            (Kind::Name(4), &["shop", "0_-a"], &["Shop", "-a", "", "shops", "a b", "ä"]),
            (Kind::Word, &["e2e", "A.b_c-d"], &["", ".a", "a b", "ä"]),
            (Kind::OneOf(&["fast", "durable"]), &["fast"], &["slow", ""]),
            (Kind::Text, &["make 'reset db'", ""], &["two\nlines"]),
        ] {
            for text in right {
                assert_eq!(kind.check(text).as_deref(), Ok(*text), "{kind:?}");
            }
            for text in wrong {
                assert!(kind.check(text).is_err(), "{kind:?} {text:?}");
            }
        }
    }
}
