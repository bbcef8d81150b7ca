//! From text to values with places. The parser gives events; this composes them: anchors, `<<`, duplicate keys,
//! types, and limits on what a small file may grow into.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScalarStyle, StructureStyle, Tag};

use super::node::{Entry, Kind, Mode, Node, Origin, Via};
use super::{scalar, tabs};
use crate::source::{Fault, FileId, Span};

/// Most values a file may hold once its aliases are followed.
const MAX_NODES: usize = 100_000;
/// Deepest nesting once aliases are followed: the model is walked recursively.
const MAX_DEPTH: usize = 256;

/// Reads the documents of one file.
pub fn parse(file: FileId, text: &str) -> Result<Vec<Node>, Fault> {
    let text = tabs::to_spaces(text);
    let unended = (!text.ends_with('\n')).then_some(text.len());
    let mut composer = Composer { unended, ..Composer::default() };
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.map_err(|e| {
            let at = *e.marker();
            Fault::new(place(file, at, at), format!("it is not valid YAML: {}", e.info()))
        })?;
        composer.take(event, place(file, span.start, span.end))?;
    }
    tabs::check(file, &text, &composer.inside)?;
    Ok(composer.documents)
}

pub(crate) fn place(file: FileId, start: Marker, end: Marker) -> Span {
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

/// A finished subtree that an alias can name.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

/// A collection whose end has not been seen yet.
struct Open {
    node: Node,
    style: StructureStyle,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<(String, Span)>,
    merges: Vec<(Span, Node)>,
    /// Line of each key so far.
    seen: HashMap<String, usize>,
    nodes: usize,
    depth: usize,
}

#[derive(Default)]
struct Composer {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    total: usize,
    /// Where a text ends whose last line does not.
    unended: Option<usize>,
    inside: tabs::Inside,
}

impl Composer {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                if span.line < span.end_line && !self.is_in_brackets() {
                    let is_plain = style == ScalarStyle::Plain;
                    let lines = if is_plain { &mut self.inside.plain } else { &mut self.inside.closed };
                    lines.push(span.line + 1..=span.end_line);
                }
                // What the last line lacks, a block that ends there lacks too.
                let lacks_end = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
                    && self.unended.is_some_and(|end| span.end >= end);
                let text = if lacks_end { text.strip_suffix('\n').unwrap_or(&text) } else { &text };
                let node = leaf(text, style, tag.as_deref(), span);
                if matches!(node.kind, Kind::Float(number) if !number.is_finite()) {
                    return Err(Fault::new(span, "there is no such number: put it in quotes if it is text"));
                }
                let plain_key = style == ScalarStyle::Plain && text == "<<";
                self.finish(Anchored { node, nodes: 1, depth: 1 }, anchor, plain_key.then_some("<<"))?;
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

    fn begin(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::new(span, format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        let span = Span { end: span.start, end_line: span.line, end_column: span.column, ..span };
        let node = Node { kind, span, origins: Vec::new(), mode: mode(tag) };
        self.open.push(Open {
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

    fn close(&mut self, end: Span) -> Result<(), Fault> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if open.style == StructureStyle::Flow && open.node.span.line < end.line && !self.is_in_brackets() {
            self.inside.closed.push(open.node.span.line + 1..=end.line);
        }
        for (span, merged) in std::mem::take(&mut open.merges) {
            merge_key(&mut open.node, span, &merged)?;
        }
        self.finish(Anchored { node: open.node, nodes: open.nodes, depth: open.depth }, open.anchor, None)
    }

    fn is_in_brackets(&self) -> bool {
        self.open.last().is_some_and(|open| open.style == StructureStyle::Flow)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fault> {
        let Some(found) = self.anchors.get(&anchor) else {
            return Err(Fault::new(span, "this alias refers to itself"));
        };
        if self.total + found.nodes > MAX_NODES {
            return Err(too_many(span));
        }
        if self.open.len() + found.depth > MAX_DEPTH {
            return Err(Fault::new(span, format!("aliases nest it deeper than {MAX_DEPTH} levels")));
        }
        let mut node = found.node.clone();
        node.origins.push(Origin { via: Via::Alias, span });
        let copy = Anchored { node, nodes: found.nodes, depth: found.depth };
        self.finish(copy, 0, None)
    }

    /// Puts a finished value where it belongs: below the open collection, or as a document.
    fn finish(&mut self, done: Anchored, anchor: usize, key: Option<&str>) -> Result<(), Fault> {
        let span = done.node.span;
        // A collection's children were counted when they were finished.
        self.total +=
            if matches!(done.node.kind, Kind::List(_) | Kind::Map(_)) && done.node.origins.is_empty() {
                1
            } else {
                done.nodes
            };
        if self.total > MAX_NODES {
            return Err(too_many(span));
        }
        if anchor != 0 {
            let copy = Anchored { node: done.node.clone(), nodes: done.nodes, depth: done.depth };
            self.anchors.insert(anchor, copy);
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(done.node);
            return Ok(());
        };
        open.nodes += done.nodes;
        open.depth = open.depth.max(done.depth + 1);
        if let Kind::List(items) = &mut open.node.kind {
            if done.node.mode != Mode::Reset {
                items.push(done.node);
            }
            return Ok(());
        }
        match open.key.take() {
            None => open.key = Some((key_text(&done.node, key)?, span)),
            Some((key, at)) if key == MERGE_KEY => {
                if !open.merges.is_empty() {
                    return Err(Fault::new(at, "the key '<<' is here twice"));
                }
                open.merges.push((at, done.node));
            }
            Some((key, at)) => add_entry(open, Entry { key, span: at, value: done.node })?,
        }
        Ok(())
    }
}

/// Stands for a plain `<<`: no key of a file holds NUL.
const MERGE_KEY: &str = "\0<<";

fn too_many(span: Span) -> Fault {
    Fault::new(span, format!("it holds more than {MAX_NODES} values once its aliases are followed"))
}

fn key_text(node: &Node, plain: Option<&str>) -> Result<String, Fault> {
    if plain.is_some() {
        return Ok(MERGE_KEY.to_owned());
    }
    match &node.kind {
        Kind::Text(text) => Ok(text.clone()),
        _ => Err(Fault::new(node.span, "a key must be text: put it in quotes")),
    }
}

fn add_entry(open: &mut Open, entry: Entry) -> Result<(), Fault> {
    let Kind::Map(entries) = &mut open.node.kind else { return Ok(()) };
    if let Some(first) = open.seen.insert(entry.key.clone(), entry.span.line) {
        let cause = format!("the key '{}' is here twice, first on line {first}", entry.key);
        return Err(Fault::new(entry.span, cause));
    }
    entries.push(entry);
    Ok(())
}

/// Explicit keys win wherever they stand; in a list of mappings the first wins.
fn merge_key(map: &mut Node, span: Span, merged: &Node) -> Result<(), Fault> {
    let parts = match &merged.kind {
        Kind::List(parts) => parts.as_slice(),
        _ => std::slice::from_ref(merged),
    };
    let Kind::Map(entries) = &mut map.kind else { return Ok(()) };
    let mut seen: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for part in parts {
        if !matches!(part.kind, Kind::Map(_)) {
            return Err(Fault::new(span, "'<<' takes a mapping, or a list of mappings"));
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
    // A tag that YAML does not know leaves a value as it is written.
    let is_text = tag.is_some_and(|tag| tag.core_suffix().is_none_or(|suffix| suffix == "str"));
    let kind = if style == ScalarStyle::Plain && !is_text {
        scalar::plain(text)
    } else {
        Kind::Text(text.to_owned())
    };
    Node { kind, span, origins: Vec::new(), mode: mode(tag) }
}

fn mode(tag: Option<&Tag>) -> Mode {
    match tag.map(Tag::original).as_deref() {
        Some("!reset") => Mode::Reset,
        Some("!override") => Mode::Override,
        _ => Mode::Merge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        parse(FileId(0), text).unwrap().remove(0)
    }

    fn fault(text: &str) -> String {
        let fault = parse(FileId(0), text).unwrap_err();
        format!("{}:{} {}", fault.span.line, fault.span.column, fault.cause)
    }

    #[test]
    fn values_know_their_place() {
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
        let block = |text: &str| one(text).at(&["a"]).and_then(Node::text);
        assert_eq!(block("a: |\n  b\n  c\n").as_deref(), Some("b\nc\n"));
        assert_eq!(block("a: |\n  b\n  c").as_deref(), Some("b\nc"));
        assert_eq!(block("a: |-\n  b\n").as_deref(), Some("b"));
    }

    #[test]
    fn faults_have_a_place() {
        assert_eq!(fault("a: 1\na: 2\n"), "2:1 the key 'a' is here twice, first on line 1");
        assert_eq!(fault("? [x]\n: 1\n"), "1:3 a key must be text: put it in quotes");
        assert!(fault("a: &a [*a]\n").starts_with("1:8 this alias refers to itself"));
        assert!(fault("a: [1\n").contains("not valid YAML"));
        assert!(fault("a:\n  <<: 1\n").contains("'<<' takes"));
    }

    #[test]
    fn tabs_are_taken_where_compose_takes_them() {
        for good in ["{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n", "a: 1\t# c\n", "a:\t1\n"] {
            assert!(parse(FileId(0), good).is_ok(), "{good}");
        }
        for (bad, at) in [("a: 1\n\t\nb: 1\n", "2:1"), ("a: 1\n\t# c\nb: 1\n", "2:1")] {
            assert!(fault(bad).starts_with(at), "{bad}: {}", fault(bad));
        }
    }

    #[test]
    fn bombs_and_depth_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for n in 1..12 {
            bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(",")));
        }
        assert!(fault(&bomb).contains("more than 100000 values"));
        assert!(parse(FileId(0), &"- ".repeat(50_000)).is_err());
        let mut chain = String::from("a0: &a0 [x]\n");
        for n in 1..400 {
            chain.push_str(&format!("a{n}: &a{n} [*a{}]\n", n - 1));
        }
        assert!(fault(&chain).contains("deeper than 256"));
    }
}
