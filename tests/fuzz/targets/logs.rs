//! Logs of containers, in frames or without, that arrive in pieces.

#![no_main]

use evenkeel_dockwatch::fuzzing::log;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: (&[u8], &[u8])| log(pieces.0, pieces.1));
