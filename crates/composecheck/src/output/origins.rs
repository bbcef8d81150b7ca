//! The merged project, one value a line, with the position where it was written and how it reached its place.

use std::fmt::Write as _;

use evenkeel_common::terminal::one_line;

use crate::compose::Project;
use crate::source::{Sources, Span};
use crate::yaml::{Kind, Node, Origin, Via};

/// Lists every value: path, value, position, history.
pub fn list(project: &Project) -> String {
    list_from(&project.sources, &project.root, "", &[])
}

/// Lists a value, or what is in it. `above` is how the values that contain it reached their place.
pub(crate) fn list_from(sources: &Sources, node: &Node, path: &str, above: &[&Origin]) -> String {
    let mut lines = Vec::new();
    walk(node, &mut path.to_owned(), &mut above.to_vec(), &mut lines);
    let widest = |column: fn(&Line<'_>) -> usize| lines.iter().map(column).filter(|width| *width <= 60).max();
    let path_width = widest(|line| line.path.chars().count()).unwrap_or_default();
    let value_width = widest(|line| line.value.chars().count()).unwrap_or_default();
    let mut text = String::new();
    for Line { path, value, node, history } in &lines {
        let position = position(sources, node.span);
        let history: String = history.iter().map(|step| describe(step, sources)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{path:path_width$}  {value:value_width$}  {position}{history}");
    }
    text
}

struct Line<'a> {
    path: String,
    value: String,
    node: &'a Node,
    /// The steps of the value, latest first, then those of the values that contain it.
    history: Vec<&'a Origin>,
}

fn walk<'a>(node: &'a Node, path: &mut String, above: &mut Vec<&'a Origin>, lines: &mut Vec<Line<'a>>) {
    let (before, steps_before) = (path.len(), above.len());
    above.extend(&node.origins);
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                let dot = if before == 0 { "" } else { "." };
                let _ = write!(path, "{dot}{}", entry.key.escape_debug());
                walk(&entry.value, path, above, lines);
                path.truncate(before);
            }
        }
        Kind::List(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                let _ = write!(path, "[{at}]");
                walk(item, path, above, lines);
                path.truncate(before);
            }
        }
        kind => {
            let value = match kind {
                Kind::Map(_) => "{}".to_owned(),
                Kind::List(_) => "[]".to_owned(),
                _ => node.text().map_or_else(|| "null".to_owned(), |text| text.escape_debug().to_string()),
            };
            let history = above.iter().rev().copied().collect();
            lines.push(Line { path: path.clone(), value, node, history });
        }
    }
    above.truncate(steps_before);
}

fn describe(step: &Origin, sources: &Sources) -> String {
    let how = match step.via {
        Via::Alias => "through the alias at",
        Via::MergeKey => "through '<<' at",
        Via::Override => "over",
        Via::Extends => "extended at",
        Via::Include => "included at",
    };
    format!(", {how} {}", position(sources, step.span))
}

/// A position whose path is safe for a terminal.
fn position(sources: &Sources, span: Span) -> String {
    one_line(&sources.location(span))
}
