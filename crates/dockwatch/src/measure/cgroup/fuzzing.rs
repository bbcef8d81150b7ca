//! For the fuzz targets.

use super::parse::{block_bytes, net_bytes, number_of};
use crate::measure::pressure::pressure_avg10;

/// Reads a text as each of the kernel's files that it can be.
pub(crate) fn read(text: &str) {
    let _ = (block_bytes(text), net_bytes(text), number_of(text, "anon"), pressure_avg10(text, "some"));
}
