//! Getting in and out: ticket, queue, lock file, and back.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::Duration;

use evenkeel_common::{Error, now};
use tracing::{debug, info};

use crate::files::{EnvFiles, Life, Ticket};
use crate::process;
use crate::queue::{Mode, Place};
use crate::record::{Phase, Record};
use crate::recover::{recover, recover_all};
use crate::wait::{self, Grip, Patience};

/// What the ticket will say about us.
#[derive(Clone, Debug)]
pub struct About {
    /// The user's name.
    pub user: String,
    /// This process.
    pub process: crate::record::Process,
    /// The command, as words.
    pub command: Vec<String>,
    /// Why, in the user's words.
    pub purpose: Option<String>,
}

/// How the lock file is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// On the way in.
    Open,
    /// Later, by [`Hold::pass_gate`], because there is an environment to set up: several locks must not be waited
    /// for with the gate in hand.
    Gated,
}

/// The way through the gate, closed to others meanwhile.
#[derive(Debug)]
pub struct Passage {
    /// Whether nobody else is inside.
    pub alone: bool,
    gate: Option<File>,
}

/// A lock that is held.
#[derive(Debug)]
pub struct Hold {
    /// The environment's files.
    pub files: EnvFiles,
    /// What the ticket says.
    pub record: Record,
    /// How it is held.
    pub mode: Mode,
    /// How long it took to get in.
    pub waited: Duration,
    ticket: Ticket,
    lock: File,
    slot: Option<File>,
}

/// Gets in, or says false when patience ran out first.
pub fn enter(
    files: EnvFiles,
    mode: Mode,
    door: Door,
    about: &About,
    patience: &mut Patience<'_>,
) -> Result<Option<Hold>, Error> {
    let before = patience.spent();
    let Some((ticket, places)) = files.draw(mode, patience)? else { return Ok(None) };
    let record = new_record(&ticket, about);
    info!(name = files.name, ticket = record.ticket, %mode, "drew a ticket");
    let mut entrance = Entrance { files, ticket, record, announced: false, patience };
    match entrance.pass(places, door) {
        Ok(Some((lock, slot))) => {
            let waited = entrance.patience.spent().saturating_sub(before);
            info!(name = entrance.files.name, ?waited, "got in");
            let Entrance { files, ticket, mut record, .. } = entrance;
            record.slot = slot.as_ref().map(|(number, _)| *number);
            let slot = slot.map(|(_, file)| file);
            Ok(Some(Hold { files, record, mode, waited, ticket, lock, slot }))
        }
        otherwise => {
            entrance.files.discard(entrance.ticket);
            otherwise.map(|_| None)
        }
    }
}

fn new_record(ticket: &Ticket, about: &About) -> Record {
    Record {
        ticket: ticket.place.number,
        mode: ticket.place.mode.to_string(),
        slot: None,
        phase: Phase::Waiting,
        user: about.user.clone(),
        process: about.process.clone(),
        command: about.command.clone(),
        purpose: about.purpose.clone(),
        queued_at: now(),
        entered_at: None,
        in_environment: false,
    }
}

/// Somebody on the way in.
struct Entrance<'a, 'b> {
    files: EnvFiles,
    ticket: Ticket,
    record: Record,
    announced: bool,
    patience: &'a mut Patience<'b>,
}

type Slot = Option<(u32, File)>;

impl Entrance<'_, '_> {
    /// Through the queue, then onto the lock file, which keeps those out who do not queue.
    fn pass(&mut self, places: Vec<Place>, door: Door) -> Result<Option<(File, Slot)>, Error> {
        let place = self.ticket.place;
        // Opened before the wait: after it every microsecond counts.
        let lock = self.files.open_lock()?;
        if !self.outlast(places, |all| place.must_outlast(all), EnvFiles::life)? {
            return Ok(None);
        }
        let grip = if place.mode == Mode::Exclusive { Grip::Exclusive } else { Grip::Shared };
        if door == Door::Gated && grip == Grip::Shared {
            self.announce()?;
        } else if !self.lock(&lock, grip)? {
            return Ok(None);
        }
        let Mode::Slots(count) = place.mode else { return Ok(Some((lock, None))) };
        let choose_before = |all: &[Place]| place.choose_before(all);
        if !self.outlast(self.files.places()?, choose_before, EnvFiles::choosing)? {
            return Ok(None);
        }
        let slot = self.choose(count)?;
        self.ticket.end_turn();
        Ok(slot.map(|slot| (lock, Some(slot))))
    }

    /// Waits until every ticket that is ahead has gone, and clears away those whose owners died.
    fn outlast(
        &mut self,
        mut places: Vec<Place>,
        ahead: impl Fn(&[Place]) -> Vec<Place>,
        probe: impl Fn(&EnvFiles, Place) -> Result<Life, Error>,
    ) -> Result<bool, Error> {
        'look: loop {
            for place in ahead(&places) {
                if let Life::Alive(file) = probe(&self.files, place)? {
                    debug!(ticket = place.number, "waiting for a ticket ahead");
                    if !self.lock(&file, Grip::Shared)? {
                        return Ok(false);
                    }
                    places = self.files.places()?;
                    continue 'look;
                }
            }
            break;
        }
        let own = self.ticket.place.number;
        for place in places.into_iter().filter(|place| place.number < own) {
            if matches!(self.files.life(place)?, Life::Dead) {
                recover(&self.files, place, self.patience)?;
            }
        }
        Ok(true)
    }

    /// Takes a slot, the lowest that is free, or else the first that comes free.
    fn choose(&mut self, count: u16) -> Result<Slot, Error> {
        let slots: Vec<File> = (0..count)
            .map(|number| self.files.open_extra(&format!("slot.{number}")))
            .collect::<Result<_, _>>()?;
        self.announce()?;
        let chosen = wait::lock_any(&slots, self.patience)
            .map_err(|e| Error::failed(format!("lock a slot of {}", self.files.name), e))?;
        let number = chosen.and_then(|index| u32::try_from(index).ok());
        Ok(number.and_then(|number| Some((number, slots.into_iter().nth(chosen?)?))))
    }

    fn lock(&mut self, file: &File, grip: Grip) -> Result<bool, Error> {
        let path = self.files.lock_path().display().to_string();
        let failed = |e| Error::failed(format!("lock {path}"), e);
        if wait::try_lock(file, grip).map_err(failed)? {
            return Ok(true);
        }
        self.announce()?;
        wait::lock(file, grip, self.patience).map_err(failed)
    }

    /// Tells the others who waits here. Whoever gets in at once has no need to.
    fn announce(&mut self) -> Result<(), Error> {
        if !self.announced {
            self.ticket.write(&self.record)?;
            self.announced = true;
        }
        Ok(())
    }
}

impl Hold {
    /// Locks the lock file of a [`Door::Gated`] entrance, and finds out whether anybody is inside. None: patience ran
    /// out.
    pub fn pass_gate(&mut self, patience: &mut Patience<'_>) -> Result<Option<Passage>, Error> {
        if self.mode == Mode::Exclusive {
            return Ok(Some(Passage { alone: true, gate: None }));
        }
        let gate = self.files.open_extra("gate")?;
        if !wait::lock(&gate, Grip::Exclusive, patience).map_err(|e| self.cannot_lock(e))? {
            return Ok(None);
        }
        recover_all(&self.files, self.record.ticket, patience)?;
        if wait::try_lock(&self.lock, Grip::Exclusive).map_err(|e| self.cannot_lock(e))? {
            return Ok(Some(Passage { alone: true, gate: Some(gate) }));
        }
        // Those who use the lock without an environment make way before it is set up. Nobody else gets past the gate.
        let alone = !self.others_in_environment()?;
        let grip = if alone { Grip::Exclusive } else { Grip::Shared };
        let taken = wait::lock(&self.lock, grip, patience).map_err(|e| self.cannot_lock(e))?;
        Ok(taken.then_some(Passage { alone, gate: Some(gate) }))
    }

    /// Whether anybody else is inside for whom the environment has been set up. To be asked with the gate in hand:
    /// then nobody is just setting up or taking down.
    pub fn others_in_environment(&self) -> Result<bool, Error> {
        let own = self.record.ticket;
        self.files.still_now(|| {
            for place in self.files.places()?.into_iter().filter(|place| place.number != own) {
                let inside = self.files.read_record(place).is_some_and(|record| record.in_environment);
                if inside && matches!(self.files.life(place)?, Life::Alive(_)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Says that the environment is there, for whoever comes through the gate next.
    pub fn enter_environment(&mut self) -> Result<(), Error> {
        self.record.in_environment = true;
        self.report_phase(Phase::Running)
    }

    /// Lets others through the gate.
    pub fn open_gate(&mut self, passage: &Passage) -> Result<(), Error> {
        if passage.alone && passage.gate.is_some() {
            // A lock cannot be weakened everywhere. Only somebody without a ticket can slip in here; then we wait.
            self.let_go()?;
            wait::lock(&self.lock, Grip::Shared, &mut Patience::new(None))
                .map_err(|e| self.cannot_lock(e))?;
        }
        Ok(())
    }

    /// Closes the gate on the way out, and finds out whether anybody else is inside.
    pub fn close_gate(&mut self) -> Result<Passage, Error> {
        if self.mode == Mode::Exclusive {
            return Ok(Passage { alone: true, gate: None });
        }
        let gate = self.files.open_extra("gate")?;
        wait::lock(&gate, Grip::Exclusive, &mut Patience::new(None)).map_err(|e| self.cannot_lock(e))?;
        self.let_go()?;
        let alone = wait::try_lock(&self.lock, Grip::Exclusive).map_err(|e| self.cannot_lock(e))?;
        Ok(Passage { alone, gate: Some(gate) })
    }

    /// Unlocks the lock file. The next lock is taken through a fresh handle: Wine refuses to unlock one that another
    /// handle has tried to lock, and closes it well.
    fn let_go(&mut self) -> Result<(), Error> {
        let _ = self.lock.unlock();
        self.lock = self.files.open_lock()?;
        Ok(())
    }

    fn cannot_lock(&self, cause: std::io::Error) -> Error {
        Error::failed(format!("lock {}", self.files.lock_path().display()), cause)
    }

    /// Tells the others how far we are.
    pub fn report_phase(&mut self, phase: Phase) -> Result<(), Error> {
        if self.record.phase == phase {
            return Ok(());
        }
        self.record.phase = phase;
        self.record.entered_at.get_or_insert_with(now);
        self.ticket.write(&self.record)
    }

    /// What `ENVLOCK_HELD` says about this lock.
    pub fn token(&self) -> String {
        self.record.token(&self.files.name, self.mode)
    }

    /// The files that the command gets a copy of, so that they stay locked while it lives. The lock file, which is
    /// empty, stands at the ticket's number from now on: that is how a copy is told from all others.
    pub fn lend(&self) -> Vec<&File> {
        let _ = (&self.lock).seek(SeekFrom::Start(self.record.ticket));
        std::iter::once(&self.lock).chain(&self.slot).collect()
    }

    /// Gives the lock back, also where a background child still has a copy.
    pub fn release(self) {
        let _ = self.lock.unlock();
        if let Some(slot) = &self.slot {
            let _ = slot.unlock();
        }
        self.files.discard(self.ticket);
        info!(name = self.files.name, "gave the lock back");
    }

    /// Leaves the lock to whoever has a copy, as flock(1) does.
    pub fn bequeath(self) {
        drop(self.lock);
        self.files.discard(self.ticket);
    }
}

/// This process as its tickets describe it.
pub fn about(command: Vec<String>, purpose: Option<String>) -> About {
    About { user: process::user(), process: process::me(), command, purpose }
}
