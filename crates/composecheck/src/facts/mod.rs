//! What the configuration of services means, whatever its spelling. These modules only read; the rules decide.

pub(crate) mod budget;
pub(crate) mod health;
pub(crate) mod image;
pub(crate) mod memory;
pub(crate) mod mounts;
pub(crate) mod port_variables;
pub(crate) mod ports;
pub(crate) mod settings;
