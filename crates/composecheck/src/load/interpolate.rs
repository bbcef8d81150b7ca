//! Interpolation of `$V`, `${V}`, `${V:-default}` and the other operators, as Compose does it.

use std::collections::HashMap;

use crate::compose::Absent;
use crate::source::{Span, SpannedError};
use crate::yaml::{Kind, Node};

/// Maximum nesting of defaults: they are expanded recursively.
const MAX_DEPTH: usize = 32;

/// What to do about files and variables that a project needs and that are not there: most projects keep `.env` out of their
/// repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// They are errors, as for Compose.
    #[default]
    Refused,
    /// They are noted, and the rest of the project is loaded.
    Noted,
}

/// The variables for interpolation, and a record of those that were used without a value.
#[derive(Debug, Default)]
pub struct Variables {
    values: HashMap<String, String>,
    missing: Missing,
    /// Each use of a variable without a value: its name and the value that uses it.
    pub(crate) unset: Vec<(String, Span)>,
    /// The variables that must be set and are not, where that is only noted.
    pub(crate) required: Vec<Absent>,
}

impl Variables {
    /// Variables with these values; none is recorded as unset yet. A required one that is not set is an error.
    pub fn new(values: HashMap<String, String>) -> Self {
        Self { values, ..Self::default() }
    }

    /// These variables; `missing` says whether a required one that is not set is an error.
    #[must_use]
    pub(crate) fn where_missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    pub(crate) const fn values(&self) -> &HashMap<String, String> {
        &self.values
    }

    pub(crate) fn into_values(self) -> HashMap<String, String> {
        self.values
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// These variables, and others where they have no value.
    #[must_use]
    pub(crate) fn with_defaults(&self, defaults: Vec<(String, String)>) -> Self {
        let mut values: HashMap<String, String> = defaults.into_iter().collect();
        values.extend(self.values.clone());
        Self::new(values).where_missing(self.missing)
    }

    /// Adds what other variables have recorded.
    pub(super) fn record(&mut self, mut other: Self) {
        self.unset.append(&mut other.unset);
        self.required.append(&mut other.required);
    }

    /// The name of the first variable without a value that a text uses.
    pub(super) fn unset_at(&self, span: Span) -> Option<&str> {
        let unset = self.unset.iter().map(|(name, at)| (name, *at));
        let mut all = unset.chain(self.required.iter().map(|one| (&one.name, one.span)));
        all.find(|(_, at)| *at == span).map(|(name, _)| name.as_str())
    }

    /// Interpolates every text in a value, but not its keys. Fails at a text with wrong syntax or a required variable
    /// that is not set.
    pub fn interpolate(&mut self, node: &mut Node) -> Result<(), SpannedError> {
        match &mut node.kind {
            Kind::Text(text) if text.contains('$') => {
                let mut expansion = Expansion::of(&self.values, self.missing);
                let expanded = expansion.expand(text, 0);
                let Expansion { unset, required, .. } = expansion;
                *text = expanded.map_err(|cause| SpannedError::new(node.span, cause))?;
                self.unset.extend(unset.into_iter().map(|name| (name, node.span)));
                let absent = |(name, message)| Absent { name, message, span: node.span };
                self.required.extend(required.into_iter().map(absent));
                Ok(())
            }
            Kind::List(items) => items.iter_mut().try_for_each(|item| self.interpolate(item)),
            Kind::Map(entries) => entries.iter_mut().try_for_each(|entry| self.interpolate(&mut entry.value)),
            _ => Ok(()),
        }
    }
}

/// Expands the variables of one text; those without a value are empty.
pub(super) fn expand_text(text: &str, values: &HashMap<String, String>) -> Result<String, String> {
    Expansion::of(values, Missing::Refused).expand(text, 0)
}

/// The expansion of one text.
struct Expansion<'a> {
    values: &'a HashMap<String, String>,
    missing: Missing,
    /// Names used without a value.
    unset: Vec<String>,
    /// Names that must be set and are not, each with what is wrong.
    required: Vec<(String, String)>,
}

impl<'a> Expansion<'a> {
    fn of(values: &'a HashMap<String, String>, missing: Missing) -> Self {
        Self { values, missing, unset: Vec::new(), required: Vec::new() }
    }

    fn expand(&mut self, text: &str, depth: usize) -> Result<String, String> {
        if depth > MAX_DEPTH {
            return Err(format!("its defaults are nested deeper than {MAX_DEPTH} levels"));
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            rest = if let Some(more) = after.strip_prefix('$') {
                out.push('$');
                more
            } else if let Some(braced) = after.strip_prefix('{') {
                let end = closing_brace(braced).ok_or_else(|| "'${' is not closed".to_owned())?;
                out.push_str(&self.braced(&braced[..end], depth)?);
                &braced[end + 1..]
            } else {
                let name = leading_name(after);
                if name.is_empty() {
                    out.push('$');
                } else {
                    out.push_str(&self.value_or_empty(name));
                }
                &after[name.len()..]
            };
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Expands the inside of `${…}`: a name, and an optional operator with its operand.
    fn braced(&mut self, inside: &str, depth: usize) -> Result<String, String> {
        let name = leading_name(inside);
        let rest = &inside[name.len()..];
        let invalid = || format!("'${{{inside}}}' is not a valid variable");
        if name.is_empty() {
            return Err(invalid());
        }
        if rest.is_empty() {
            return Ok(self.value_or_empty(name));
        }
        let value = self.values.get(name);
        // With a colon, an empty value counts as unset.
        let (present, operator) = match rest.strip_prefix(':') {
            Some(more) => (value.filter(|value| !value.is_empty()), more),
            None => (value, rest),
        };
        let operand = operator.get(1..).unwrap_or_default();
        match (operator.as_bytes().first(), present) {
            (Some(b'-' | b'?'), Some(value)) => Ok(value.clone()),
            (Some(b'-'), None) | (Some(b'+'), Some(_)) => self.expand(operand, depth + 1),
            (Some(b'+'), None) => Ok(String::new()),
            (Some(b'?'), None) => self.must_be_set(name, operand, depth),
            _ => Err(invalid()),
        }
    }

    fn must_be_set(&mut self, name: &str, reason: &str, depth: usize) -> Result<String, String> {
        let reason = self.expand(reason, depth + 1)?;
        let colon = if reason.is_empty() { "" } else { ": " };
        let message = format!("the variable {name} must be set{colon}{reason}");
        match self.missing {
            Missing::Refused => Err(message),
            Missing::Noted => {
                self.required.push((name.to_owned(), message));
                Ok(String::new())
            }
        }
    }

    fn value_or_empty(&mut self, name: &str) -> String {
        self.values.get(name).cloned().unwrap_or_else(|| {
            self.unset.push(name.to_owned());
            String::new()
        })
    }
}

fn leading_name(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return "";
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The offset of the brace that closes an opened `${`.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<(String, Vec<String>), String> {
        let values = [("A", "x"), ("E", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let mut expansion = Expansion::of(&values, Missing::Refused);
        let text = expansion.expand(text, 0)?;
        Ok((text, expansion.unset))
    }

    #[test]
    fn operators() {
        for (text, wanted) in [
            ("$A-${A}", "x-x"),
            ("${U-d}${E-d}${E:-d}", "dd"),
            ("${A+s}${U+s}${E+s}${E:+s}", "ss"),
            ("${U:-${A}}", "x"),
            ("${U:-a${V:-b}c}", "abc"),
            ("$$A costs 5$", "$A costs 5$"),
            ("${A:?no}", "x"),
            ("$1 $", "$1 $"),
        ] {
            assert_eq!(expanded(text), Ok((wanted.to_owned(), vec![])), "{text}");
        }
        assert_eq!(expanded("[$U]"), Ok(("[]".into(), vec!["U".into()])));
    }

    #[test]
    fn what_must_be_set_can_be_noted() {
        let mut variables = Variables::default().where_missing(Missing::Noted);
        let mut node = Node { kind: Kind::Text("a${U:?set it}b".into()), ..Node::default() };
        variables.interpolate(&mut node).unwrap();
        assert_eq!(node.text().as_deref(), Some("ab"));
        let [absent] = variables.required.as_slice() else { panic!("{variables:?}") };
        assert_eq!(
            (absent.name.as_str(), absent.message.as_str()),
            ("U", "the variable U must be set: set it")
        );
        assert_eq!((variables.unset_at(node.span), variables.unset.len()), (Some("U"), 0));
        let mut wrong = Node { kind: Kind::Text("${U!}".into()), ..Node::default() };
        assert!(variables.interpolate(&mut wrong).is_err(), "syntax is never only noted");
    }

    #[test]
    fn invalid_syntax() {
        for text in ["${}", "${1}", "${U:}", "${A", "${U?}", "${E:?empty}", "${A!}"] {
            assert!(expanded(text).is_err(), "{text}");
        }
        assert_eq!(expanded("${U:?}").unwrap_err(), "the variable U must be set");
        assert_eq!(expanded("${U?why}").unwrap_err(), "the variable U must be set: why");
        assert!(expanded(&format!("{}{}", "${U:-".repeat(1000), "}".repeat(1000))).is_err());
    }
}
