//! The kernel's counters, read from the cgroup files: v1, v2 and hybrid, with the names of cgroupfs and systemd.
//!
//! Reading them needs no answer from the engine, so it cannot hang with the engine, and takes a few microseconds a
//! file. A container's cgroup is found by the id in its name. Process ids come from the cgroup, because an engine in a
//! pid namespace of its own reports different ones.

pub(crate) mod all;
pub(crate) mod filesystem;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod parse;
pub(crate) mod reader;
#[cfg(test)]
mod recorded;
