//! Where what is named under the cursor is defined: anchors, services that are extended or depended on, volumes and other
//! resources, files.

use std::path::{Path, PathBuf};

use super::cursor::Cursor;
use crate::compose::{Project, shorthand};
use crate::source::{FileId, Span};
use crate::yaml::{self, Node};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Gives the text of a file, as the editor or the disk has it.
pub(crate) type ReadText<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The definition of the alias `*name` at an offset: the last anchor of that name before it.
pub(crate) fn of_alias(text: &str, offset: usize) -> Option<(usize, usize)> {
    let is_name = |c: char| !c.is_whitespace() && !"[]{},".contains(c);
    let start = text[..offset].rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
    let end = text[offset..].find(|c| !is_name(c)).map_or(text.len(), |at| offset + at);
    let name = text[start..end].strip_prefix('*').filter(|name| !name.is_empty())?;
    let anchor = format!("&{name}");
    let is_whole = |at: &usize| {
        let after = text[at + anchor.len()..].chars().next();
        !text[..*at].ends_with(is_name) && after.is_none_or(|c| !is_name(c))
    };
    let found = text[..start].rmatch_indices(&anchor).map(|(at, _)| at).find(is_whole)?;
    Some((found, found + anchor.len()))
}

/// The definition of what a cursor names, in a file at this path. `root` is the merged project, where it can be loaded.
pub(crate) fn of_cursor(
    cursor: &Cursor,
    path: &Path,
    documents: &[Node],
    project: Option<&Project>,
    read: ReadText<'_>,
) -> Option<Place> {
    let names = cursor.names();
    let text = cursor.text.as_deref();
    match names.as_slice() {
        ["include", ..]
        | ["services", _, "env_file" | "label_file", ..]
        | ["configs" | "secrets", _, "file"] => of_file(path, text?),
        ["services", own, "extends", rest @ ..] => extended(own, rest, cursor, path, documents, read),
        ["services", _, key, rest @ ..] => {
            let (section, name) = named(key, rest, text)?;
            let entry = project?.section(section).iter().find(|entry| entry.key == name)?;
            let source = project?.sources.get(entry.span.file);
            Some(Place { path: PathBuf::from(&source.path), start: entry.span.start, end: entry.span.end })
        }
        _ => None,
    }
}

/// The section and the name that a key of a service refers to.
fn named<'a>(key: &str, below: &[&'a str], text: Option<&'a str>) -> Option<(&'static str, &'a str)> {
    match (key, below, text) {
        // A list of names has no keys below, a mapping has the name as its key.
        ("depends_on", [name], _) => Some(("services", name)),
        ("depends_on", [], Some(name)) => Some(("services", name)),
        ("networks", [name], _) => Some(("networks", name)),
        ("networks", [], Some(name)) => Some(("networks", name)),
        ("links" | "volumes_from", [], Some(text)) => Some(("services", text.split(':').next()?)),
        ("network_mode" | "pid" | "ipc" | "uts", [], Some(text)) => {
            Some(("services", text.strip_prefix("service:")?))
        }
        ("volumes", [], Some(text)) => Some(("volumes", shorthand::mount(text).0?)),
        ("volumes", ["source"], Some(name)) => Some(("volumes", name)),
        ("secrets", [] | ["source"], Some(name)) => Some(("secrets", name)),
        ("configs", [] | ["source"], Some(name)) => Some(("configs", name)),
        _ => None,
    }
}

/// A file that is named relative to the directory of this one.
fn of_file(path: &Path, name: &str) -> Option<Place> {
    let file = path.parent()?.join(name);
    file.is_file().then_some(Place { path: file, start: 0, end: 0 })
}

/// The service, or the file, that `extends` names.
fn extended(
    own: &str,
    below: &[&str],
    cursor: &Cursor,
    path: &Path,
    documents: &[Node],
    read: ReadText<'_>,
) -> Option<Place> {
    let at = |keys: &[&str]| documents.iter().find_map(|document| document.at(keys).and_then(Node::text));
    let file = at(&["services", own, "extends", "file"]);
    if below == ["file"] {
        return of_file(path, cursor.text.as_deref()?);
    }
    let service =
        at(&["services", own, "extends", "service"]).or_else(|| at(&["services", own, "extends"]))?;
    let Some(file) = file else {
        let span = service_span(documents, &service)?;
        return Some(Place { path: path.to_owned(), start: span.start, end: span.end });
    };
    let path = path.parent()?.join(file);
    let documents = yaml::parse(FileId(0), &read(&path)?).ok()?;
    let span = service_span(&documents, &service)?;
    Some(Place { path, start: span.start, end: span.end })
}

fn service_span(documents: &[Node], name: &str) -> Option<Span> {
    let mut services = documents.iter().flat_map(|document| document.entries_at(&["services"]));
    services.find(|entry| entry.key == name).map(|entry| entry.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::project;

    const TEXT: &str = "\
services:
  app:
    extends: {file: base.yml, service: worker}
    depends_on: [db]
    volumes: ['data:/d', {type: volume, source: data, target: /e}]
    networks: {front: {aliases: [x]}}
  db: {extends: app}
volumes: {data: }
networks: {front: }
";

    fn defined(word: &str) -> String {
        let documents = yaml::parse(FileId(0), TEXT).unwrap();
        let cursor = Cursor::at(&documents, TEXT.find(word).unwrap() + 1).unwrap();
        let base = "services:\n  worker: {image: x}\n";
        let read = |path: &Path| (path == Path::new("/p/base.yml")).then(|| base.to_owned());
        // `extends` is resolved when a project is loaded; what is merged is the same here.
        let project = project(TEXT);
        let place = of_cursor(&cursor, Path::new("/p/a.yml"), &documents, Some(&project), &read);
        let Some(place) = place else { return "-".into() };
        let text = if place.path.ends_with("base.yml") { base } else { TEXT };
        format!(
            "{} {}",
            place.path.display().to_string().replace('\\', "/"),
            text[place.start..].lines().next().unwrap()
        )
    }

    #[test]
    fn names_lead_to_their_definition() {
        assert_eq!(defined("worker}"), "/p/base.yml worker: {image: x}");
        assert_eq!(defined("db]"), "a.yml db: {extends: app}");
        assert_eq!(defined("data:/d"), "a.yml data: }");
        assert_eq!(defined("data, target"), "a.yml data: }");
        assert_eq!(defined("front: {"), "a.yml front: }");
        assert_eq!(defined("app}"), "/p/a.yml app:");
        assert_eq!(defined("x]"), "-");
    }

    #[test]
    fn aliases_lead_to_their_anchor() {
        let text = "x: &a 1\ny: &ab 2\nz: [*a, *ab]\nw: '*.yml'\n";
        let of =
            |word: &str| of_alias(text, text.find(word).unwrap() + 1).map(|(start, end)| &text[start..end]);
        assert_eq!((of("*a,"), of("*ab"), of("*.yml"), of("z:")), (Some("&a"), Some("&ab"), None, None));
    }
}
