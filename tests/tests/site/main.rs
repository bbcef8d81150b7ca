//! The documentation site: what its pages show is what the tools print, and their links lead somewhere.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod links;
mod messages;
mod page;
mod shown;
#[cfg(target_os = "linux")]
mod transcripts;

use std::path::{Path, PathBuf};

/// Every Markdown file below a directory, sorted.
fn markdown_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(markdown_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
    files
}
