//! `$V`, `${V}`, `${V:-default}` and the other operators, as Compose fills them in.

use std::collections::HashMap;

use crate::source::{Fault, Span};
use crate::yaml::{Kind, Node};

/// Nested defaults deeper than this are refused: the text is walked recursively.
const MAX_DEPTH: usize = 32;

/// The variables, and the ones that were used without a value.
#[derive(Debug, Default)]
pub struct Variables {
    values: HashMap<String, String>,
    /// Name and place of each use without a value.
    pub(crate) unset: Vec<(String, Span)>,
}

impl Variables {
    /// Variables with these values.
    pub fn new(values: HashMap<String, String>) -> Self {
        Self { values, unset: Vec::new() }
    }

    /// All values.
    pub(crate) const fn values(&self) -> &HashMap<String, String> {
        &self.values
    }

    /// All values, for good.
    pub(crate) fn into_values(self) -> HashMap<String, String> {
        self.values
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// These variables, and others where these have none.
    #[must_use]
    pub(crate) fn with_defaults(&self, defaults: Vec<(String, String)>) -> Self {
        let mut values: HashMap<String, String> = defaults.into_iter().collect();
        values.extend(self.values.clone());
        Self::new(values)
    }

    /// Fills in every text below a value; keys are left alone.
    pub fn fill(&mut self, node: &mut Node) -> Result<(), Fault> {
        match &mut node.kind {
            Kind::Text(text) if text.contains('$') => {
                let mut unset = Vec::new();
                let filled = expand(text, &self.values, &mut unset, 0);
                *text = filled.map_err(|cause| Fault::new(node.span, cause))?;
                self.unset.extend(unset.into_iter().map(|name| (name, node.span)));
                Ok(())
            }
            Kind::List(items) => items.iter_mut().try_for_each(|item| self.fill(item)),
            Kind::Map(entries) => entries.iter_mut().try_for_each(|entry| self.fill(&mut entry.value)),
            _ => Ok(()),
        }
    }
}

/// Fills in one text; what has no value is empty.
pub(crate) fn substitute(text: &str, values: &HashMap<String, String>) -> Result<String, String> {
    expand(text, values, &mut Vec::new(), 0)
}

/// Fills in one text; names used without a value are added to `unset`.
fn expand(
    text: &str,
    values: &HashMap<String, String>,
    unset: &mut Vec<String>,
    depth: usize,
) -> Result<String, String> {
    if depth > MAX_DEPTH {
        return Err(format!("its defaults nest deeper than {MAX_DEPTH} levels"));
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
            let end = closing(braced).ok_or_else(|| "'${' is not closed".to_owned())?;
            out.push_str(&braces(&braced[..end], values, unset, depth)?);
            &braced[end + 1..]
        } else {
            let name = name_of(after);
            if name.is_empty() {
                out.push('$');
            } else {
                out.push_str(&value_or_empty(name, values, unset));
            }
            &after[name.len()..]
        };
    }
    out.push_str(rest);
    Ok(out)
}

/// The inside of `${…}`: a name, and an operator with its operand.
fn braces(
    inside: &str,
    values: &HashMap<String, String>,
    unset: &mut Vec<String>,
    depth: usize,
) -> Result<String, String> {
    let name = name_of(inside);
    let rest = &inside[name.len()..];
    let bad = || format!("'${{{inside}}}' is not a variable");
    if name.is_empty() {
        return Err(bad());
    }
    if rest.is_empty() {
        return Ok(value_or_empty(name, values, unset));
    }
    let value = values.get(name);
    // With a colon, an empty value counts as none.
    let (present, operator) = match rest.strip_prefix(':') {
        Some(more) => (value.filter(|value| !value.is_empty()), more),
        None => (value, rest),
    };
    let operand = operator.get(1..).unwrap_or_default();
    match operator.as_bytes().first() {
        Some(b'-') => match present {
            Some(value) => Ok(value.clone()),
            None => expand(operand, values, unset, depth + 1),
        },
        Some(b'+') => match present {
            Some(_) => expand(operand, values, unset, depth + 1),
            None => Ok(String::new()),
        },
        Some(b'?') => match present {
            Some(value) => Ok(value.clone()),
            None => Err(format!(
                "the variable {name} must be set: {}",
                expand(operand, values, unset, depth + 1)?
            )),
        },
        _ => Err(bad()),
    }
}

fn value_or_empty(name: &str, values: &HashMap<String, String>, unset: &mut Vec<String>) -> String {
    values.get(name).cloned().unwrap_or_else(|| {
        unset.push(name.to_owned());
        String::new()
    })
}

fn name_of(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return "";
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Where the brace that closes an opened `${` is.
fn closing(text: &str) -> Option<usize> {
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

    fn fill(text: &str) -> Result<(String, Vec<String>), String> {
        let values = [("A", "x"), ("E", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let mut unset = Vec::new();
        expand(text, &values, &mut unset, 0).map(|text| (text, unset))
    }

    #[test]
    fn operators() {
        for (text, filled) in [
            ("$A-${A}", "x-x"),
            ("${U-d}${E-d}${E:-d}", "dd"),
            ("${A+s}${U+s}${E+s}${E:+s}", "ss"),
            ("${U:-${A}}", "x"),
            ("${U:-a${V:-b}c}", "abc"),
            ("$$A costs 5$", "$A costs 5$"),
            ("${A:?no}", "x"),
            ("$1 $", "$1 $"),
        ] {
            assert_eq!(fill(text), Ok((filled.to_owned(), vec![])), "{text}");
        }
        assert_eq!(fill("[$U]"), Ok(("[]".into(), vec!["U".into()])));
    }

    #[test]
    fn refusals() {
        for text in ["${}", "${1}", "${U:}", "${A", "${U?}", "${E:?empty}", "${A!}"] {
            assert!(fill(text).is_err(), "{text}");
        }
        assert!(fill(&format!("{}{}", "${U:-".repeat(1000), "}".repeat(1000))).is_err());
    }
}
