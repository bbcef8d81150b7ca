//! Decisions: pure functions of the history, what is known of the service, limits and a clock.

#[cfg(test)]
mod as_in_the_model;
pub(crate) mod breaker_state;
pub(crate) mod endings;
pub(crate) mod gate;
pub(crate) mod heal;
pub(crate) mod health;
pub(crate) mod past;
pub(crate) mod readiness;
pub(crate) mod stats;
