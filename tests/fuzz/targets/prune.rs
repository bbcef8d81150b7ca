//! Answers of the engine to dockprune: nothing outside of the scope is selected, and nothing protected.

#![no_main]

use evenkeel_dockprune::fuzzing::answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| answer(text));
