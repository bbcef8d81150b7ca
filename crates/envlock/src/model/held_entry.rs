//! `ENVLOCK_HELD`: the locks that a command runs under, as `NAME:MODE:TICKET:PID-START`, separated by commas.
//!
//! The variable alone proves nothing: a process may have kept it after the lock was released.

use std::fmt;

use crate::model::queue::{Mode, TicketId};
use crate::model::record::Record;

/// Name of the variable.
pub(crate) const HELD_VAR: &str = "ENVLOCK_HELD";

/// One entry: unique on this machine until it boots again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldEntry {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    pub(crate) ticket: u64,
    /// The envlock process that holds the lock.
    pub(crate) pid: u32,
    /// When that process started, in ticks since boot; 0 where the system does not say.
    pub(crate) start: u64,
}

impl HeldEntry {
    /// The entry for a ticket of the environment `name`.
    pub(crate) fn new(name: &str, mode: Mode, record: &Record) -> Self {
        let owner = &record.process;
        Self { name: name.to_owned(), mode, ticket: record.ticket, pid: owner.pid, start: owner.start }
    }

    /// Reads the variable. Entries that are not well formed are left out.
    pub(crate) fn parse_list(variable: &str) -> Vec<Self> {
        variable.split(',').filter_map(Self::parse).collect()
    }

    /// Reads one entry of this machine's locks. Those of locks in a store have one part more.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (name, mode, ticket, owner) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (pid, start) = owner.split_once('-')?;
        Some(Self {
            name: name.to_owned(),
            mode: Mode::from_letter(mode)?,
            ticket: ticket.parse().ok()?,
            pid: pid.parse().ok()?,
            start: start.parse().ok()?,
        })
    }

    pub(crate) fn ticket_id(&self) -> TicketId {
        TicketId { number: self.ticket, mode: self.mode }
    }
}

impl fmt::Display for HeldEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}-{}", self.name, self.mode.letter(), self.ticket, self.pid, self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_tokens_and_nothing_else() {
        let held = HeldEntry::parse_list("test:x:12:345-678,torn:x,dev:s:3:4-5,bad:q:1:2-3");
        assert_eq!(held.len(), 2);
        let first =
            HeldEntry { name: "test".into(), mode: Mode::Exclusive, ticket: 12, pid: 345, start: 678 };
        assert_eq!(held[0], first);
        assert_eq!(held[0].to_string(), "test:x:12:345-678");
        assert_eq!(held[1].mode, Mode::Shared);
    }
}
