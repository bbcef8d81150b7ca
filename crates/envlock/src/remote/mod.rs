//! A lock that several hosts share, kept in etcd.
//!
//! Who wants the lock puts a ticket into the store, with a lease, so that it is gone when its owner is; its number is the
//! store's revision. The queue's rules are those of [`crate::model::queue`]. Who enters puts a marker beside it, without
//! a lease: where an owner died inside, the next one sees its marker, and waits until the dead owner's command has ended
//! for sure. [`terms::Terms`] says how long that takes and why no two can be inside.
//!
//! Of users of an environment one at a time passes its gate, to enter or to leave: it decides who sets up and who takes
//! down.
//!
//! A second process, the [`keeper`], renews the lease and ends the command when that is not possible in time.

pub(crate) mod acquire;
pub(crate) mod board;
mod ending;
mod environment;
pub(crate) mod etcd;
pub(crate) mod examine;
pub(crate) mod held_entry;
pub(crate) mod inherited;
pub(crate) mod keeper;
pub(crate) mod keys;
pub(crate) mod lock;
pub(crate) mod look;
mod orphans;
pub(crate) mod renewal;
pub(crate) mod snapshot;
pub(crate) mod terms;
