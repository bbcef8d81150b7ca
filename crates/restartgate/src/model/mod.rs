//! Records of the history, what is known of containers, limits, and times that can be compared later.

pub(crate) mod boot_timestamp;
pub(crate) mod container;
pub(crate) mod definition;
pub(crate) mod limits;
pub(crate) mod record;
