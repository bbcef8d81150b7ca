//! What a test owns: names and labels nobody else uses, and a home.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Engine;

/// A word that no other test, thread or run uses.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    format!("t{}-{}-{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed), nanos & 0xffff)
}

/// One test's corner of an engine. What carries its label is removed when it ends.
#[derive(Debug)]
pub struct World<'a> {
    engine: &'a Engine,
    id: String,
}

impl<'a> World<'a> {
    /// A new corner.
    pub fn new(engine: &'a Engine) -> Self {
        Self { engine, id: unique() }
    }

    /// A word that is this world's alone: a project name, or a label's value.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `key=value` of the label that all of the world's resources carry.
    pub fn label(&self) -> String {
        format!("evenkeel.test={}", self.id)
    }

    /// A name for a resource of this world.
    pub fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.id)
    }

    fn remove(&self, list: &[&str], remove: &[&str]) {
        let filter = format!("label={}", self.label());
        let found = self.engine.try_docker(&[list, &["--filter", &filter]].concat());
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        let ids: Vec<&str> = found.split_whitespace().collect();
        if !ids.is_empty() {
            self.engine.try_docker(&[remove, &ids].concat());
        }
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        self.remove(&["ps", "-aq"], &["rm", "-fv"]);
        self.remove(&["network", "ls", "-q"], &["network", "rm"]);
        self.remove(&["volume", "ls", "-q"], &["volume", "rm", "-f"]);
        self.remove(&["image", "ls", "-q"], &["image", "rm", "-f"]);
    }
}

/// A temporary directory that serves as `HOME` and `NETRA_HOME`.
#[derive(Debug)]
pub struct Home(tempfile::TempDir);

impl Home {
    /// An empty one.
    ///
    /// # Panics
    /// When there is no room for it.
    #[expect(clippy::new_without_default, reason = "making a directory is no default")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory can be made"))
    }
}

impl std::ops::Deref for Home {
    type Target = Path;
    fn deref(&self) -> &Path {
        self.0.path()
    }
}
