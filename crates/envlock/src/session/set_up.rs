//! Making an environment ready: it is set up, or joined as it was kept, or taken down and set up anew.

use std::path::PathBuf;

use evenkeel_common::{Error, now};

use crate::model::environment::{Entry, Environment, EnvironmentPhase, Keep, Recorded, SCHEMA, Teardown};
use crate::model::step::Step;
use crate::output::text;
use crate::session::steps::{Script, print_message};
use crate::session::{Progress, Session};
use crate::store::history::millis;
use crate::system::Ending;

impl Session<'_> {
    /// Makes the environment ready, where there is one. Returns the ending of a step that failed or was cancelled.
    pub(super) fn prepare(&mut self) -> Result<Option<Ending>, Error> {
        let Some(entrance) = &self.entrance else { return Ok(None) };
        let recorded = entrance.recorded.clone();
        match entrance.entry.clone() {
            Entry::Beside => {
                self.progress = Progress::Up;
                Ok(None)
            }
            Entry::Join => self.join(recorded),
            Entry::Clear(why) => {
                print_message(&text::clearing(self.locked.steps.name, &why));
                match self.clear(&recorded)? {
                    Some(failed) => Ok(Some(failed)),
                    None => self.set_up(),
                }
            }
            Entry::SetUp => self.set_up(),
        }
    }

    /// Uses an environment that was kept.
    fn join(&mut self, recorded: Recorded) -> Result<Option<Ending>, Error> {
        let Recorded::Known(environment) = recorded else { return self.set_up() };
        print_message(&text::joining(self.locked.steps.name, &environment));
        let phase = if self.args.reuse.is_some() { EnvironmentPhase::Reuse } else { EnvironmentPhase::Up };
        let environment = Environment { phase, idle_since: None, ..self.adopt(*environment) };
        self.locked.record(&environment)?;
        self.progress = Progress::Begun;
        if let Some(command) = &self.args.reuse {
            let ending = self.locked.run_script(&Script::new(Step::Reuse, command))?;
            if !ending.succeeded() {
                return self.replace(&Recorded::Known(Box::new(environment)), ending);
            }
        }
        self.progress = Progress::Up;
        // The command may have ignored a signal.
        Ok(self.locked.steps.cancelled())
    }

    /// Sets an environment up anew whose `--reuse` command failed, unless that was because of a signal.
    fn replace(&mut self, recorded: &Recorded, failed: Ending) -> Result<Option<Ending>, Error> {
        if self.locked.steps.cancelled().is_some() {
            return Ok(Some(failed));
        }
        let name = self.locked.steps.name;
        print_message(&format!("{name} cannot be reused: taking it down and setting it up anew"));
        self.progress = Progress::Cleared;
        if let Some(failed) = self.clear(recorded)? {
            return Ok(Some(failed));
        }
        self.set_up()
    }

    /// Takes down what is left of an earlier environment: as is recorded; where nothing is, or that fails, as the caller
    /// says. Returns the ending of a take-down that failed.
    fn clear(&mut self, recorded: &Recorded) -> Result<Option<Ending>, Error> {
        let earlier = recorded.teardown();
        let own =
            self.own_script().filter(|own| Some(&own.command) != earlier.map(|earlier| &earlier.command));
        let mut failed = None;
        for mut script in earlier.map(Script::recorded).into_iter().chain(own) {
            script.limit = script.limit.or(self.args.teardown_timeout);
            let ending = self.locked.take_down(&script)?;
            if ending.succeeded() {
                return Ok(None);
            }
            failed = Some(ending);
        }
        Ok(failed)
    }

    /// Prepares the environment. Returns the ending of a set-up that failed or was cancelled.
    fn set_up(&mut self) -> Result<Option<Ending>, Error> {
        if let Some(cancelled) = self.locked.steps.cancelled() {
            return Ok(Some(cancelled));
        }
        let environment = self.new_environment();
        self.locked.record(&environment)?;
        self.progress = Progress::Begun;
        if let Some(command) = &self.args.setup {
            let ending = self.locked.run_script(&Script::new(Step::Setup, command))?;
            if !ending.succeeded() {
                return Ok(Some(ending));
            }
        }
        if let Some(main) = self.locked.main_mut() {
            main.mark_clean();
        }
        self.progress = Progress::Up;
        // The set-up may have ignored a signal.
        Ok(self.locked.steps.cancelled())
    }

    /// The record of the environment that this user sets up.
    fn new_environment(&self) -> Environment {
        let (user, host) = self.locked.main().map_or_else(Default::default, |main| {
            (main.record().user.clone(), main.record().process.host.clone())
        });
        Environment {
            schema: SCHEMA.to_owned(),
            key: self.args.setup_key.clone(),
            teardown: self.own_teardown(),
            user,
            host,
            up_since: now(),
            phase: EnvironmentPhase::Setup,
            kept: Keep::No,
            kept_by: None,
            idle_since: None,
            generation: 0,
            foreign: None,
        }
    }

    /// The take-down that this user was given, as it is recorded.
    fn own_teardown(&self) -> Option<Teardown> {
        self.args.teardown.as_ref().map(|command| Teardown {
            command: command.clone(),
            directory: current_directory(),
            limit_ms: self.args.teardown_timeout.map(millis),
        })
    }

    /// The record as this user may write it: the take-down of another one is not his to run.
    pub(super) fn adopt(&self, environment: Environment) -> Environment {
        match environment.foreign {
            None => environment,
            Some(_) => Environment { teardown: self.own_teardown(), foreign: None, ..environment },
        }
    }

    /// Lets others enter the environment, which is up.
    pub(super) fn finish_setup(&mut self) -> Result<(), Error> {
        let Some(entrance) = self.entrance.take() else { return Ok(()) };
        if entrance.entry != Entry::Beside
            && let Recorded::Known(environment) = self.locked.recorded()
        {
            self.locked.record(&Environment { phase: EnvironmentPhase::Up, ..*environment })?;
        }
        let wanted = self.args.mode();
        self.locked.main_mut().map_or(Ok(()), |main| main.finish_setup(wanted))
    }
}

/// Where envlock was started, as text, for the record; `/` where that directory is gone.
fn current_directory() -> PathBuf {
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    directory.to_string_lossy().into_owned().into()
}
