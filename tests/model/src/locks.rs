//! Kernel locks and tickets, as all processes see them.

use crate::decide::excludes;
use crate::scenario::{Scenario, SeededBug};
use crate::state::{Actor, Lock, Phase, Process, State};

impl State {
    /// Whether `me` could lock the lock file so now.
    pub(crate) fn can_lock(&self, me: usize, wanted: Lock) -> bool {
        let others = (0..self.actors.len()).filter(|&other| other != me).map(|other| self.actors[other].lock);
        others.into_iter().all(|held| match (held, wanted) {
            (Lock::Free, _) | (_, Lock::Free) | (Lock::Shared, Lock::Shared) => true,
            (Lock::Exclusive, _) | (_, Lock::Exclusive) => false,
        })
    }

    /// Whether nobody has the setup lock.
    pub(crate) fn is_setup_lock_free(&self) -> bool {
        self.actors.iter().all(|actor| !actor.has_setup_lock)
    }

    /// Whether nobody has the lock of the service.
    pub(crate) fn is_service_lock_free(&self) -> bool {
        self.actors.iter().all(|actor| !actor.has_service_lock)
    }

    /// Gives `me` the next ticket.
    pub(crate) fn take_ticket(&mut self, me: usize) {
        let last = self.actors.iter().map(|actor| actor.ticket).max().unwrap_or(0);
        self.actors[me].ticket = last + 1;
        self.actors[me].phase = Phase::Waiting;
    }

    /// Removes a ticket. Only the order counts, so those behind it move up.
    pub(crate) fn remove_ticket(&mut self, owner: usize) {
        let gone = self.actors[owner].ticket;
        self.actors[owner].ticket = 0;
        self.actors[owner].phase = Phase::Waiting;
        for actor in self.actors.iter_mut().filter(|actor| actor.ticket > gone) {
            actor.ticket -= 1;
        }
    }

    /// Whether a ticket ahead of that of `me`, whose owner lives, excludes it.
    pub(crate) fn is_blocked(&self, scenario: &Scenario, me: usize) -> bool {
        let counts = |actor: &Actor| {
            actor.has_live_ticket() || (actor.ticket > 0 && scenario.has(SeededBug::DeadTicketsBlock))
        };
        let is_exclusive = |who: usize| scenario.cast[who].role.is_exclusive();
        (0..scenario.cast.len()).any(|other| {
            let (actor, own) = (&self.actors[other], self.actors[me].ticket);
            actor.ticket < own && counts(actor) && excludes(is_exclusive(me), is_exclusive(other))
        })
    }

    /// Whether somebody who lives, other than `me`, is in the environment by his ticket.
    pub(crate) fn is_used_by_others(&self, me: usize) -> bool {
        let is_user = |actor: &Actor| actor.has_live_ticket() && actor.phase == Phase::InEnvironment;
        (0..self.actors.len()).any(|other| other != me && is_user(&self.actors[other]))
    }

    /// Clears up after one dead owner whose ticket is below `limit`; none where there is none left. What it left running
    /// is ended first, then the ticket is removed, and the mark set where nothing else would tell of it.
    pub(crate) fn recover_one(mut self, limit: u8) -> Option<(&'static str, Self)> {
        let is_stale = |actor: &Actor| actor.ticket > 0 && actor.ticket < limit && !actor.has_live_ticket();
        let stale = self.actors.iter().position(is_stale)?;
        let owner = &mut self.actors[stale];
        if owner.process == Process::Leftover {
            *owner = Actor { ticket: owner.ticket, phase: owner.phase, ..Actor::default() };
            owner.process = Process::Dead;
            return Some(("ends what a dead owner left running", self));
        }
        self.is_marked_dirty |= owner.phase == Phase::Plain;
        self.remove_ticket(stale);
        Some(("removes a dead owner's ticket", self))
    }
}

impl Actor {
    /// Whether it has a ticket, and lives.
    pub(crate) fn has_live_ticket(&self) -> bool {
        self.ticket > 0 && self.process == Process::Alive
    }

    /// Ends it; nothing of it is left but what `keeps` says.
    pub(crate) fn end(&mut self) {
        *self = Self { process: Process::Ended, ..Self::default() };
    }
}

impl Scenario {
    /// Whether this guard is left out.
    pub(crate) fn has(&self, bug: SeededBug) -> bool {
        self.bug == Some(bug)
    }
}
