//! Locks that an envlock further up holds for this process, as `ENVLOCK_HELD` claims and the store proves.

use evenkeel_common::{Error, Exit};

use crate::remote::held_entry::RemoteEntry;
use crate::remote::renewal::Store;
use crate::system::processes;

/// Whether an outer envlock holds the lock in the same store. Where it holds a lesser one, that is an error.
pub(crate) fn covers(store: &mut Store, prefix: &str, outer: &str) -> Result<bool, Error> {
    let (name, wanted) = (store.keys.name().to_owned(), store.mode);
    let held = held_by_ancestors(store, prefix, outer)?;
    if held.iter().any(|remote| remote.entry.mode.covers(wanted)) {
        return Ok(true);
    }
    let Some(lesser) = held.first() else { return Ok(false) };
    let cause = format!("the {} lock that this command runs under does not allow it", lesser.entry.mode);
    Err(Error::new(Exit::Failed, format!("take the {wanted} lock {name}"), cause)
        .hint("take the stronger lock in the outer envlock"))
}

/// The entries of this lock whose owners are ancestors and whose tickets are in the store. Asks the store only where
/// there is such an entry.
pub(crate) fn held_by_ancestors(
    store: &mut Store,
    prefix: &str,
    outer: &str,
) -> Result<Vec<RemoteEntry>, Error> {
    let name = store.keys.name().to_owned();
    let mut held = RemoteEntry::parse_list(outer);
    held.retain(|remote| {
        let entry = &remote.entry;
        entry.name == name
            && remote.store.split_once('/').is_some_and(|(_, other)| other == prefix)
            && processes::is_ancestor(entry.pid, entry.start)
    });
    if !held.is_empty() {
        let (cluster, tickets) = store.tickets().map_err(|e| store.client.fatal(&e))?;
        let same = RemoteEntry::store(cluster, prefix);
        held.retain(|remote| remote.store == same && tickets.contains(&remote.entry.ticket_id()));
    }
    Ok(held)
}
