//! Locks that an envlock further up holds for this process, as `ENVLOCK_HELD` claims and the tickets prove.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};

use crate::model::held_entry::{HELD_VAR, HeldEntry};
use crate::model::queue::Mode;
use crate::model::step::STEP_VAR;
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

/// Refuses where the envlock that this process runs under has died: this process has its lock, so waiting for the lock
/// would be waiting for itself, and clearing up would end the processes that it is part of.
pub(crate) fn refuse_under_the_dead(home: &Home, name: &str) -> Result<(), Error> {
    let Some(dead) = dead_holder(home, name)? else { return Ok(()) };
    let cause = format!("the envlock that this runs under (pid {}) has died", dead.pid);
    let hint = "end this shell or script, and start it again: the next user of the lock ends it";
    Err(Error::new(Exit::Wrapper, format!("lock {name}"), cause).hint(hint))
}

/// The entry of an envlock that died while it held this lock for this process. The processes of a step may have lost
/// `ENVLOCK_HELD`, so `ENVLOCK_STEP`, whose entries begin alike, is read too.
fn dead_holder(home: &Home, name: &str) -> Result<Option<HeldEntry>, Error> {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let (held, steps) = (variable(HELD_VAR), variable(STEP_VAR));
    // An entry of a step has the step's name at its end.
    let of_steps = steps.split(',').filter_map(|entry| HeldEntry::parse(entry.rsplit_once(':')?.0));
    let mut entries = HeldEntry::parse_list(&held).into_iter().chain(of_steps);
    let Some(first) = entries.find(|entry| entry.name == name) else { return Ok(None) };
    let Some(files) = EnvFiles::existing(home, name)? else { return Ok(None) };
    for entry in std::iter::once(first).chain(entries.filter(|entry| entry.name == name)) {
        let has_died = match files.ticket_state(entry.ticket_id())? {
            TicketState::Held(_) => false,
            // The number may have been given out again.
            TicketState::Stale => files
                .read_record(entry.ticket_id())
                .is_some_and(|record| HeldEntry::new(name, entry.mode, &record) == entry),
            // Its ticket is gone: cleared away, or it has released the lock as it should.
            TicketState::Removed => processes::has_inherited_lock(entry.ticket, files.lock_path()),
        };
        if has_died {
            return Ok(Some(entry));
        }
    }
    Ok(None)
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
