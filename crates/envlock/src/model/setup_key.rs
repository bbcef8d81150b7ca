//! What a set-up starts from, as `--setup-key` says it: words NAME=VALUE, in any order.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a set-up starts from: values by name. Environments whose keys differ must not be mixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SetupKey(BTreeMap<String, String>);

impl SetupKey {
    /// Reads `files=ab12 profile=fast`. For clap: a value parser.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        for word in text.split_whitespace() {
            let (name, value) = word
                .split_once('=')
                .filter(|(name, _)| !name.is_empty())
                .ok_or_else(|| format!("'{word}' is not NAME=VALUE"))?;
            if values.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(format!("{name} is given more than once"));
            }
        }
        if values.is_empty() {
            return Err("a key has at least one word NAME=VALUE".into());
        }
        Ok(Self(values))
    }

    /// What this key, that of an environment that is up, has otherwise than the wanted one; none where they are the
    /// same. `profile=durable, not fast`.
    pub(crate) fn difference(&self, wanted: &Self) -> Option<String> {
        let mut names: Vec<&String> = self.0.keys().chain(wanted.0.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let of_name = |name: &String| match (self.0.get(name), wanted.0.get(name)) {
            (Some(has), Some(wants)) if has == wants => None,
            (Some(has), Some(wants)) => Some(format!("{name}={has}, not {wants}")),
            (Some(has), None) => Some(format!("{name}={has}, not without it")),
            (None, wants) => Some(format!("no {name}, not {}", wants.map_or("", String::as_str))),
        };
        let differences: Vec<String> = names.into_iter().filter_map(of_name).collect();
        (!differences.is_empty()).then(|| differences.join("; "))
    }
}

impl fmt::Display for SetupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&words.join(" "))
    }
}

impl From<SetupKey> for String {
    fn from(key: SetupKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for SetupKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SetupKey {
        SetupKey::parse(text).unwrap()
    }

    #[test]
    fn words_are_names_with_values() {
        assert_eq!(key(" b=2  a=1\tc= d=x=y ").to_string(), "a=1 b=2 c= d=x=y");
        for bad in ["", "  ", "word", "=1", "a=1 a=1", "a=1 b"] {
            assert!(SetupKey::parse(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn tells_what_differs_whatever_the_order() {
        for (up, wanted, difference) in [
            ("a=1 b=2", "b=2 a=1", None),
            ("profile=durable", "profile=fast", Some("profile=durable, not fast")),
            ("a=1 b=2 c=3", "a=0 b=2 c=4", Some("a=1, not 0; c=3, not 4")),
            ("a=1 b=2", "a=1", Some("b=2, not without it")),
            ("a=1", "a=1 b=2", Some("no b, not 2")),
        ] {
            assert_eq!(key(up).difference(&key(wanted)).as_deref(), difference, "{up} / {wanted}");
        }
    }
}
