//! Commands that go on until they are ended.

pub(crate) mod follow;
pub(crate) mod serve;
mod top;
mod top_screens;
