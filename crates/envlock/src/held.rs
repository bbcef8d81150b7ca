//! Locks that an envlock further up already holds for us: `ENVLOCK_HELD`.
//!
//! Each entry is `name:mode:ticket:pid-start`, parted by commas. The variable alone proves nothing: it may have been
//! kept by a process that outlived its lock.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};

use crate::files::{EnvFiles, Life};
use crate::process;
use crate::queue::{Mode, Place};

/// Name of the variable.
pub const HELD: &str = "ENVLOCK_HELD";

/// A lock that we may already be under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    name: String,
    mode: Mode,
    ticket: u64,
    pid: u32,
    start: u64,
}

/// Reads the variable; what is not well formed proves nothing and is left out.
pub fn parse(variable: &str) -> Vec<Held> {
    let one = |text: &str| {
        let mut parts = text.split(':');
        let (name, mode, ticket, owner) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (pid, start) = owner.split_once('-')?;
        Some(Held {
            name: name.to_owned(),
            mode: Mode::from_letter(mode)?,
            ticket: ticket.parse().ok()?,
            pid: pid.parse().ok()?,
            start: start.parse().ok()?,
        })
    };
    variable.split(',').filter_map(one).collect()
}

/// Whether an ancestor holds the lock for us. Wanting more than it holds is an error: waiting for it would be waiting
/// for ourselves.
pub fn covers(held: &[Held], home: &Home, name: &str, wanted: Mode) -> Result<bool, Error> {
    for one in held.iter().filter(|held| held.name == name) {
        if !is_live(one, home)? {
            continue;
        }
        if one.mode.covers(wanted) {
            return Ok(true);
        }
        let cause = format!("the {} lock that this command runs under does not allow it", one.mode);
        return Err(Error::new(Exit::Failed, format!("take the {wanted} lock {name}"), cause)
            .hint("take the stronger lock in the outer envlock"));
    }
    Ok(false)
}

/// Whether an ancestor holds the lock for us, in whatever mode.
pub fn is_under(held: &[Held], home: &Home, name: &str) -> Result<bool, Error> {
    for one in held.iter().filter(|held| held.name == name) {
        if is_live(one, home)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the ticket is alive and its owner is one of our ancestors.
fn is_live(held: &Held, home: &Home) -> Result<bool, Error> {
    let Some(files) = EnvFiles::existing(home, &held.name)? else { return Ok(false) };
    let place = Place { number: held.ticket, mode: held.mode };
    let ticket_lives = matches!(files.life(place)?, Life::Alive(_));
    Ok(ticket_lives && process::is_ancestor(held.pid, held.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_tokens_and_nothing_else() {
        let held = parse("test:x:12:345-678,torn:x,dev:s:3:4-5,bad:q:1:2-3");
        assert_eq!(held.len(), 2);
        assert_eq!(
            held[0],
            Held { name: "test".into(), mode: Mode::Exclusive, ticket: 12, pid: 345, start: 678 }
        );
        assert_eq!(held[1].mode, Mode::Shared);
    }
}
