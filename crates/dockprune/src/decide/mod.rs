//! Decisions: pure functions of resources, a policy and a clock.

pub(crate) mod address_pool;
pub(crate) mod age;
pub(crate) mod leftovers;
pub(crate) mod orphans;
pub mod select;
