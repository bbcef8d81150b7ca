//! Files beside a lock, their names and contents, and what a command inherits in variables.

#![no_main]

use evenkeel_envlock::fuzzing::ticket;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| ticket(text));
