//! dockwatch measures what Docker uses, judges how near the edge that is, and records it.

pub mod cli;
pub mod commands;
pub mod decide;
pub mod history;
pub mod manual;
pub mod measure;
pub mod model;
pub mod output;
