//! What services say, in one shape whatever the spelling. Rules decide; these only read.

pub(crate) mod budget;
pub(crate) mod image;
pub(crate) mod memory;
pub(crate) mod mounts;
pub(crate) mod ports;
pub(crate) mod settings;
