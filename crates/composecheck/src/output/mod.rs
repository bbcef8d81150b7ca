//! Output: text for people, and the formats that other programs read.

pub(crate) mod budget;
pub(crate) mod comparison;
pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod human;
pub(crate) mod isolate;
pub(crate) mod json;
pub(crate) mod junit;
pub mod origins;
pub(crate) mod project;
pub mod rule_pages;
pub(crate) mod rules;
pub(crate) mod sarif;
pub(crate) mod starter_config;
