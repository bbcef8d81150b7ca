//! Measuring.

pub mod address_pools;
pub mod cache;
pub mod cgroup;
pub mod clock;
pub mod collector;
pub mod disk_usage;
pub mod engine;
pub mod events;
pub mod fd_limit;
pub mod machine;
pub mod poll_schedule;
pub mod sampler;
pub mod tmpfs;
