//! One gate in front of every restart, shared by all processes of the machine.
//!
//! [`standing`] replays the past, [`gate`] decides, [`health`] judges and [`stats`] counts, all pure; [`history`] is the
//! shared past, [`docker`] and [`command`] are the edges. [`passage`] goes through the gate; [`run`], [`watch`], [`gated`] and
//! [`people`] are the stories.

pub mod cli;
pub mod clock;
mod command;
mod docker;
pub mod gate;
mod gated;
pub mod health;
pub mod history;
pub mod limits;
mod passage;
mod people;
pub mod report;
pub mod run;
pub mod standing;
pub mod stats;
mod watch;
