//! The status of an environment: who holds its lock, who waits, and who holds the lock file without a ticket.

use evenkeel_common::{BootTimestamp, Error};

use crate::model::environment::{Dirty, Facts, Recorded, Unused};
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
    /// What is recorded of the environment.
    pub(crate) recorded: Recorded,
    /// The state of the environment; none while somebody uses it.
    pub(crate) unused: Option<Unused>,
}

impl LockStatus {
    /// Why the environment has to be taken down before it is used again; none where it need not.
    pub(crate) fn dirty(&self) -> Option<Dirty> {
        match self.unused {
            Some(Unused::Dirty(why)) => Some(why),
            _ => None,
        }
    }

    pub(crate) fn is_free(&self) -> bool {
        self.holders.is_empty() && self.outsiders.is_empty()
    }
}

/// Reads the status of an environment and changes nothing.
pub(crate) fn read_status(files: &EnvFiles) -> Result<LockStatus, Error> {
    let (records, recorded, is_marked_dirty) = files.with_queue_lock_now(|| {
        let (mut records, mut is_marked_dirty) = (Vec::new(), files.is_dirty());
        for id in files.ticket_ids()? {
            let record = files.read_record(id);
            match files.ticket_state(id)? {
                TicketState::Held(_) => records.extend(record),
                TicketState::Stale => {
                    is_marked_dirty |=
                        record.is_some_and(|record| record.is_plain_holder()) && !files.is_cleared(id.number);
                }
                TicketState::Removed => {}
            }
        }
        Ok((records, files.read_environment(), is_marked_dirty))
    })?;
    let is_used = records.iter().any(Record::is_in_environment);
    let facts = Facts { recorded: &recorded, is_marked_dirty, now: &BootTimestamp::now() };
    let unused = if is_used { None } else { Some(facts.unused()) };
    let (queue, holders): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record: &Record| record.phase == Phase::Waiting);
    let ours: Vec<u32> = holders.iter().chain(&queue).map(|record| record.process.pid).collect();
    let outsiders = processes::outsiders(files.lock_path(), &ours);
    Ok(LockStatus { name: files.name.clone(), holders, queue, outsiders, recorded, unused })
}
