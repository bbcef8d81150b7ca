//! The override of `isolate` merges with any project that can be loaded: the services keep their commands and mounts, have
//! the labels, and no fixed name that could be removed.
//!
//! `cargo +nightly fuzz run isolate` in crates/composecheck; seeds: `tests/stack` of the repository.

#![no_main]

use std::collections::HashMap;
use std::path::PathBuf;

use evenkeel_composecheck::isolate::everything_overridden;
use evenkeel_composecheck::load::{Request, load};
use evenkeel_composecheck::render::model;
use libfuzzer_sys::fuzz_target;

fn request(texts: &[&str]) -> Request {
    let paths = (0..texts.len()).map(|number| PathBuf::from(format!("/nonexistent/{number}.yml")));
    let files: Vec<PathBuf> = paths.collect();
    let texts = files.iter().cloned().zip(texts.iter().map(|text| (*text).to_owned()));
    Request { texts: HashMap::from_iter(texts), files, ..Request::default() }
}

fuzz_target!(|text: &str| {
    let Ok(project) = load(&request(&[text])) else { return };
    let Ok(before) = model(&project) else { return };
    let Some(change) = everything_overridden(&project, &before) else { return };
    let merged = load(&request(&[text, &change])).unwrap_or_else(|error| panic!("{error:?}\n{change}"));
    let after = model(&merged).expect("what is merged is rendered");
    let services = before["services"].as_object().into_iter().flatten();
    for (name, service) in services {
        let now = &after["services"][name];
        assert_eq!(now["labels"]["evenkeel.env"], "$one", "{change}");
        assert_eq!(now["command"], service["command"], "{change}");
        assert_eq!(now["volumes"], service["volumes"], "{change}");
    }
    let again = everything_overridden(&merged, &after).expect("as many ports are free");
    assert!(!again.contains("container_name"), "{again}");
});
