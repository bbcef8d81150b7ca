//! The fixer: a fixed file can be loaded, has fewer findings, and is not changed by a second fix.
//!
//! `cargo +nightly fuzz run fix` in crates/composecheck; seeds: `tests/stack` of the repository.

#![no_main]

use std::collections::HashMap;
use std::path::PathBuf;

use evenkeel_composecheck::compose::Project;
use evenkeel_composecheck::fix::fix;
use evenkeel_composecheck::lint::config::Config;
use evenkeel_composecheck::lint::{LintSettings, Outcome, lint};
use evenkeel_composecheck::load::{Request, load};
use evenkeel_composecheck::rules::policy::{Environment, Policy};
use libfuzzer_sys::fuzz_target;

fn lint_defaults(project: &Project) -> Outcome {
    let (policy, config) = (Policy::from(Environment::Test), Config::default());
    let settings = LintSettings { policy: &policy, config: &config, config_file: None, names: &[] };
    lint(project, &project.sources, &settings, None)
}

fn request(text: &str) -> Request {
    let path = PathBuf::from("/nonexistent/compose.yml");
    Request {
        files: vec![path.clone()],
        texts: HashMap::from([(path, text.to_owned())]),
        ..Request::default()
    }
}

fuzz_target!(|text: &str| {
    let Ok(project) = load(&request(text)) else { return };
    let before = lint_defaults(&project).findings.len();
    let Ok(Some(fixed)) = fix(&request(text), lint_defaults) else { return };
    let project = load(&request(&fixed.after)).expect("a fixed file can be loaded");
    assert!(lint_defaults(&project).findings.len() < before, "{}", fixed.after);
    assert_eq!(fix(&request(&fixed.after), lint_defaults), Ok(None), "{}", fixed.after);
});
