//! The file in which dockwatch notes the uses of images, and in which dockprune looks them up.

use crate::hash::fnv1a;

/// Name of the file of the engine with this URL, in `history/` of the state directory.
pub fn image_uses_file(host: &str) -> String {
    format!("images-{:016x}.json", fnv1a(host.as_bytes()))
}
