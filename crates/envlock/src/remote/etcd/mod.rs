//! Talking to etcd by its JSON door.

mod agent;
pub(crate) mod client;
mod error;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(super) mod message;
pub(crate) mod range;
mod refusal;
#[cfg(feature = "tls")]
mod tls;
pub(super) mod watch;
