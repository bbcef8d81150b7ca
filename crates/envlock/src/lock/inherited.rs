//! Locks that an envlock further up holds for this process, as `ENVLOCK_HELD` claims and the tickets prove.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};

use crate::model::held_entry::HeldEntry;
use crate::model::queue::Mode;
use crate::store::env_files::EnvFiles;
use crate::store::ticket::TicketState;
use crate::system::processes;

/// Whether an ancestor holds a lock that allows what is wanted. Where it holds a lesser one, that is an error: waiting
/// for the lock would be waiting for this process itself.
pub(crate) fn covers(entries: &[HeldEntry], home: &Home, name: &str, wanted: Mode) -> Result<bool, Error> {
    let held = held_by_ancestors(entries, home, name)?;
    if held.iter().any(|entry| entry.mode.covers(wanted)) {
        return Ok(true);
    }
    let Some(lesser) = held.first() else { return Ok(false) };
    let cause = format!("the {} lock that this command runs under does not allow it", lesser.mode);
    Err(Error::new(Exit::Failed, format!("take the {wanted} lock {name}"), cause)
        .hint("take the stronger lock in the outer envlock"))
}

/// Whether an ancestor holds this lock in any mode.
pub(crate) fn is_held(entries: &[HeldEntry], home: &Home, name: &str) -> Result<bool, Error> {
    held_by_ancestors(entries, home, name).map(|held| !held.is_empty())
}

fn held_by_ancestors<'a>(
    entries: &'a [HeldEntry],
    home: &Home,
    name: &str,
) -> Result<Vec<&'a HeldEntry>, Error> {
    let mut held = Vec::new();
    for entry in entries.iter().filter(|entry| entry.name == name) {
        if is_valid(entry, home)? {
            held.push(entry);
        }
    }
    Ok(held)
}

/// Whether the ticket is held and its owner is an ancestor.
fn is_valid(entry: &HeldEntry, home: &Home) -> Result<bool, Error> {
    let Some(files) = EnvFiles::existing(home, &entry.name)? else { return Ok(false) };
    let is_held = matches!(files.ticket_state(entry.ticket_id())?, TicketState::Held(_));
    Ok(is_held && processes::is_ancestor(entry.pid, entry.start))
}
