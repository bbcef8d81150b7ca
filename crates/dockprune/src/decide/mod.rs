//! Decisions: pure functions of resources, a policy and a clock.

pub(crate) mod address_pool;
pub(crate) mod age;
#[cfg(test)]
mod as_in_the_model;
mod build_cache;
mod expiry;
mod last_use;
pub(crate) mod leftovers;
pub(crate) mod orphans;
pub mod rule;
pub mod select;
mod sessions;
pub(crate) mod users;
