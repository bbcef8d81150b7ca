//! Values of YAML files that keep where they were written, and the parser that composes them.

pub(crate) mod go;
mod node;
pub(crate) mod parse;
mod scalar;
mod tabs;
pub(crate) mod timestamp;

pub use node::{Entry, Kind, Mode, Node, Origin, Via};
pub(crate) use node::{at_mut, one_or_many, section_mut, text_at};
pub use parse::parse;
