//! What stands under the cursor: the keys that lead to it, in the file and in the merged project.

use crate::source::Span;
use crate::yaml::{Kind, Node, Origin};

/// One step from a value to one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// A key or a scalar in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cursor {
    pub(crate) path: Vec<Step>,
    pub(crate) span: Span,
    /// The scalar as it is written; none on a key.
    pub(crate) text: Option<String>,
}

impl Cursor {
    /// What stands at an offset of a file with these documents. Values that an alias or `<<` brings here are written
    /// elsewhere.
    pub(crate) fn at(documents: &[Node], offset: usize) -> Option<Self> {
        documents.iter().find_map(|document| find(document, offset, &mut Vec::new()))
    }

    /// The keys without the indices of lists.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.path.iter().filter_map(Step::key).collect()
    }
}

impl Step {
    fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Item(_) => None,
        }
    }
}

fn contains(span: Span, offset: usize) -> bool {
    (span.start..=span.end).contains(&offset)
}

fn find(node: &Node, offset: usize, path: &mut Vec<Step>) -> Option<Cursor> {
    let found =
        |span: Span, text: Option<String>, path: &[Step]| Some(Cursor { path: path.to_vec(), span, text });
    if !node.origins.is_empty() {
        return None;
    }
    match &node.kind {
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            path.push(Step::Key(entry.key.clone()));
            let is_here = entry.value.origins.is_empty() && contains(entry.span, offset);
            let cursor =
                if is_here { found(entry.span, None, path) } else { find(&entry.value, offset, path) };
            path.pop();
            cursor
        }),
        Kind::List(items) => items.iter().enumerate().find_map(|(at, item)| {
            path.push(Step::Item(at));
            let cursor = find(item, offset, path);
            path.pop();
            cursor
        }),
        _ if contains(node.span, offset) => found(node.span, Some(node.text().unwrap_or_default()), path),
        _ => None,
    }
}

/// A value of the merged project.
#[derive(Clone, Debug)]
pub(crate) struct Merged<'a> {
    pub(crate) node: &'a Node,
    /// Its path: keys, and `[n]` for items.
    pub(crate) path: String,
    /// How the values that contain it reached their place.
    pub(crate) above: Vec<&'a Origin>,
}

/// The value of the merged project that stands for a cursor. An item of a list is followed where it can be told which one it
/// has become; else the list stands for it.
pub(crate) fn merged<'a>(root: &'a Node, cursor: &Cursor) -> Option<Merged<'a>> {
    let mut found = Merged { node: root, path: String::new(), above: Vec::new() };
    for step in &cursor.path {
        let node = found.node;
        let next = match (step, &node.kind) {
            (Step::Key(key), Kind::Map(_)) => Some((&node.entry(key)?.value, format!(".{key}"))),
            // A list of NAME=VALUE or of names has become a mapping.
            (Step::Item(_), Kind::Map(entries)) => {
                let entry = entries.iter().find(|entry| entry.span == cursor.span);
                entry.map(|entry| (&entry.value, format!(".{}", entry.key)))
            }
            (Step::Item(_), Kind::List(items)) => {
                let item = items.iter().enumerate().find(|(_, item)| is_at(item, cursor.span));
                item.map(|(at, item)| (item, format!("[{at}]")))
            }
            // A short spelling has become a longer one, or a longer one stays open.
            _ => None,
        };
        let Some((next, name)) = next else { break };
        found.above.extend(&node.origins);
        found.path += &name;
        found.node = next;
    }
    found.path = found.path.trim_start_matches('.').to_owned();
    Some(found)
}

/// Whether an item is, or contains, what is written at a span.
fn is_at(item: &Node, span: Span) -> bool {
    item.span == span
        || item.entries().iter().any(|entry| entry.span == span || is_at(&entry.value, span))
        || item.items().iter().any(|item| is_at(item, span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::project;
    use crate::source::FileId;
    use crate::yaml;

    fn at(text: &str, word: &str) -> String {
        let documents = yaml::parse(FileId(0), text).unwrap();
        let Some(cursor) = Cursor::at(&documents, text.find(word).unwrap() + 1) else { return "-".into() };
        let project = project(text);
        let merged = merged(&project.root, &cursor).map(|merged| merged.path);
        format!("{} {}", cursor.names().join("."), merged.unwrap_or_else(|| "-".into()))
    }

    #[test]
    fn keys_values_and_items() {
        let text = "services:\n  web:\n    image: nginx\n    environment: [MODE=x]\n    ports: ['80:80', {target: 9090}]\n";
        assert_eq!(at(text, "web"), "services.web services.web");
        assert_eq!(at(text, "nginx"), "services.web.image services.web.image");
        assert_eq!(at(text, "MODE"), "services.web.environment services.web.environment.MODE");
        assert_eq!(at(text, "80:80"), "services.web.ports services.web.ports[0]");
        assert_eq!(at(text, "9090"), "services.web.ports.target services.web.ports[1].target");
    }

    #[test]
    fn aliased_values_are_found_where_they_are_written() {
        let text = "x-a: &a {cpus: 5}\nservices:\n  web: {<<: *a, image: x}\n";
        assert_eq!(at(text, "5}"), "x-a.cpus x-a.cpus");
        assert_eq!(at(text, "cpus"), "x-a.cpus x-a.cpus");
    }
}
