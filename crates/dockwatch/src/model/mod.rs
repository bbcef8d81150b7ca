//! What dockwatch knows: containers, engines and machines at one moment, the budget, and how much of it is used.
//!
//! Data and pure questions about it. Unknown values are `None`, never zero.

pub(crate) mod collected;
pub(crate) mod container;
pub(crate) mod engine;
pub(crate) mod evidence;
pub(crate) mod facts;
pub(crate) mod fault;
pub(crate) mod image_uses;
pub(crate) mod inspection;
pub(crate) mod level;
pub(crate) mod locks;
pub(crate) mod numbers;
pub(crate) mod scope;
