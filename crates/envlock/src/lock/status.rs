//! The status of an environment: who holds its lock, who waits, and who holds the lock file without a ticket.

use evenkeel_common::Error;

use crate::model::record::{Phase, Record};
use crate::store::env_files::EnvFiles;
use crate::store::ticket::TicketState;
use crate::system::{Outsider, processes};

/// The status of an environment.
#[derive(Debug, Default)]
pub(crate) struct LockStatus {
    /// The environment's name.
    pub(crate) name: String,
    /// By ticket.
    pub(crate) holders: Vec<Record>,
    /// By ticket.
    pub(crate) queue: Vec<Record>,
    /// By pid.
    pub(crate) outsiders: Vec<Outsider>,
    /// Whether the environment may be left over from a user that did not take it down.
    pub(crate) dirty: bool,
}

impl LockStatus {
    pub(crate) fn is_free(&self) -> bool {
        self.holders.is_empty() && self.outsiders.is_empty()
    }
}

/// Reads the status of an environment and changes nothing.
pub(crate) fn read_status(files: &EnvFiles) -> Result<LockStatus, Error> {
    let (records, dirty) = files.with_queue_lock_now(|| {
        let (mut records, mut dirty) = (Vec::new(), files.is_dirty());
        for id in files.ticket_ids()? {
            let record = files.read_record(id);
            match files.ticket_state(id)? {
                TicketState::Held(_) => records.extend(record),
                TicketState::Stale => dirty |= record.is_some_and(|record| record.phase != Phase::Waiting),
                TicketState::Removed => {}
            }
        }
        Ok((records, dirty))
    })?;
    let (queue, holders): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record: &Record| record.phase == Phase::Waiting);
    let ours: Vec<u32> = holders.iter().chain(&queue).map(|record| record.process.pid).collect();
    let outsiders = processes::outsiders(files.lock_path(), &ours);
    Ok(LockStatus { name: files.name.clone(), holders, queue, outsiders, dirty })
}
