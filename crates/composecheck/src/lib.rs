//! `composecheck`: find in Compose files what makes environments crash.
//!
//! [`load`] reads the files: [`yaml`] composes values that keep where they were written, [`interpolate`] fills in
//! variables, [`merge`] lays one file over another by Compose's rules. [`rules`] look at the merged [`model`] through
//! [`facts`] and measure it against a [`policy`]; [`report`] shows what they found, for people and for machines.
//! [`run`] is where these meet.

pub mod budget_table;
pub mod catalogue;
pub mod cli;
mod dotenv;
pub mod facts;
pub mod interpolate;
pub mod load;
pub mod manual;
pub mod merge;
pub mod model;
pub mod policy;
pub mod report;
pub mod rules;
pub mod run;
mod scalar;
pub mod source;
pub mod units;
pub mod yaml;
