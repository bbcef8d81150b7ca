//! The fixer: what loads still loads when it is mended, has fewer findings, and twice is once.
//!
//! `cargo +nightly fuzz run fix` in crates/composecheck; seeds: `tests/stack` of the repository.

#![no_main]

use std::collections::HashMap;
use std::path::PathBuf;

use evenkeel_composecheck::lint::config::Config;
use evenkeel_composecheck::lint::{Law, Outcome, judge};
use evenkeel_composecheck::load::{Request, load};
use evenkeel_composecheck::fix::mend;
use evenkeel_composecheck::compose::Project;
use evenkeel_composecheck::rules::policy::Policy;
use libfuzzer_sys::fuzz_target;

fn judged(project: &Project) -> Outcome {
    let (policy, config) = (Policy::default(), Config::default());
    judge(project, &project.sources, &Law { policy: &policy, config: &config, config_file: None, names: &[] }, None)
}

fn request(text: &str) -> Request {
    let path = PathBuf::from("/nonexistent/compose.yml");
    Request { files: vec![path.clone()], texts: HashMap::from([(path, text.to_owned())]), ..Request::default() }
}

fuzz_target!(|text: &str| {
    let Ok(project) = load(&request(text)) else { return };
    let before = judged(&project).findings.len();
    let Ok(Some(mended)) = mend(&request(text), judged) else { return };
    let fixed = load(&request(&mended.after)).expect("what is mended loads");
    assert!(judged(&fixed).findings.len() < before, "{}", mended.after);
    assert_eq!(mend(&request(&mended.after), judged), Ok(None), "{}", mended.after);
});
