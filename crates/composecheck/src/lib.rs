//! `composecheck`: find in Compose files what makes environments crash.
//!
//! [`load`] reads the files: [`yaml`] composes values that keep where they were written, [`interpolate`] fills in
//! variables, [`merge`] lays one file over another by Compose's rules; what files include and extend is taken in, services of
//! other profiles are left out, and references must lead somewhere. [`rules`] look at the merged [`model`] through
//! [`facts`] and measure it against a [`policy`]; [`judge`] weighs what they find by [`config`], [`suppress`] and
//! [`baseline`]; [`words`] shows the outcome to people, [`report`], [`sarif`] and [`github`] to machines. [`fix`] makes
//! the [`repair`]s that findings carry, [`mend`] until none is left. [`compare`] looks at two projects. [`run`] is where
//! these meet.

pub mod baseline;
pub mod budget_table;
pub mod catalogue;
mod check;
pub mod cli;
pub mod compare;
pub mod compare_table;
pub mod config;
mod consistency;
mod dotenv;
mod extend;
pub mod facts;
pub mod fix;
pub mod github;
mod include;
pub mod interpolate;
pub mod judge;
pub mod load;
pub mod manual;
pub mod mend;
pub mod merge;
pub mod model;
mod name;
pub mod origins;
mod paths;
pub mod policy;
mod profiles;
mod references;
pub mod rendered;
pub mod repair;
pub mod report;
pub mod rules;
pub mod run;
pub mod sarif;
mod scalar;
mod schema;
pub mod shape;
mod shell;
mod short;
pub mod source;
pub mod suppress;
mod tabs;
pub mod time;
pub mod units;
pub mod words;
pub mod yaml;
