//! Measuring: the engine's answers and the kernel's counters, translated into the model.
//!
//! [`collector`] combines all engines; [`sampler`] measures one, from the engine's lists ([`engine`]) and the kernel's
//! files ([`cgroup`]), starting from what an earlier run left ([`cache`]).

pub(crate) mod address_pools;
pub(crate) mod cache;
pub(crate) mod cgroup;
pub(crate) mod collector;
pub(crate) mod cpu;
pub(crate) mod cpu_readings;
pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod fd_limit;
pub(crate) mod machine;
pub(crate) mod poll_schedule;
mod pressure;
pub(crate) mod sample;
pub(crate) mod sampler;
pub(crate) mod space;
