//! dockprune on a real engine.

mod basics;
mod kit;
