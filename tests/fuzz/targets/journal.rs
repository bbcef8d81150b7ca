//! The history of restarts, and the gate's decision by it.

#![no_main]

use evenkeel_restartgate::fuzzing::journal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| journal(text));
