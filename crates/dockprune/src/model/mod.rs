//! Resources, the policy that decides about them, and what is known about times.

pub(crate) mod address_range;
pub mod image_uses;
pub mod known_time;
pub(crate) mod pattern;
pub mod policy;
pub mod resource;
pub(crate) mod testcontainers;
