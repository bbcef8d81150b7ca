//! dockprune on a real engine.
#![expect(clippy::unwrap_used, reason = "where a step fails, its test fails")]

mod basics;
mod build_cache;
mod expiry;
mod faults;
mod guards;
mod kit;
mod orphans;
mod relay;
mod schema;
mod testcontainers;
mod verify;
mod worlds;
