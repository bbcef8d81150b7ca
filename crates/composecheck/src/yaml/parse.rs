//! From text to values with positions. The YAML crate yields events; this builds values from them: anchors, `<<`,
//! duplicate keys, types, and limits on the size that a small file can grow to through aliases.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScalarStyle, StructureStyle, Tag};

use super::node::{Entry, Kind, MergeMode, Node, Origin, Via};
use super::{scalar, tabs};
use crate::source::{FileId, Span, SpannedError};

/// Maximum number of values in a file once its aliases are expanded.
const MAX_NODES: usize = 100_000;
/// Maximum nesting once aliases are expanded: values are walked recursively.
const MAX_DEPTH: usize = 256;

/// Parses the documents of one file. The error has the position of what is wrong.
pub fn parse(file: FileId, text: &str) -> Result<Vec<Node>, SpannedError> {
    let text = tabs::to_spaces(text);
    let unended = (!text.ends_with('\n')).then_some(text.len());
    let mut builder = NodeBuilder { unended, ..NodeBuilder::default() };
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.map_err(|e| {
            let at = *e.marker();
            SpannedError::new(span_between(file, at, at), format!("invalid YAML: {}", e.info()))
        })?;
        builder.handle(event, span_between(file, span.start, span.end))?;
    }
    tabs::check(file, &text, &builder.continued)?;
    Ok(builder.documents)
}

/// The span between two marks of the YAML crate.
pub(crate) fn span_between(file: FileId, start: Marker, end: Marker) -> Span {
    Span {
        file,
        start: start.byte_offset().unwrap_or_default(),
        end: end.byte_offset().unwrap_or_default(),
        line: start.line().max(1),
        column: start.col() + 1,
        end_line: end.line().max(1),
        end_column: end.col() + 1,
    }
}

/// A complete value, which an alias can repeat.
#[derive(Clone)]
struct Subtree {
    node: Node,
    /// The number of values in it, itself included.
    nodes: usize,
    /// The levels of nesting, itself included.
    depth: usize,
    /// Whether it is an unquoted `<<`.
    is_merge_key: bool,
}

enum Key {
    Text(String),
    /// An unquoted `<<`.
    Merge,
}

/// A list or mapping whose end has not been reached yet.
struct OpenCollection {
    node: Node,
    style: StructureStyle,
    anchor: usize,
    /// The key whose value comes next.
    key: Option<(Key, Span)>,
    /// The values of `<<`.
    merges: Vec<(Span, Node)>,
    /// The line of each key so far.
    seen: HashMap<String, usize>,
    nodes: usize,
    depth: usize,
}

#[derive(Default)]
struct NodeBuilder {
    documents: Vec<Node>,
    open: Vec<OpenCollection>,
    anchors: HashMap<usize, Subtree>,
    total: usize,
    /// The length of the text, if its last line has no line break.
    unended: Option<usize>,
    continued: tabs::Continued,
}

impl NodeBuilder {
    fn handle(&mut self, event: Event<'_>, span: Span) -> Result<(), SpannedError> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref(), span)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.begin(Kind::List(Vec::new()), style, anchor, tag.as_deref(), span)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.begin(Kind::Map(Vec::new()), style, anchor, tag.as_deref(), span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(anchor) => self.alias(anchor, span)?,
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), SpannedError> {
        let is_plain = style == ScalarStyle::Plain;
        if span.line < span.end_line && !self.is_in_brackets() {
            let lines = if is_plain { &mut self.continued.plain } else { &mut self.continued.delimited };
            lines.push(span.line + 1..=span.end_line);
        }
        // A block scalar on a last line without a line break has none either.
        let drop_line_break = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
            && self.unended.is_some_and(|end| span.end >= end);
        let text = if drop_line_break { text.strip_suffix('\n').unwrap_or(text) } else { text };
        let node = leaf(text, style, tag, span);
        if matches!(node.kind, Kind::Float(number) if !number.is_finite()) {
            let cause = "infinity and NaN are not supported; quote the value if it is text";
            return Err(SpannedError::new(span, cause));
        }
        self.add(Subtree { node, nodes: 1, depth: 1, is_merge_key: is_plain && text == "<<" }, anchor)
    }

    fn begin(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), SpannedError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(SpannedError::new(span, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let span = Span { end: span.start, end_line: span.line, end_column: span.column, ..span };
        let node = Node { kind, span, origins: Vec::new(), mode: mode(tag) };
        self.open.push(OpenCollection {
            node,
            style,
            anchor,
            key: None,
            merges: Vec::new(),
            seen: HashMap::new(),
            nodes: 1,
            depth: 1,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), SpannedError> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if open.style == StructureStyle::Flow && open.node.span.line < end.line && !self.is_in_brackets() {
            self.continued.delimited.push(open.node.span.line + 1..=end.line);
        }
        for (span, merged) in std::mem::take(&mut open.merges) {
            merge_key(&mut open.node, span, &merged)?;
        }
        let OpenCollection { node, nodes, depth, anchor, .. } = open;
        self.add(Subtree { node, nodes, depth, is_merge_key: false }, anchor)
    }

    fn is_in_brackets(&self) -> bool {
        self.open.last().is_some_and(|open| open.style == StructureStyle::Flow)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), SpannedError> {
        let Some(found) = self.anchors.get(&anchor) else {
            return Err(SpannedError::new(span, "this alias refers to itself"));
        };
        if self.total + found.nodes > MAX_NODES {
            return Err(too_many(span));
        }
        if self.open.len() + found.depth > MAX_DEPTH {
            return Err(SpannedError::new(
                span,
                format!("aliases are nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        let mut copy = Subtree { is_merge_key: false, ..found.clone() };
        copy.node.origins.push(Origin { via: Via::Alias, span });
        self.add(copy, NO_ANCHOR)
    }

    /// Adds a complete value to the open list or mapping, or to the documents.
    fn add(&mut self, done: Subtree, anchor: usize) -> Result<(), SpannedError> {
        let span = done.node.span;
        // The children of a list or mapping were counted when they were complete, except those of an alias.
        let is_collection = matches!(done.node.kind, Kind::List(_) | Kind::Map(_));
        self.total += if is_collection && done.node.origins.is_empty() { 1 } else { done.nodes };
        if self.total > MAX_NODES {
            return Err(too_many(span));
        }
        if anchor != NO_ANCHOR {
            self.anchors.insert(anchor, done.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(done.node);
            return Ok(());
        };
        open.nodes += done.nodes;
        open.depth = open.depth.max(done.depth + 1);
        if let Kind::List(items) = &mut open.node.kind {
            if done.node.mode != MergeMode::Reset {
                items.push(done.node);
            }
            return Ok(());
        }
        match open.key.take() {
            None => open.key = Some((to_key(done)?, span)),
            Some((Key::Merge, at)) => {
                if !open.merges.is_empty() {
                    return Err(SpannedError::new(at, "duplicate key '<<'"));
                }
                open.merges.push((at, done.node));
            }
            Some((Key::Text(key), at)) => add_entry(open, Entry { key, span: at, value: done.node })?,
        }
        Ok(())
    }
}

/// What the YAML crate gives to a value without an anchor.
const NO_ANCHOR: usize = 0;

fn too_many(span: Span) -> SpannedError {
    SpannedError::new(span, format!("more than {MAX_NODES} values once aliases are expanded"))
}

fn to_key(done: Subtree) -> Result<Key, SpannedError> {
    match done.node.kind {
        _ if done.is_merge_key => Ok(Key::Merge),
        Kind::Text(text) => Ok(Key::Text(text)),
        _ => Err(SpannedError::new(done.node.span, "a key must be a string; quote it")),
    }
}

fn add_entry(open: &mut OpenCollection, entry: Entry) -> Result<(), SpannedError> {
    let Kind::Map(entries) = &mut open.node.kind else { return Ok(()) };
    if let Some(first) = open.seen.insert(entry.key.clone(), entry.span.line) {
        let cause = format!("duplicate key '{}', first used on line {first}", entry.key);
        return Err(SpannedError::new(entry.span, cause));
    }
    entries.push(entry);
    Ok(())
}

/// Adds the entries of a `<<` that the mapping does not have itself; of a list of mappings the first one wins.
fn merge_key(map: &mut Node, span: Span, merged: &Node) -> Result<(), SpannedError> {
    let parts = match &merged.kind {
        Kind::List(parts) => parts.as_slice(),
        _ => std::slice::from_ref(merged),
    };
    let Kind::Map(entries) = &mut map.kind else { return Ok(()) };
    let mut seen: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for part in parts {
        if !matches!(part.kind, Kind::Map(_)) {
            return Err(SpannedError::new(span, "'<<' must be a mapping or a list of mappings"));
        }
        for entry in part.entries() {
            if seen.insert(entry.key.clone()) {
                let mut entry = entry.clone();
                entry.value.origins.push(Origin { via: Via::MergeKey, span });
                entries.push(entry);
            }
        }
    }
    Ok(())
}

fn leaf(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
    // With a tag that YAML does not define, a scalar stays text.
    let is_text = tag.is_some_and(|tag| tag.core_suffix().is_none_or(|suffix| suffix == "str"));
    let kind = if style == ScalarStyle::Plain && !is_text {
        scalar::plain(text)
    } else {
        Kind::Text(text.to_owned())
    };
    Node { kind, span, origins: Vec::new(), mode: mode(tag) }
}

fn mode(tag: Option<&Tag>) -> MergeMode {
    match tag.map(Tag::original).as_deref() {
        Some("!reset") => MergeMode::Reset,
        Some("!override") => MergeMode::Override,
        _ => MergeMode::Merge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        parse(FileId(0), text).unwrap().remove(0)
    }

    fn error(text: &str) -> String {
        let error = parse(FileId(0), text).unwrap_err();
        format!("{}:{} {}", error.span.line, error.span.column, error.cause)
    }

    #[test]
    fn values_keep_their_position() {
        let text = "é: 1\nb:\n  - x   # comment\n  - 'y'\n";
        let node = one(text);
        let items = node.at(&["b"]).unwrap().items();
        assert_eq!((items[0].span.line, items[0].span.column), (3, 5));
        assert_eq!(&text[items[0].span.start..items[0].span.end], "x");
        assert_eq!(&text[items[1].span.start..items[1].span.end], "'y'");
    }

    #[test]
    fn merge_keys_and_aliases() {
        let node = one("a: &a {x: 1, y: 2}\nb:\n  <<: [*a, {x: 9, z: 3}]\n  y: 5\nc: *a\n");
        let b = node.at(&["b"]).unwrap();
        let int = |key| b.at(&[key]).unwrap().kind.clone();
        assert_eq!([int("x"), int("y"), int("z")], [Kind::Int(1), Kind::Int(5), Kind::Int(3)]);
        assert_eq!(b.at(&["x"]).unwrap().span.line, 1);
        assert_eq!(b.at(&["x"]).unwrap().origins[0].via, Via::MergeKey);
        assert_eq!(node.at(&["c"]).unwrap().origins[0].via, Via::Alias);
    }

    #[test]
    fn blocks_end_as_the_text_does() {
        let block = |text: &str| one(text).text_at(&["a"]);
        assert_eq!(block("a: |\n  b\n  c\n").as_deref(), Some("b\nc\n"));
        assert_eq!(block("a: |\n  b\n  c").as_deref(), Some("b\nc"));
        assert_eq!(block("a: |-\n  b\n").as_deref(), Some("b"));
    }

    #[test]
    fn errors_have_a_position() {
        assert_eq!(error("a: 1\na: 2\n"), "2:1 duplicate key 'a', first used on line 1");
        assert_eq!(error("? [x]\n: 1\n"), "1:3 a key must be a string; quote it");
        assert!(error("a: &a [*a]\n").starts_with("1:8 this alias refers to itself"));
        assert!(error("a: [1\n").contains("invalid YAML"));
        assert!(error("a:\n  <<: 1\n").contains("'<<' must be"));
    }

    #[test]
    fn tabs_are_accepted_where_compose_accepts_them() {
        for good in ["{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n", "a: 1\t# c\n", "a:\t1\n"] {
            assert!(parse(FileId(0), good).is_ok(), "{good}");
        }
        for (bad, at) in [("a: 1\n\t\nb: 1\n", "2:1"), ("a: 1\n\t# c\nb: 1\n", "2:1")] {
            assert!(error(bad).starts_with(at), "{bad}: {}", error(bad));
        }
    }

    #[test]
    fn alias_bombs_and_deep_nesting_are_rejected() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for n in 1..12 {
            bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(",")));
        }
        assert!(error(&bomb).contains("more than 100000 values"));
        assert!(parse(FileId(0), &"- ".repeat(50_000)).is_err());
        let mut chain = String::from("a0: &a0 [x]\n");
        for n in 1..400 {
            chain.push_str(&format!("a{n}: &a{n} [*a{}]\n", n - 1));
        }
        assert!(error(&chain).contains("deeper than 256"));
    }
}
