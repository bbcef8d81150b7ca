//! The file with the uses of an engine's images.

use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use evenkeel_common::files;
use evenkeel_common::state::lock_file::{LockFile, LockMode};
use evenkeel_common::state::shared::Sharing;
use evenkeel_common::state::{self, Home};
use evenkeel_common::{Error, docker};

use crate::model::image_uses::ImageUses;

/// The file of one engine.
#[derive(Debug)]
pub(crate) struct ImageUsesFile {
    path: PathBuf,
    /// Held as long as this exists.
    _lock: LockFile,
}

impl ImageUsesFile {
    /// Opens the file for one look and its result; `None` where another process is at it, which does the same.
    pub(crate) fn open(home: &Home, host: &str) -> Result<Option<Self>, Error> {
        let path = home.dir("history")?.join(docker::image_uses_file(host));
        let lock_path = path.with_extension("lock");
        let failed = |e: io::Error| Error::failed(format!("lock {}", lock_path.display()), e);
        let lock = LockFile::open(&lock_path, Sharing::OneUser).map_err(failed)?;
        let locked = lock.try_lock(LockMode::Exclusive).map_err(failed)?;
        Ok(locked.then_some(Self { path, _lock: lock }))
    }

    /// What is known; `None` where that is nothing, or cannot be read: it is then found out anew.
    pub(crate) fn read(&self) -> Option<ImageUses> {
        serde_json::from_str(&read(&self.path).ok()?).ok()
    }

    /// Replaces what is known.
    pub(crate) fn write(&self, uses: &ImageUses) -> Result<(), Error> {
        let text = serde_json::to_string(uses).map_err(|e| Error::failed("write JSON", e))?;
        files::replace(&self.path, text + "\n")
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    state::open(path, OpenOptions::new().read(true))?.read_to_string(&mut text)?;
    Ok(text)
}
