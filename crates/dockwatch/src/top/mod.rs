//! The live view, without a terminal: what it knows, what a key or a click does to it, and how it is drawn. Pure.
//!
//! Imports run one way: `view` → `state` → `list`, `page`, `history` → `columns`, `layout`, `action`, `input`.

pub(crate) mod action;
mod columns;
mod history;
pub(crate) mod input;
mod layout;
mod list;
pub(crate) mod page;
pub(crate) mod state;
#[cfg(test)]
mod tests;
pub(crate) mod view;
