//! Reading a file of records that another tool, or another user, writes.

use std::fs::File;
use std::io::{ErrorKind, Read as _};

use evenkeel_common::state::journal::Records;
use serde::de::DeserializeOwned;

/// Nothing is read beyond this: the tools keep their files shorter, and a file of another user could have any length.
const MAX_BYTES: u64 = 4 << 20;

/// Adds the records of a file that may be missing.
pub(super) fn collect<T: DeserializeOwned>(file: std::io::Result<File>, found: &mut Records<T>) {
    match file.and_then(|file| found.collect(file.take(MAX_BYTES))) {
        Err(error) if error.kind() != ErrorKind::NotFound => found.skipped += 1,
        _ => {}
    }
}
