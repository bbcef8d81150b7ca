//! The engine: which one is meant, how it is reached, and a deadline on every call.
//!
//! [`DockerArgs`] and the environment name an engine as they do for docker(1) (`target`); a
//! connector opens a stream to it, over a socket, TCP, TLS or ssh (`connector`, `tls`, `ssh`); HTTP runs over a pool
//! of these streams, bollard's calls and raw ones alike (`http`); what goes wrong is told with its cause and a hint
//! (`unreachable`).

mod connector;
mod containers;
mod deadline;
mod engine;
mod error;
mod http;
mod image_uses_file;
mod labels;
mod lock_name;
mod ssh;
mod target;
mod tls;
mod unreachable;

pub use engine::Engine;
pub use error::CallError;
pub use image_uses_file::image_uses_file;
pub use labels::{
    ENV_LABELS, LABEL_PROJECT, LABEL_SERVICE, PROTECT_LABELS, environments, is_protected, parse_label,
};
pub use lock_name::lock_name;
pub use target::args::{DockerArgs, TlsArgs, parse_call_timeout};
pub use unreachable::Unreachable;
