//! `composecheck.toml`, the configuration of a team.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;
use evenkeel_common::units::parse_size;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::compose::shorthand::port_range;
use crate::finding::Level;
use crate::load::files::decode;
use crate::rules::policy::{Environment, Profile, RuleSet};
use crate::rules::{ALL, by_code};
use crate::source::{nearest, position};

/// The name of the file.
pub(crate) const FILE_NAME: &str = "composecheck.toml";

/// The content of the file. Every key is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    pub(crate) env: Option<Environment>,
    /// The rules for a project that does not say what it is for.
    pub(crate) set: RuleSet,
    /// The label that every resource must have.
    pub(crate) label: Option<String>,
    /// The memory that a project may use.
    pub(crate) budget: Option<Size>,
    /// How databases should be tuned.
    pub(crate) profile: Option<Profile>,
    /// The lowest level of a finding that makes a check fail.
    pub(crate) fail_on: Option<Threshold>,
    /// Allowed host ports by environment.
    pub(crate) ports: BTreeMap<Environment, Vec<PortRange>>,
    /// Levels by rule.
    pub(crate) levels: BTreeMap<Code, LevelSetting>,
    /// Suppressed findings.
    pub(crate) ignore: Vec<Spanned<Ignore>>,
}

/// A size in bytes, written such as `4GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Size(pub(crate) u64);

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse_size(&text).map(Self)
    }
}

/// First and last port, written such as `5432` or `5432-5440`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PortRange(pub(crate) (u16, u16));

impl TryFrom<String> for PortRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        port_range(&text)
            .map(Self)
            .ok_or_else(|| format!("'{text}' is not a port or a range such as 5432-5440"))
    }
}

/// The code of an existing rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Code(pub(crate) &'static str);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let unknown = || {
            let suggestion = nearest(&text, ALL.iter().map(|rule| rule.code));
            let suggestion = suggestion.map(|code| format!("; did you mean '{code}'?")).unwrap_or_default();
            D::Error::custom(format!("there is no rule '{text}'{suggestion}"))
        };
        by_code(&text).map(|rule| Self(rule.code)).ok_or_else(unknown)
    }
}

/// The configured level of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LevelSetting {
    Off,
    Info,
    Warning,
    Error,
}

impl LevelSetting {
    /// The level; none if the rule is off.
    pub(crate) const fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::Info => Some(Level::Info),
            Self::Warning => Some(Level::Warning),
            Self::Error => Some(Level::Error),
        }
    }
}

/// The lowest level that makes a check fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Threshold {
    /// Warnings and errors
    Warning,
    /// Errors only
    Error,
}

impl Threshold {
    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Warning => Level::Warning,
            Self::Error => Level::Error,
        }
    }
}

/// A suppression of findings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ignore {
    pub(crate) rule: Code,
    /// A pattern for the path of the file, relative to the directory of the configuration.
    pub(crate) path: String,
    /// The subject of the findings, such as `services.db`; none for any.
    pub(crate) subject: Option<String>,
    /// Why they are accepted.
    pub(crate) reason: Reason,
}

/// A text that is not blank.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Reason(pub(crate) String);

impl TryFrom<String> for Reason {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() { Err("a reason is needed".into()) } else { Ok(Self(text)) }
    }
}

/// A configuration with the file that it was read from, if there is one.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoadedConfig {
    pub(crate) config: Config,
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
}

/// Reads the named file, or the nearest one in the directory of the first Compose file or a parent of it.
pub(crate) fn load(named: Option<&Path>, first: Option<&Path>) -> Result<LoadedConfig, Error> {
    let Some(path) = named.map(Path::to_owned).or_else(|| find(first)) else {
        return Ok(LoadedConfig::default());
    };
    let shown = path.display();
    let bytes = std::fs::read(&path).map_err(|e| Error::failed(format!("read {shown}"), e))?;
    let text = decode(&path, bytes)?;
    let config = parse(&text).map_err(|(at, cause)| {
        let (line, column) = position(&text[..at]);
        Error::failed(format!("read {shown}:{line}:{column}"), cause)
            .hint("'man composecheck' lists the keys")
    })?;
    Ok(LoadedConfig { config, path: Some(path), text })
}

fn find(first: Option<&Path>) -> Option<PathBuf> {
    let directory = first.and_then(Path::parent).unwrap_or(Path::new(""));
    let directory = std::path::absolute(Path::new(".").join(directory)).ok()?;
    directory.ancestors().map(|ancestor| ancestor.join(FILE_NAME)).find(|path| path.is_file())
}

/// Parses a configuration. The error has the offset of the mistake.
pub(crate) fn parse(text: &str) -> Result<Config, (usize, String)> {
    toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(0, |span| span.start.min(text.len()));
        (at, with_suggestion(e.message()))
    })
}

/// Names the most similar key or value, if one is similar enough, instead of all of them: serde quotes the unknown one and
/// then those that it knows.
fn with_suggestion(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let Some((said, unknown)) = message.split_once(", expected").map(|(said, _)| said).zip(quoted.next())
    else {
        return message.to_owned();
    };
    match nearest(unknown, quoted) {
        Some(known) => format!("{said}; did you mean '{known}'?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
env = "dev"
set = "netra"
label = "acme.env"
budget = "2GiB"
profile = "durable"
fail-on = "warning"

[ports]
test = ["5434-5440", "8080"]

[levels]
CC702 = "off"
CC305 = "error"

[[ignore]]
rule = "CC301"
path = "legacy/*.yml"
subject = "services.db"
reason = "gone in spring"
"#;

    #[test]
    fn every_key_is_read() {
        let config = parse(WHOLE).unwrap();
        assert_eq!((config.env, config.budget), (Some(Environment::Dev), Some(Size(2 << 30))));
        assert_eq!(config.ports[&Environment::Test], [PortRange((5434, 5440)), PortRange((8080, 8080))]);
        assert_eq!(config.levels[&Code("CC702")], LevelSetting::Off);
        assert_eq!(config.ignore[0].get_ref().reason, Reason("gone in spring".into()));
        assert_eq!(&WHOLE[config.ignore[0].span()][..10], "[[ignore]]");
    }

    #[test]
    fn mistakes_have_a_position() {
        for (from, to, line, said) in [
            ("label", "lable", 4, "unknown field `lable`; did you mean 'label'?"),
            ("fail-on", "failon", 7, "unknown field `failon`; did you mean 'fail-on'?"),
            ("label", "colour", 4, "unknown field `colour`, expected one of `env`, `set`"),
            ("2GiB", "2 parsecs", 5, "unknown unit"),
            ("\"dev\"", "\"moon\"", 2, "unknown variant `moon`"),
            ("CC702", "CC999", 13, "there is no rule 'CC999'"),
            ("CC702", "CC72", 13, "there is no rule 'CC72'; did you mean 'CC702'?"),
            ("5434-5440", "5440-5434", 10, "is not a port or a range"),
            ("\"gone in spring\"", "\" \"", 20, "a reason is needed"),
            ("subject", "service", 19, "unknown field `service`, expected one of `rule`"),
            ("[levels]", "[levels", 12, ""),
        ] {
            let text = WHOLE.replace(from, to);
            let (at, cause) = parse(&text).unwrap_err();
            assert!(cause.contains(said), "{cause}");
            assert_eq!(position(&text[..at]).0, line, "{from}: {cause}");
        }
    }
}
