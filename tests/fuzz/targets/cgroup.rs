//! The kernel's counter files.

#![no_main]

use evenkeel_dockwatch::fuzzing::cgroup_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| cgroup_file(text));
