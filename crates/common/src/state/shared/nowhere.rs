//! Where no state directory is shared.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::state::lock_mode::LockMode;

/// There is none.
#[derive(Debug)]
pub enum Guard {}

impl Guard {
    /// Never.
    pub fn try_lock(&self, _: LockMode) -> io::Result<bool> {
        match *self {}
    }

    pub(crate) fn lock(&self, _: LockMode) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn unlock(&self) {
        match *self {}
    }

    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        match *self {}
    }

    pub(crate) fn file(&self) -> &File {
        match *self {}
    }
}

/// Never.
pub fn is_shared(_: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Not supported here.
pub fn open_lock(_: &Path) -> io::Result<(File, Guard)> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn create(_: &Path) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn create_unnamed(_: &Path) -> io::Result<tempfile::NamedTempFile> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn open_foreign(_: &Path) -> io::Result<(File, u32)> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn open_guard(_: &Path, _: &OsStr) -> io::Result<Guard> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn user_directories(_: &Path) -> io::Result<BTreeMap<u32, PathBuf>> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn own_directory(_: &Path) -> io::Result<PathBuf> {
    Err(ErrorKind::Unsupported.into())
}

/// Not supported here.
pub fn open_in_user_directory(_: &Path, _: u32, _: &str) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}
