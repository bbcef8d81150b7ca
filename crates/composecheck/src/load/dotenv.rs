//! Files of variables such as `.env`: `KEY=VALUE` lines, quoted values of several lines, variables in values.

use std::collections::HashMap;

use super::interpolate::expand_text;
use crate::source::position;

/// Parses the variables of a file; the error names the line. Values may use variables of the environment, else of earlier
/// lines, else of `earlier` files.
pub(crate) fn parse(
    text: &str,
    environment: &HashMap<String, String>,
    earlier: &HashMap<String, String>,
) -> Result<Vec<(String, String)>, String> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut known = earlier.clone();
    known.extend(environment.clone());
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some((statement, after)) = next(rest).map_err(|cause| with_line(&text, rest, cause))? {
        let here = std::mem::replace(&mut rest, after);
        let value = match statement.value {
            RawValue::Inherited => environment.get(statement.key).cloned(),
            RawValue::SingleQuoted(value) => Some(value.replace("\\'", "'")),
            RawValue::Unquoted(value) => {
                Some(expand_text(value, &known).map_err(|cause| with_line(&text, here, &cause))?)
            }
            RawValue::DoubleQuoted(value) => {
                Some(expand_text(&unescape(value), &known).map_err(|cause| with_line(&text, here, &cause))?)
            }
        };
        if let Some(value) = value {
            if !environment.contains_key(statement.key) {
                known.insert(statement.key.to_owned(), value.clone());
            }
            found.push((statement.key.to_owned(), value));
        }
    }
    Ok(found)
}

/// Parses the variables of a file whose values are taken as they are, as `docker run --env-file` does: no quotes, no
/// variables, comments only on lines of their own.
pub(crate) fn parse_raw(
    text: &str,
    environment: &HashMap<String, String>,
) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(format!("line {}: a variable needs a name without spaces", at + 1));
        }
        if let Some(value) = value.map(str::to_owned).or_else(|| environment.get(key).cloned()) {
            found.push((key.to_owned(), value));
        }
    }
    Ok(found)
}

/// Adds the line number of what `rest` begins with.
fn with_line(text: &str, rest: &str, cause: &str) -> String {
    let before = &text[..text.len() - rest.trim_start().len()];
    let (line, _) = position(before);
    format!("line {line}: {cause}")
}

struct Statement<'a> {
    key: &'a str,
    value: RawValue<'a>,
}

/// A value as it is written.
enum RawValue<'a> {
    /// Only the name is given: the value is that of the environment.
    Inherited,
    SingleQuoted(&'a str),
    DoubleQuoted(&'a str),
    Unquoted(&'a str),
}

/// The next statement, and the text after it.
fn next(text: &str) -> Result<Option<(Statement<'_>, &str)>, &'static str> {
    let mut rest = text.trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, after)| after).trim_start();
    }
    if rest.is_empty() {
        return Ok(None);
    }
    let line_end = rest.find('\n').unwrap_or(rest.len());
    let line = rest.strip_prefix("export ").map_or(&rest[..line_end], |_| &rest[7..line_end]);
    let line_start = line_end - line.len();
    let (key, value_start) = match line.find(['=', ':']) {
        Some(separator) => (line[..separator].trim(), line_start + separator + 1),
        None if line_end < rest.len() => {
            let statement = Statement { key: check_name(line.trim())?, value: RawValue::Inherited };
            return Ok(Some((statement, &rest[line_end..])));
        }
        // Compose reads a last line without '=' and line break as a value without a name.
        None => ("", line_start),
    };
    let key = check_name(key)?;
    let value = rest[value_start..].trim_start_matches([' ', '\t']);
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let inside = &value[1..];
        let end = closing_quote(inside, quote).ok_or("a quote is not closed")?;
        let written = &inside[..end];
        let value =
            if quote == '"' { RawValue::DoubleQuoted(written) } else { RawValue::SingleQuoted(written) };
        return Ok(Some((Statement { key, value }, &inside[end + 1..])));
    }
    let (value, after) = value.split_at(value.find('\n').unwrap_or(value.len()));
    // A value may begin with a '#': only after a space it begins a comment.
    let end = value.find(" #").unwrap_or(value.len());
    Ok(Some((Statement { key, value: RawValue::Unquoted(value[..end].trim_end()) }, after)))
}

/// Checks the name of a variable. Compose accepts an empty one.
fn check_name(key: &str) -> Result<&str, &'static str> {
    let is_legal = |c: char| c.is_alphanumeric() || "_.-[]".contains(c);
    key.chars()
        .all(is_legal)
        .then_some(key)
        .ok_or("the name of a variable may contain only letters, digits, '_', '.' and '-'")
}

/// The offset of the closing quote, which has no backslash before it.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == quote && before != '\\' {
            return Some(at);
        }
        before = c;
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('"')) => out.push('"'),
            ('\\', Some('\\')) => out.push('\\'),
            // A `$` without a special meaning is written `$$` for the expansion that follows.
            ('\\', Some('$')) => out.push_str("$$"),
            _ => {
                out.push(c);
                continue;
            }
        }
        chars.next();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<String>, String> {
        let environment = HashMap::from([("HOME".to_owned(), "/h".to_owned())]);
        Ok(parse(text, &environment, &HashMap::new())?
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect())
    }

    #[test]
    fn lines() {
        let text = "# c\nA=1 # c\nexport B='x # y'\nC=\"z\"\nD=\nE\nHOME\nF: y\n G = a b \n";
        assert_eq!(parsed(text).unwrap(), ["A=1", "B=x # y", "C=z", "D=", "HOME=/h", "F=y", "G=a b"]);
    }

    #[test]
    fn variables_escapes_and_lines() {
        assert_eq!(
            parsed("A=1\nB=${A}x$HOME\nC='$A'\nD=\"${A:-2}\"").unwrap()[1..],
            ["B=1x/h", "C=$A", "D=1"]
        );
        assert_eq!(parsed("A=\"a\\nb \\\"c\\\"\nd\"\nB=2").unwrap(), ["A=a\nb \"c\"\nd", "B=2"]);
        assert_eq!(parsed("A=1\r\nB=2\r\n").unwrap(), ["A=1", "B=2"]);
        assert_eq!(parsed("A='it\\'s'\nHOME").unwrap(), ["A=it's", "=HOME"]);
    }

    #[test]
    fn which_value_is_used() {
        assert_eq!(parsed("A=1\nA=2\nB=$A\nHOME=x\nC=$HOME").unwrap()[2..], ["B=2", "HOME=x", "C=/h"]);
        let earlier = HashMap::from([("A".to_owned(), "e".to_owned())]);
        let found = parse("B=$A\nA=1\nC=$A", &HashMap::new(), &earlier).unwrap();
        assert_eq!((found[0].1.as_str(), found[2].1.as_str()), ("e", "1"));
    }

    #[test]
    fn a_value_may_begin_with_a_hash() {
        assert_eq!(
            parsed("A=#d\nB= # d\nC=x # d\nD=x#d\nE=\n").unwrap(),
            ["A=#d", "B=# d", "C=x", "D=x#d", "E="]
        );
    }

    #[test]
    fn raw_values_are_taken_as_they_are() {
        let environment = HashMap::from([("HOME".to_owned(), "/h".to_owned())]);
        let found = parse_raw("A=\"q\"\r\nB=$X # c\n # c\n\nHOME\nUNSET\nD= x ", &environment).unwrap();
        let pairs = [("A", "\"q\""), ("B", "$X # c"), ("HOME", "/h"), ("D", " x ")];
        assert_eq!(found, pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(
            parse_raw("A=1\nB C=2", &environment).unwrap_err(),
            "line 2: a variable needs a name without spaces"
        );
    }

    #[test]
    fn errors_name_their_line() {
        assert_eq!(parsed("A=1\nB='x").unwrap_err(), "line 2: a quote is not closed");
        for text in ["A=1\n\na b=2", "A=1\n\na!=2", "A=1\n\na b\n"] {
            assert!(
                parsed(text).unwrap_err().starts_with("line 3: the name of a variable may contain only"),
                "{text}"
            );
        }
    }
}
