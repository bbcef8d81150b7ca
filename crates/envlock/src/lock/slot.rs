//! Locking one of an environment's slots.

use evenkeel_common::Error;

use crate::store::env_files::EnvFiles;
use crate::system::kernel_lock::{self, LockFile, WaitDeadline};

/// A slot's number and its locked file.
pub(super) type Slot = (u16, LockFile);

/// Locks the lowest free slot, or the first that becomes free. None: the deadline passed first.
pub(super) fn lock_slot(
    files: &EnvFiles,
    count: u16,
    deadline: &mut WaitDeadline<'_>,
) -> Result<Option<Slot>, Error> {
    let slots: Vec<LockFile> = (0..count).map(|number| files.open_slot(number)).collect::<Result<_, _>>()?;
    let chosen = kernel_lock::lock_any(&slots, deadline)
        .map_err(|e| Error::failed(format!("lock a slot of {}", files.name), e))?;
    Ok(chosen.and_then(|index| (0..count).zip(slots).nth(index)))
}
