//! One gate in front of every restart, shared by all processes of the machine.
//!
//! [`gate`] decides and [`health`] judges, both pure; [`history`] is the shared past, [`docker`] and [`command`] are the
//! edges, [`run`] is the story.

pub mod cli;
pub mod clock;
mod command;
mod docker;
pub mod gate;
pub mod health;
pub mod history;
pub mod report;
pub mod run;
