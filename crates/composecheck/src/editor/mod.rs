//! What an editor shows about an open file: positions, diagnostics, explanations, definitions and changes. Pure functions of
//! texts and projects; `commands::lsp` talks to the editor.

pub(crate) mod actions;
pub(crate) mod cursor;
pub(crate) mod definition;
pub(crate) mod diagnostics;
pub(crate) mod hover;
pub mod text;
pub(crate) mod uri;
