//! Clearing up after an owner that died without taking leave.

use std::io::Write;
use std::time::Duration;

use evenkeel_common::Error;
use tracing::info;

use crate::files::{EnvFiles, Life};
use crate::history::{self, Past};
use crate::process;
use crate::queue::Place;
use crate::record::{Phase, Record};
use crate::wait::Patience;

/// How long what is left running may take to end after SIGTERM.
pub const GRACE: Duration = Duration::from_secs(5);

/// Ends what the dead owner's command left running, then removes the ticket.
pub fn recover(files: &EnvFiles, place: Place, patience: &mut Patience<'_>) -> Result<(), Error> {
    let record = files.read_record(place);
    info!(name = files.name, ticket = place.number, "clearing away a dead ticket");
    if let Some(record) = &record {
        reap(files, place, record);
    }
    files
        .still(patience, || {
            // Another ticket may have cleared up meanwhile.
            if matches!(files.life(place)?, Life::Dead) {
                bury(files, place, record.as_ref())?;
            }
            Ok(())
        })
        .map(drop)
}

/// Clears away every ticket whose owner is dead, but for `own`.
pub fn recover_all(files: &EnvFiles, own: u64, patience: &mut Patience<'_>) -> Result<(), Error> {
    let dead = files.still(patience, || {
        let mut dead = Vec::new();
        for place in files.places()?.into_iter().filter(|place| place.number != own) {
            if matches!(files.life(place)?, Life::Dead) {
                dead.push(place);
            }
        }
        Ok(dead)
    })?;
    dead.unwrap_or_default().into_iter().try_for_each(|place| recover(files, place, patience))
}

/// Keeps what matters of a dead ticket, then removes it.
fn bury(files: &EnvFiles, place: Place, record: Option<&Record>) -> Result<(), Error> {
    // Whoever died in the queue has touched nothing, and a ticket that says nothing never got further than that.
    if let Some(record) = record.filter(|record| record.phase != Phase::Waiting) {
        files.mark_dirty()?;
        let note = files.read_break_note(record.ticket);
        // The history is for people; a lack of room for it must not keep the lock shut.
        let _ = history::append(files, &Past::new(record, None, note));
    }
    files.remove(place);
    Ok(())
}

fn reap(files: &EnvFiles, place: Place, record: &Record) {
    let token = record.token(&files.name, place.mode);
    // What is ended may start something else first: whatever has a copy of the lock must be gone in the end.
    let left = || process::processes_of(&token, record, files.lock_path());
    let count = left().len();
    if count == 0 {
        return;
    }
    let _ = writeln!(
        std::io::stderr(),
        "envlock: the holder of {} (pid {}) died; ending {count} of its processes that are left",
        files.name,
        record.process.pid,
    );
    process::end_all(left, GRACE);
}
