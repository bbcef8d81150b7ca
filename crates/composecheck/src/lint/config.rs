//! `composecheck.toml`: what a team expects of its projects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evenkeel_common::Error;
use evenkeel_common::units::parse_size;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::compose::shorthand::range;
use crate::finding::Level;
use crate::rules::by_code;
use crate::rules::policy::{Environment, Profile};
use crate::source::position;

/// Name of the file.
pub(crate) const FILE_NAME: &str = "composecheck.toml";

/// What the file says; what it leaves out has defaults.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// What the project is for.
    pub env: Option<Environment>,
    /// Label that everything carries.
    pub label: Option<String>,
    /// Memory that a project may take.
    pub budget: Option<Size>,
    /// What databases are tuned for.
    pub profile: Option<Profile>,
    /// Level from which a finding makes the verdict no.
    pub fail_on: Option<Threshold>,
    /// Ports of the machine by environment.
    pub ports: BTreeMap<Environment, Vec<PortRange>>,
    /// Levels by rule.
    pub levels: BTreeMap<Code, Setting>,
    /// Findings that are known and accepted.
    pub ignore: Vec<Spanned<Ignore>>,
}

/// A size such as `4GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(pub u64);

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse_size(&text).map(Self)
    }
}

/// Ports such as `5432` or `5432-5440`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PortRange(pub (u16, u16));

impl TryFrom<String> for PortRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        range(&text).map(Self).ok_or_else(|| format!("'{text}' is no range of ports such as 5432-5440"))
    }
}

/// The code of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(pub &'static str);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let unknown = || D::Error::custom(format!("there is no rule '{text}'"));
        by_code(&text).map(|rule| Self(rule.code)).ok_or_else(unknown)
    }
}

/// How bad a team finds a rule's findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    /// Not looked for.
    Off,
    /// Worth knowing.
    Info,
    /// Worth mending.
    Warning,
    /// It crashes environments.
    Error,
}

impl Setting {
    /// The level; none is off.
    pub(crate) const fn level(self) -> Option<Level> {
        match self {
            Self::Off => None,
            Self::Info => Some(Level::Info),
            Self::Warning => Some(Level::Warning),
            Self::Error => Some(Level::Error),
        }
    }
}

/// Level from which findings count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Threshold {
    /// Warnings and errors
    Warning,
    /// Errors only
    Error,
}

impl Threshold {
    /// The level meant.
    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Warning => Level::Warning,
            Self::Error => Level::Error,
        }
    }
}

/// Findings that are known and accepted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignore {
    /// The rule.
    pub rule: Code,
    /// The files, as a pattern seen from the folder of the configuration.
    pub path: String,
    /// What it is about, such as `services.db`; none is everything.
    pub subject: Option<String>,
    /// Why it is accepted.
    pub reason: Reason,
}

/// Words that say why.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Reason(pub String);

impl TryFrom<String> for Reason {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() { Err("a reason is needed".into()) } else { Ok(Self(text)) }
    }
}

/// A configuration with its file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    /// What it says.
    pub(crate) config: Config,
    /// Where it was read.
    pub(crate) path: Option<PathBuf>,
    /// Its text.
    pub(crate) text: String,
}

/// Reads the file that is named, or the nearest one at or above the folder of the first Compose file.
pub(crate) fn load(named: Option<&Path>, first: Option<&Path>) -> Result<Loaded, Error> {
    let Some(path) = named.map(Path::to_owned).or_else(|| nearest(first)) else {
        return Ok(Loaded::default());
    };
    let shown = path.display();
    let text = std::fs::read_to_string(&path).map_err(|e| Error::failed(format!("read {shown}"), e))?;
    let config = parse(&text).map_err(|(at, cause)| {
        let (line, column) = position(&text[..at]);
        Error::failed(format!("read {shown}:{line}:{column}"), cause)
            .hint("'man composecheck' lists what it may say")
    })?;
    Ok(Loaded { config, path: Some(path), text })
}

fn nearest(first: Option<&Path>) -> Option<PathBuf> {
    let folder = first.and_then(Path::parent).unwrap_or(Path::new(""));
    let folder = std::path::absolute(Path::new(".").join(folder)).ok()?;
    folder.ancestors().map(|above| above.join(FILE_NAME)).find(|path| path.is_file())
}

/// Reads a configuration; the error says at which byte.
pub(crate) fn parse(text: &str) -> Result<Config, (usize, String)> {
    toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(0, |span| span.start.min(text.len()));
        (at, e.message().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
env = "dev"
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
    fn everything_it_may_say() {
        let config = parse(WHOLE).unwrap();
        assert_eq!((config.env, config.budget), (Some(Environment::Dev), Some(Size(2 << 30))));
        assert_eq!(config.ports[&Environment::Test], [PortRange((5434, 5440)), PortRange((8080, 8080))]);
        assert_eq!(config.levels[&Code("CC702")], Setting::Off);
        assert_eq!(config.ignore[0].get_ref().reason, Reason("gone in spring".into()));
        assert_eq!(&WHOLE[config.ignore[0].span()][..10], "[[ignore]]");
    }

    #[test]
    fn mistakes_have_a_place() {
        for (from, to, line, said) in [
            ("label", "lable", 3, "unknown field `lable`"),
            ("2GiB", "2 parsecs", 4, "unknown unit"),
            ("\"dev\"", "\"moon\"", 2, "unknown variant `moon`"),
            ("CC702", "CC999", 12, "there is no rule 'CC999'"),
            ("5434-5440", "5440-5434", 9, "no range of ports"),
            ("\"gone in spring\"", "\" \"", 19, "a reason is needed"),
            ("subject", "service", 18, "unknown field `service`"),
            ("[levels]", "[levels", 11, ""),
        ] {
            let text = WHOLE.replace(from, to);
            let (at, cause) = parse(&text).unwrap_err();
            assert!(cause.contains(said), "{cause}");
            assert_eq!(position(&text[..at]).0, line, "{from}: {cause}");
        }
    }
}
