//! Answers of the engine to dockwatch.

#![no_main]

use evenkeel_dockwatch::fuzzing::answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| answer(text));
