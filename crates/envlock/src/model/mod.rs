//! What the other layers talk about: the order of the queue, what a ticket and an environment record and what follows
//! from it, what the environment variables say.

pub(crate) mod access;
#[cfg(test)]
mod as_in_the_model;
pub(crate) mod environment;
#[cfg(target_os = "linux")]
pub(crate) mod etcd_release;
pub(crate) mod held_entry;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod setup_key;
pub(crate) mod step;
#[cfg(target_os = "linux")]
pub(crate) mod store_health;
pub(crate) mod swept;
pub(crate) mod via;
