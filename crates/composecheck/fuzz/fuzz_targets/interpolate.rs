//! Variables: any text is filled in or refused; what has none stays, and an escaped text comes back as it was.
//!
//! `cargo +nightly fuzz run interpolate` in crates/composecheck.

#![no_main]

use evenkeel_composecheck::load::interpolate::Variables;
use evenkeel_composecheck::yaml::{Kind, Node};
use libfuzzer_sys::fuzz_target;

fn filled(text: &str) -> Option<String> {
    let values = [("A", "x"), ("B", ""), ("LONG_NAME", "$A")].map(|(key, value)| (key.into(), value.into()));
    let mut node = Node { kind: Kind::Text(text.to_owned()), ..Node::default() };
    Variables::new(values.into()).fill(&mut node).ok()?;
    node.text()
}

fuzz_target!(|text: &str| {
    let once = filled(text);
    if !text.contains('$') {
        assert_eq!(once.as_deref(), Some(text));
    }
    assert_eq!(filled(&text.replace('$', "$$")).as_deref(), Some(text));
});
