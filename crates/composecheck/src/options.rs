//! `evenkeel.toml`: options of the entry point `evenkeel`, each under the name of its long option.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use evenkeel_common::Error;

use crate::source::position;

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing: it is given or not.
    Switch,
    /// A whole number.
    Number,
    /// A text, such as a name or a duration.
    Text,
    /// A path, relative to the directory of the file.
    Path,
    /// Texts, in a list.
    Texts,
    /// Paths, in a list.
    Paths,
}

/// The long options of `evenkeel` that make sense in a file.
const OPTIONS: [(&str, Kind); 34] = [
    ("artifacts", Kind::Path),
    ("budget", Kind::Text),
    ("category", Kind::Text),
    ("cleanup-old", Kind::Switch),
    ("compose-profile", Kind::Texts),
    ("dedicated", Kind::Switch),
    ("env", Kind::Text),
    ("env-file", Kind::Paths),
    ("files", Kind::Paths),
    ("fixed-ports", Kind::Switch),
    ("force-restart", Kind::Switch),
    ("jobs", Kind::Number),
    ("keep-images", Kind::Switch),
    ("linger", Kind::Text),
    ("lock", Kind::Text),
    ("no-artifacts", Kind::Switch),
    ("no-boost", Kind::Switch),
    ("no-check", Kind::Switch),
    ("no-cleanup", Kind::Switch),
    ("no-isolate", Kind::Switch),
    ("production", Kind::Switch),
    ("profile", Kind::Text),
    ("project", Kind::Text),
    ("pull", Kind::Text),
    ("replace", Kind::Switch),
    ("reset", Kind::Text),
    ("restart-if-changed", Kind::Switch),
    ("shared", Kind::Switch),
    ("slot", Kind::Number),
    ("slots", Kind::Number),
    ("start-timeout", Kind::Text),
    ("stats", Kind::Switch),
    ("strict", Kind::Switch),
    ("wait", Kind::Text),
];

/// Reads the file as arguments for the command line: `--name` or `--name=value`, in the order of the file.
pub(crate) fn read(path: &Path) -> Result<Vec<String>, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Error::failed(format!("read {shown}"), e))?;
    let directory = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned));
    arguments(&text, &directory.unwrap_or_default()).map_err(|mistake| {
        let (line, column) = position(&text[..mistake.at.min(text.len())]);
        Error::failed(format!("read {shown}:{line}:{column}"), mistake.cause).hint(mistake.hint)
    })
}

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    /// Offset in bytes.
    at: usize,
    cause: String,
    hint: String,
}

fn arguments(text: &str, directory: &Path) -> Result<Vec<String>, Mistake> {
    let table = DeTable::parse(text).map_err(|e| Mistake {
        at: e.span().map_or(0, |span| span.start),
        cause: e.message().to_owned(),
        hint: "each line is NAME = VALUE, with texts in quotes".into(),
    })?;
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut found = Vec::new();
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        let option = OPTIONS.iter().find(|(known, _)| *known == name);
        let Some((_, kind)) = option else { return Err(unknown(key.span().start, name)) };
        found.extend(of_option(name, *kind, value, directory).map_err(|cause| Mistake {
            at: value.span().start,
            cause,
            hint: format!("write {name} = {}", example(*kind)),
        })?);
    }
    Ok(found)
}

fn unknown(at: usize, name: &str) -> Mistake {
    let distance = |known: &str| strsim::damerau_levenshtein(known, name);
    let nearest = OPTIONS.iter().map(|(known, _)| *known).min_by_key(|known| distance(known));
    let hint = match nearest.filter(|known| distance(known) <= name.len().div_ceil(3)) {
        Some(known) => format!("did you mean {known}?"),
        None => "the names are those of the long options: see 'evenkeel --help'".to_owned(),
    };
    Mistake { at, cause: format!("there is no option '{name}'"), hint }
}

const fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Switch => "true",
        Kind::Number => "3",
        Kind::Text => "\"VALUE\"",
        Kind::Path => "\"PATH\"",
        Kind::Texts => "[\"VALUE\", \"VALUE\"]",
        Kind::Paths => "[\"PATH\", \"PATH\"]",
    }
}

/// The arguments for one option. A switch that is false gives none.
fn of_option(
    name: &str,
    kind: Kind,
    value: &Spanned<DeValue<'_>>,
    directory: &Path,
) -> Result<Vec<String>, String> {
    let with_value = |value: &str| format!("--{name}={value}");
    let path = |value: &str| with_value(&directory.join(value).display().to_string());
    match (kind, value.get_ref()) {
        (Kind::Switch, DeValue::Boolean(true)) => Ok(vec![format!("--{name}")]),
        (Kind::Switch, DeValue::Boolean(false)) => Ok(Vec::new()),
        (Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(vec![with_value(number.as_str())])
        }
        (Kind::Text, DeValue::String(text)) => one_line(text).map(|text| vec![with_value(text)]),
        (Kind::Path, DeValue::String(text)) => one_line(text).map(|text| vec![path(text)]),
        (Kind::Texts, DeValue::Array(items)) => {
            list(items)?.into_iter().map(|text| Ok(with_value(text))).collect()
        }
        (Kind::Paths, DeValue::Array(items)) => list(items)?.into_iter().map(|text| Ok(path(text))).collect(),
        (kind, other) => Err(format!("{name} must be {}, not {}", wanted(kind), other.type_str())),
    }
}

const fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Switch => "true or false",
        Kind::Number => "a whole number",
        Kind::Text | Kind::Path => "a text",
        Kind::Texts | Kind::Paths => "a list of texts",
    }
}

fn list<'a>(items: &'a [Spanned<DeValue<'_>>]) -> Result<Vec<&'a str>, String> {
    let text = |item: &'a Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => one_line(text),
        other => Err(format!("each item of the list must be a text, not {}", other.type_str())),
    };
    items.iter().map(text).collect()
}

/// An argument is printed on a line of its own.
fn one_line(text: &str) -> Result<&str, String> {
    if text.contains(['\n', '\r', '\0']) { Err("a value must be a single line".into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_arguments() {
        let text = "wait = \"5m\"\nfiles = ['a b.yml', '/c.yml']\njobs = 3\nstats = true\nshared = false\n";
        let joined = format!("--files={}", Path::new("/p").join("a b.yml").display());
        let wanted = ["--wait=5m", &joined, "--files=/c.yml", "--jobs=3", "--stats"];
        assert_eq!(arguments(text, Path::new("/p")).unwrap(), wanted);
    }

    #[test]
    fn mistakes_have_a_position_and_a_hint() {
        for (text, at, cause, hint) in [
            ("jobs = 1\nlingr = 'x'\n", 9, "there is no option 'lingr'", "did you mean linger?"),
            ("zzzzzz = 1", 0, "there is no option 'zzzzzz'", "the names are"),
            ("jobs = 'x'", 7, "jobs must be a whole number, not string", "write jobs = 3"),
            ("stats = 1", 8, "stats must be true or false, not integer", "write stats = true"),
            ("files = 'x'", 8, "files must be a list of texts", "write files = [\"PATH\", \"PATH\"]"),
            ("files = [1]", 8, "each item of the list must be a text", "write files"),
            ("env = \"a\\nb\"", 6, "a value must be a single line", "write env"),
            ("[linger]\nx = 1", 1, "linger must be a text, not table", "write linger"),
            ("a = = 1", 4, "", "each line is"),
        ] {
            let mistake = arguments(text, Path::new("/p")).unwrap_err();
            assert!(mistake.cause.contains(cause) && mistake.hint.contains(hint), "{text}: {mistake:?}");
            assert!(mistake.at.abs_diff(at) <= 1, "{text}: {mistake:?}");
        }
    }
}
