//! Collecting what tells how containers fared: logs, inspects and past events, and the directory they are written to.

pub(crate) mod deadline;
pub(crate) mod directory;
pub(crate) mod inspects;
pub(crate) mod log_frames;
pub(crate) mod logs;
pub(crate) mod past_events;
pub(crate) mod secrets;
