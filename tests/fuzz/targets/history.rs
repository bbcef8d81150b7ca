//! The history of runs, and the figures and predictions by it.

#![no_main]

use evenkeel_dockwatch::fuzzing::history;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| history(text));
