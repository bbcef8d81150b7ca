//! Interpolation: any text is expanded or rejected; a text without variables stays the same, and so does an escaped one.
//!
//! `cargo +nightly fuzz run interpolate` in crates/composecheck.

#![no_main]

use evenkeel_composecheck::load::interpolate::Variables;
use evenkeel_composecheck::yaml::{Kind, Node};
use libfuzzer_sys::fuzz_target;

fn expanded(text: &str) -> Option<String> {
    let values = [("A", "x"), ("B", ""), ("LONG_NAME", "$A")].map(|(key, value)| (key.into(), value.into()));
    let mut node = Node { kind: Kind::Text(text.to_owned()), ..Node::default() };
    Variables::new(values.into()).interpolate(&mut node).ok()?;
    node.text()
}

fuzz_target!(|text: &str| {
    let once = expanded(text);
    if !text.contains('$') {
        assert_eq!(once.as_deref(), Some(text));
    }
    assert_eq!(expanded(&text.replace('$', "$$")).as_deref(), Some(text));
});
