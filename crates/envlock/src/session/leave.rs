//! Leaving an environment: the last user takes it down, or leaves it up and records that.

use evenkeel_common::{BootTimestamp, Error};

use crate::hold::{Company, Departure};
use crate::model::environment::{Environment, EnvironmentPhase, Keep, Recorded, kept_by_last};
use crate::model::step::Step;
use crate::session::steps::{Script, print_message};
use crate::session::{Progress, Session};
use crate::system::Ending;

impl Session<'_> {
    /// Takes the environment down, or leaves it up, where no other user is left. Others can enter it when the lock is
    /// released. Returns the ending of a take-down that failed.
    pub(super) fn leave_environment(&mut self) -> Result<Option<Ending>, Error> {
        let has_teardown = self.args.teardown.is_some() || self.locked.recorded().teardown().is_some();
        if has_teardown && !self.args.inherit {
            self.locked.steps.terminate_leftovers(Step::Command, &self.locked.locks);
        }
        let company = if let Some(entrance) = self.entrance.take() {
            Some(entrance.company)
        } else {
            let departure = self.departure();
            self.locked.main_mut().map(|main| main.enter_teardown(departure)).transpose()?
        };
        match (company, self.progress) {
            (None, _) | (_, Progress::Untouched | Progress::Cleared) => Ok(None),
            (Some(company), Progress::Begun | Progress::Up) => self.leave_as(company),
        }
    }

    /// What this user does where it is the last, as far as that is known before the record can be relied on. What others
    /// keep is recorded already.
    fn departure(&mut self) -> Departure {
        let is_up = self.progress == Progress::Up && self.locked.recorded().known().is_some();
        let keeps = is_up && self.args.keep_rule() != Keep::No;
        if keeps { Departure::LeavesUp } else { Departure::TakesDown }
    }

    /// Does what follows from who else is inside, and from how the environment is kept. Returns the ending of a take-down
    /// that failed.
    fn leave_as(&mut self, company: Company) -> Result<Option<Ending>, Error> {
        let recorded = self.locked.recorded();
        let is_last = company != Company::Users;
        match (self.keep(&recorded), recorded) {
            (Keep::UntilTold, Recorded::Known(environment))
                if !is_last && environment.kept != Keep::UntilTold =>
            {
                // The last one, who may not want to keep it, has to know.
                let environment = self.adopt(*environment);
                self.locked.record(&Environment { kept: Keep::UntilTold, ..environment })?;
                Ok(None)
            }
            _ if !is_last => Ok(None),
            (Keep::No, recorded) => self.end(company, &recorded),
            (kept, Recorded::Known(environment)) => self.leave_up(kept, *environment).map(|()| None),
            (_, recorded) => self.end(company, &recorded),
        }
    }

    /// How the environment is kept when this user is the last. One that is not fully up is not kept.
    fn keep(&self, recorded: &Recorded) -> Keep {
        if self.progress == Progress::Up {
            kept_by_last(recorded.kept(), self.args.keep_rule())
        } else {
            Keep::No
        }
    }

    /// Records that the environment is up and that nobody uses it.
    fn leave_up(&mut self, kept: Keep, environment: Environment) -> Result<(), Error> {
        let adopted = self.adopt(environment);
        let Some(main) = self.locked.main_mut() else { return Ok(()) };
        main.write_environment(&Environment {
            phase: EnvironmentPhase::Up,
            kept,
            kept_by: Some(main.record().user.clone()),
            idle_since: Some(BootTimestamp::now()),
            ..adopted
        })?;
        main.mark_clean();
        Ok(())
    }

    /// Takes the environment down: as this user was told, else as is recorded.
    fn end(&mut self, company: Company, recorded: &Recorded) -> Result<Option<Ending>, Error> {
        let script = self.own_script().or_else(|| recorded.teardown().map(Script::recorded));
        let Some(script) = script else { return self.locked.forget_record().map(|()| None) };
        if company != Company::Alone {
            let name = self.locked.steps.name;
            print_message(&format!(
                "{name} was not taken down: others hold its lock without --teardown; the next --teardown clears it"
            ));
            return Ok(None);
        }
        let ending = self.locked.take_down(&script)?;
        Ok(Some(ending).filter(|ending| !ending.succeeded()))
    }
}
