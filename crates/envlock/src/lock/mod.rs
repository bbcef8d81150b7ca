//! The lock of an environment: taking it, holding it, clearing up after its dead owners, and looking at it.

pub(crate) mod acquire;
pub(crate) mod held_lock;
pub(crate) mod inherited;
pub(crate) mod recover;
mod slot;
pub(crate) mod status;
