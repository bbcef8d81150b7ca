//! The locks that are held, and what is done with the environment under them: scripts, and its record.

use evenkeel_common::Error;

use crate::hold::{Hold, Standing};
use crate::model::environment::{Environment, EnvironmentPhase, Keep, Recorded};
use crate::model::record::Phase;
use crate::model::step::Step;
use crate::session::steps::{Script, Steps, print_message};
use crate::system::Ending;

/// The locks that are held, and what is run under them. The main lock, that of the environment, is one of them unless
/// an outer envlock holds it.
#[derive(Debug)]
pub(crate) struct Locked<'a> {
    pub(crate) locks: Vec<Box<dyn Hold + 'a>>,
    pub(crate) steps: Steps<'a>,
}

impl<'a> Locked<'a> {
    pub(super) fn main(&self) -> Option<&(dyn Hold + 'a)> {
        self.locks.iter().find(|lock| lock.name() == self.steps.name).map(|lock| &**lock)
    }

    pub(super) fn main_mut(&mut self) -> Option<&mut (dyn Hold + 'a)> {
        self.locks.iter_mut().find(|lock| lock.name() == self.steps.name).map(|lock| &mut **lock)
    }

    /// Whether a lock was broken or lost: then nothing more may be run.
    pub(super) fn is_stopped(&self) -> bool {
        self.locks.iter().any(|lock| lock.standing() != Standing::Held)
    }

    /// What is recorded of the environment.
    pub(crate) fn recorded(&mut self) -> Recorded {
        self.main_mut().map_or(Recorded::Nothing, Hold::read_environment)
    }

    pub(super) fn record(&mut self, environment: &Environment) -> Result<(), Error> {
        self.main_mut().map_or(Ok(()), |main| main.write_environment(environment))
    }

    /// Runs a script, and shows others that this holder does so.
    pub(super) fn run_script(&mut self, script: &Script) -> Result<Ending, Error> {
        let phase = match script.step {
            Step::Setup | Step::Reuse => Some(Phase::Setup),
            Step::Teardown => Some(Phase::Teardown),
            Step::Command | Step::After => None,
        };
        if let (Some(phase), Some(main)) = (phase, self.main_mut()) {
            main.set_phase(phase)?;
        }
        self.steps.run_script(script, &self.locks)
    }

    /// Runs a take-down. The record says so before, and is removed after it; where it fails, the record stays and tells
    /// that the environment is dirty.
    pub(crate) fn take_down(&mut self, script: &Script) -> Result<Ending, Error> {
        let known = self.recorded().known().cloned();
        if let Some(environment) = known {
            let phase = EnvironmentPhase::Teardown;
            // Where the disk is full, taking it down is all the more wanted.
            if let Err(error) =
                self.record(&Environment { phase, kept: Keep::No, kept_by: None, ..environment })
            {
                print_message(&error.to_string());
            }
        }
        let ending = self.run_script(script);
        if matches!(ending, Ok(ending) if ending.succeeded()) {
            self.forget()?;
        } else if self.recorded() == Recorded::Nothing
            && let Some(main) = self.main_mut()
        {
            main.mark_dirty()?;
        }
        ending
    }

    /// Removes what is recorded of the environment, and the mark of a holder that died: nothing is up.
    pub(crate) fn forget(&mut self) -> Result<(), Error> {
        self.forget_record()?;
        if let Some(main) = self.main_mut() {
            main.mark_clean();
        }
        Ok(())
    }

    /// Removes the record of an environment that has no take-down.
    pub(super) fn forget_record(&mut self) -> Result<(), Error> {
        self.main_mut().map_or(Ok(()), Hold::remove_environment)
    }

    /// Releases the locks.
    pub(crate) fn release(self) {
        for lock in self.locks {
            lock.abandon();
        }
    }
}
