//! The environment of a lock in a store: its gate, and what is recorded of it.

pub(super) mod gate;
pub(super) mod record;
mod view;
