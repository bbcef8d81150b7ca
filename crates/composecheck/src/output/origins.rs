//! The merged project, one value a line, with the place where it was written and how it came here.

use std::fmt::Write as _;

use crate::compose::Project;
use crate::source::Sources;
use crate::yaml::{Kind, Node, Origin, Via};

/// Lists every value: path, value, place, history.
pub fn list(project: &Project) -> String {
    let mut lines = Vec::new();
    walk(&project.root, &mut String::new(), &mut Vec::new(), &mut lines);
    let widest = |column: fn(&Line<'_>) -> usize| lines.iter().map(column).filter(|width| *width <= 60).max();
    let path_width = widest(|line| line.path.chars().count()).unwrap_or_default();
    let value_width = widest(|line| line.value.chars().count()).unwrap_or_default();
    let mut text = String::new();
    for Line { path, value, node, history } in &lines {
        let place = project.sources.show(node.span);
        let history: String = history.iter().map(|step| told(step, &project.sources)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{path:path_width$}  {value:value_width$}  {place}{history}");
    }
    text
}

struct Line<'a> {
    path: String,
    value: String,
    node: &'a Node,
    /// Its own steps, nearest first, then those of what it stands in.
    history: Vec<&'a Origin>,
}

fn walk<'a>(node: &'a Node, path: &mut String, above: &mut Vec<&'a Origin>, lines: &mut Vec<Line<'a>>) {
    let (before, steps_before) = (path.len(), above.len());
    above.extend(&node.origins);
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                let dot = if before == 0 { "" } else { "." };
                let _ = write!(path, "{dot}{}", entry.key);
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

fn told(step: &Origin, sources: &Sources) -> String {
    let how = match step.via {
        Via::Alias => "through the alias at",
        Via::MergeKey => "through '<<' at",
        Via::Override => "over",
        Via::Extends => "extended at",
        Via::Include => "included at",
    };
    format!(", {how} {}", sources.show(step.span))
}
