//! dockprune removes what a scope left behind, and nothing else.
//!
//! [`docker`] reads the [`facts`]; [`select`] decides, item by item and with a reason, from facts, a policy and a
//! clock ([`age`]); [`locks`] keeps environments shut meanwhile; [`remove`] deletes one by one by ID; [`report`] and
//! [`words`] tell. [`run`] is where they meet.

pub mod age;
pub mod cli;
pub mod docker;
pub mod facts;
pub mod locks;
pub mod orphans;
pub mod pattern;
pub mod plan;
pub mod pool;
pub mod progress;
pub mod pruning;
pub mod remove;
pub mod report;
pub mod run;
pub mod scope;
pub mod select;
#[cfg(test)]
mod testing;
pub mod watch;
pub mod words;
