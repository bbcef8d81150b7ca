//! What those that wait for a lock, or gave up, are told.

use evenkeel_common::Error;

use crate::lock::status::read_status;
use crate::model::setup_key::SetupKey;
use crate::output::text;
use crate::store::env_files::EnvFiles;
use crate::store::history;

/// Who holds the lock, what the environment was started from where that is not the wanted key, where the envlock process
/// `waiter` is in the queue, and when it may get the lock.
pub(super) fn explain(
    files: &EnvFiles,
    key: Option<&SetupKey>,
    waiter: Option<u32>,
) -> Result<String, Error> {
    let status = read_status(files)?;
    // Without the history there is no estimate.
    let past = history::read(files).map(|past| past.records).unwrap_or_default();
    Ok(text::explain_wait(&status, &past, key, waiter))
}
