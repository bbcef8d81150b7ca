//! Answers of etcd, and what follows from the keys in them.

#![no_main]

use evenkeel_envlock::fuzzing::etcd_answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| etcd_answer(text));
