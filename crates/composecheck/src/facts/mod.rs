//! What services say, in one shape whatever the spelling. Rules decide; these only read.

pub mod budget;
pub mod image;
pub mod memory;
pub mod mounts;
pub mod ports;
pub mod settings;

use crate::model::{Kind, Node};

/// The items of a value that may be one scalar or a list of them.
pub fn one_or_many(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node { kind: Kind::List(items), .. }) => items,
        Some(node) => std::slice::from_ref(node),
        None => &[],
    }
}

/// The text below these keys.
pub fn text_at(node: &Node, path: &[&str]) -> Option<String> {
    node.at(path).and_then(Node::text)
}
