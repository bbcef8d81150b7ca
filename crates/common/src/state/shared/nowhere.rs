//! Where no state directory is shared.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::state::lock_mode::LockMode;

/// There is none.
#[derive(Debug)]
pub enum Guard {}

impl Guard {
    pub(crate) fn try_lock(&self, _: LockMode) -> io::Result<bool> {
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
