//! A look at an environment: who is inside, who waits, and who holds the file without a ticket.

use evenkeel_common::Error;

use crate::files::{EnvFiles, Life};
use crate::process::{self, Outsider};
use crate::record::{Phase, Record};

/// What a look finds.
#[derive(Debug, Default)]
pub struct Look {
    /// The environment's name.
    pub name: String,
    /// Those inside, by ticket.
    pub holders: Vec<Record>,
    /// Those waiting, first come first.
    pub queue: Vec<Record>,
    /// Those who hold the lock file without a ticket, by pid.
    pub outsiders: Vec<Outsider>,
    /// Whether an owner died inside and nobody has taken the environment down since.
    pub dirty: bool,
}

impl Look {
    /// Whether nobody is inside.
    pub fn is_free(&self) -> bool {
        self.holders.is_empty() && self.outsiders.is_empty()
    }
}

/// Looks at an environment without disturbing it.
pub fn look(files: &EnvFiles) -> Result<Look, Error> {
    let (alive, dirty) = files.still_now(|| {
        let (mut alive, mut dirty) = (Vec::new(), files.is_dirty());
        for place in files.places()? {
            let record = files.read_record(place);
            match files.life(place)? {
                Life::Alive(_) => alive.extend(record),
                Life::Dead => dirty |= record.is_some_and(|record| record.phase != Phase::Waiting),
                Life::Gone => {}
            }
        }
        Ok((alive, dirty))
    })?;
    let (queue, holders): (Vec<_>, Vec<_>) =
        alive.into_iter().partition(|record: &Record| record.phase == Phase::Waiting);
    let ours: Vec<u32> = holders.iter().chain(&queue).map(|record| record.process.pid).collect();
    let outsiders = process::outsiders(files.lock_path(), &ours);
    Ok(Look { name: files.name.clone(), holders, queue, outsiders, dirty })
}
