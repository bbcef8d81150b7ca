//! YAML as Compose reads it: values that keep their position, and the parser that builds them.

pub(crate) mod go;
mod node;
pub(crate) mod parse;
mod scalar;
mod tabs;
pub(crate) mod timestamp;

pub use node::{Entry, Kind, MergeMode, Node, Origin, Via};
pub(crate) use node::{at_mut, one_or_many, section_mut};
pub use parse::parse;
