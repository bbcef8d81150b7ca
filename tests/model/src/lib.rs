//! A model of the protocol of the test lifecycle: what envlock, dockprune and restartgate do to one environment, in steps
//! as small as those of the programs, in every order, with deaths between any two steps.
//!
//! [`check::check`] looks at every state of a [`scenario::Scenario`]: no two at once that exclude each other, no
//! environment is gone while it is used, none is set up on what another one left, no more restarts than the limit, and
//! from everywhere an end is reached at which nothing is left. [`scenario::SeededBug`] leaves one guard out.
//!
//! What the model leaves out: keys of environments, slots, other hosts, several users, times (what is kept for a time is
//! not kept; every restart is within the window), and requests that the engine still works on when their client has died.

pub mod check;
pub mod decide;
mod envlock;
mod heal;
mod locks;
mod prune;
pub mod scenario;
pub mod scenarios;
mod script;
pub mod state;
pub mod world;
