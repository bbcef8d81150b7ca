//! Talking to etcd by its JSON door.

pub(crate) mod client;
pub(super) mod message;
pub(crate) mod range;
pub(super) mod watch;
