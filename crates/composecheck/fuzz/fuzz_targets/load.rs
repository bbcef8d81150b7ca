//! The loader: any text is loaded, or rejected with a position; what is loaded can be linted, listed and rendered.
//!
//! `cargo +nightly fuzz run load` in crates/composecheck; seeds: `tests/stack` of the repository.

#![no_main]

use std::collections::HashMap;
use std::path::PathBuf;

use evenkeel_composecheck::lint::config::Config;
use evenkeel_composecheck::lint::{LintSettings, lint};
use evenkeel_composecheck::load::{Request, load};
use evenkeel_composecheck::output::origins;
use evenkeel_composecheck::render::render;
use evenkeel_composecheck::rules::policy::Policy;
use libfuzzer_sys::fuzz_target;

/// Two files, so that the merge is covered.
fn request(text: &str) -> Request {
    let (base, over) = text.split_once("\n---8<---\n").unwrap_or((text, text));
    let files = ["/nonexistent/a.yml", "/nonexistent/b.yml"].map(PathBuf::from);
    let texts = files.iter().cloned().zip([base.to_owned(), over.to_owned()]).collect::<HashMap<_, _>>();
    Request { files: files.to_vec(), texts, profiles: vec!["*".into()], ..Request::default() }
}

fuzz_target!(|text: &str| {
    match load(&request(text)) {
        Ok(project) => {
            let (policy, config) = (Policy::default(), Config::default());
            let settings = LintSettings { policy: &policy, config: &config, config_file: None, names: &[] };
            let _ = lint(&project, &project.sources, &settings, None);
            let _ = (origins::list(&project), render(&project));
        }
        Err(error) => assert!(error.to_string().contains(".yml:"), "no position: {error}"),
    }
});
