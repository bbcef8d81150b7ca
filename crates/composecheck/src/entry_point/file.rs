//! `evenkeel.toml`: options of the entry point `evenkeel`, each under the name of its long option.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use evenkeel_common::Error;

use super::command_line::{message, parse};
use super::option::{Kind, Opt};
use super::table::{CONFIG, JSON, all};
use crate::source::position;

/// The name of the file.
const NAME: &str = "evenkeel.toml";

/// The nearest file in a directory or a parent of it, up to the top of the repository. It is nobody else's: its options
/// run commands.
pub(crate) fn find(directory: &Path) -> Option<PathBuf> {
    for here in directory.ancestors().take_while(|here| *here == directory || is_ours(here)) {
        let file = here.join(NAME);
        if file.exists() {
            return Some(file);
        }
        if here.join(".git").exists() {
            return None;
        }
    }
    None
}

#[cfg(unix)]
fn is_ours(directory: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    directory.metadata().is_ok_and(|facts| facts.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
const fn is_ours(_: &Path) -> bool {
    true
}

/// Reads the file.
pub(super) fn read(path: &Path) -> Result<ArgMatches, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::usage(format!("read {shown}"), e).hint("name a file with --config, or none"))?;
    let directory = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_owned));
    read_text(&text, &directory.unwrap_or_default()).map_err(|mistake| {
        let (line, column) = position(&text[..mistake.at.min(text.len())]);
        Error::usage(format!("read {shown}:{line}:{column}"), mistake.cause).hint(mistake.hint)
    })
}

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Offset in bytes.
    at: usize,
    cause: String,
    hint: String,
}

pub(super) fn read_text(text: &str, directory: &Path) -> Result<ArgMatches, Mistake> {
    let table = DeTable::parse(text).map_err(|e| Mistake {
        at: e.span().map_or(0, |span| span.start),
        cause: e.message().to_owned(),
        hint: "each line is NAME = VALUE, with texts in quotes".into(),
    })?;
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut found: Vec<OsString> = Vec::new();
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        let known = all().find(|option| option.long == name && can_stand_here(name));
        let Some(option) = known else { return Err(unknown(key.span().start, name)) };
        found.extend(arguments(option, value, directory).map_err(|cause| Mistake {
            at: value.span().start,
            cause,
            hint: format!("write {name} = {}", example(option.kind)),
        })?);
        // Two that cannot stand together are found at the second one.
        parse(&found).map_err(|error| Mistake {
            at: key.span().start,
            cause: message(&error),
            hint: "remove one of them".into(),
        })?;
    }
    parse(&found).map_err(|error| Mistake {
        at: 0,
        cause: message(&error),
        hint: "see: evenkeel --help".into(),
    })
}

fn can_stand_here(name: &str) -> bool {
    ![CONFIG, JSON].contains(&name)
}

fn unknown(at: usize, name: &str) -> Mistake {
    let names = || all().map(|option| option.long).filter(|known| can_stand_here(known));
    let distance = |known: &str| strsim::damerau_levenshtein(known, name);
    let nearest = names().min_by_key(|known| distance(known));
    let hint = match nearest.filter(|known| distance(known) <= name.len().div_ceil(3)) {
        Some(known) => format!("did you mean {known}?"),
        None => "the names are those of the long options: see 'evenkeel --help'".to_owned(),
    };
    let cause = if name == CONFIG {
        "config names this file, so it cannot stand in it".to_owned()
    } else if name == JSON {
        "json is an option of doctor, which reads no file".to_owned()
    } else {
        format!("there is no option '{name}'")
    };
    Mistake { at, cause, hint }
}

fn example(kind: Kind) -> String {
    match kind {
        Kind::Switch => "true".into(),
        Kind::Count => "3".into(),
        Kind::Duration => "\"5m\"".into(),
        Kind::Size => "\"4GiB\"".into(),
        Kind::OneOf(values) => format!("\"{}\"", values.join("\" or \"")),
        Kind::Name(_) | Kind::Word | Kind::Text => "\"VALUE\"".into(),
        Kind::Path => "\"PATH\"".into(),
        Kind::Texts => "[\"VALUE\", \"VALUE\"]".into(),
        Kind::Paths => "[\"PATH\", \"PATH\"]".into(),
    }
}

/// The arguments for one option. A switch that is false gives none.
fn arguments(option: &Opt, value: &Spanned<DeValue<'_>>, directory: &Path) -> Result<Vec<OsString>, String> {
    let (name, kind) = (option.long, option.kind);
    let argument = |text: &str| {
        kind.check(text).map_err(|cause| format!("cannot use '{text}' for {name}: {cause}"))?;
        let is_path = matches!(kind, Kind::Path | Kind::Paths);
        let text = if is_path { directory.join(text).display().to_string() } else { text.to_owned() };
        Ok(format!("--{name}={text}").into())
    };
    match (kind, value.get_ref()) {
        (Kind::Switch, DeValue::Boolean(true)) => Ok(vec![format!("--{name}").into()]),
        (Kind::Switch, DeValue::Boolean(false)) => Ok(Vec::new()),
        (Kind::Count, DeValue::Integer(number)) if number.radix() == 10 => {
            Ok(vec![argument(number.as_str())?])
        }
        (Kind::Texts | Kind::Paths, DeValue::Array(items)) => {
            items.iter().map(|item| argument(text(item)?)).collect()
        }
        (Kind::Switch | Kind::Count | Kind::Texts | Kind::Paths, other) => {
            Err(format!("{name} must be {}, not {}", kind.wanted(), other.type_str()))
        }
        (_, DeValue::String(text)) => Ok(vec![argument(text)?]),
        (_, other) => Err(format!("{name} must be {}, not {}", kind.wanted(), other.type_str())),
    }
}

fn text<'a>(item: &'a Spanned<DeValue<'_>>) -> Result<&'a str, String> {
    match item.get_ref() {
        DeValue::String(text) => Ok(text),
        other => Err(format!("each item of the list must be a text, not {}", other.type_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_have_a_position_and_a_hint() {
        for (text, at, cause, hint) in [
            ("jobs = 1\nlingr = 'x'\n", 9, "there is no option 'lingr'", "did you mean linger?"),
            ("zzzzzz = 1", 0, "there is no option 'zzzzzz'", "the names are"),
            ("config = 'x'", 0, "cannot stand in it", ""),
            ("json = true", 0, "an option of doctor", ""),
            ("jobs = 'x'", 7, "jobs must be a whole number from 1 to 999, not string", "write jobs = 3"),
            ("jobs = 0", 7, "cannot use '0' for jobs", "write jobs = 3"),
            (
                "linger = 'soon'",
                9,
                "cannot use 'soon' for linger: it is not a duration",
                "write linger = \"5m\"",
            ),
            ("pull = 'maybe'", 7, "cannot use 'maybe' for pull", "\"missing\" or \"always\" or \"never\""),
            ("stats = 1", 8, "stats must be true or false, not integer", "write stats = true"),
            ("files = 'x'", 8, "files must be a list of texts", "write files = [\"PATH\", \"PATH\"]"),
            ("files = [1]", 8, "each item of the list must be a text", "write files"),
            ("reset = \"a\\nb\"", 8, "it is not a text in a single line", "write reset"),
            ("[linger]\nx = 1", 1, "linger must be a duration such as 90s or 5m, not table", "write linger"),
            ("no-cleanup = true\nlinger = '5m'", 18, "cannot be used with", "remove one"),
            ("a = = 1", 4, "", "each line is"),
        ] {
            let mistake = read_text(text, Path::new("/p")).unwrap_err();
            assert!(mistake.cause.contains(cause) && mistake.hint.contains(hint), "{text}: {mistake:?}");
            assert!(mistake.at.abs_diff(at) <= 1, "{text}: {mistake:?}");
        }
    }

    #[test]
    fn the_nearest_file_counts_up_to_the_repository() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("repo/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(dir.path().join("repo/.git")).unwrap();
        std::fs::write(dir.path().join(NAME), "").unwrap();
        assert_eq!(find(&deep), None);
        for here in ["repo", "repo/a", "repo/a/b"] {
            let file = dir.path().join(here).join(NAME);
            std::fs::write(&file, "").unwrap();
            assert_eq!(find(&deep), Some(file));
        }
    }
}
