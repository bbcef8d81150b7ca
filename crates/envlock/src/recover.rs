//! Clearing up after an owner that died without taking leave.

use std::io::Write;
use std::time::Duration;

use drydock_common::Error;

use crate::files::{EnvFiles, Life};
use crate::process;
use crate::queue::Place;
use crate::record::Record;
use crate::wait::Patience;

/// How long what a dead owner left running may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// Ends what the dead owner's command left running, then removes the ticket.
pub fn recover(files: &EnvFiles, place: Place, patience: &mut Patience<'_>) -> Result<(), Error> {
    let record = files.read_record(place);
    if let Some(record) = &record {
        reap(files, place, record);
    }
    files
        .still(patience, || {
            // Another ticket may have cleared up meanwhile.
            if matches!(files.life(place)?, Life::Dead) {
                files.remove(place);
            }
            Ok(())
        })
        .map(drop)
}

fn reap(files: &EnvFiles, place: Place, record: &Record) {
    let token = record.token(&files.name, place.mode);
    let left = process::survivors(&token, &record.process, files.lock_path());
    if left.is_empty() {
        return;
    }
    let _ = writeln!(
        std::io::stderr(),
        "envlock: the holder of {} (pid {}) died; ending {} of its processes that are left",
        files.name,
        record.process.pid,
        left.len()
    );
    process::end_all(&left, GRACE);
}
