//! What the other layers talk about: the order of the queue, what a ticket records, what the environment variables say.

pub(crate) mod held_entry;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod step;
