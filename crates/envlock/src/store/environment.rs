//! `environment.json`: the record of an environment. Whoever writes it holds the lock alone or the setup lock; anybody
//! may read it at any time.
//!
//! In a directory that users share everybody has a record of his own, which nobody else can change, and the latest one
//! counts. The take-down in it is a command, so it is used by nobody but its owner.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Write};

use evenkeel_common::state::shared::{self, current_user};
use evenkeel_common::{Error, state};

use crate::model::environment::{Environment, EnvironmentPhase, Foreign, Recorded};
use crate::store::env_files::{EnvFiles, cannot};

impl EnvFiles {
    /// Reads the record. One that belongs to somebody else, or is a link, is refused: it contains a command.
    pub(crate) fn read_environment(&self) -> Recorded {
        if self.is_shared() {
            return self.read_shared();
        }
        let mut text = Vec::new();
        let read = state::open(&self.path(&self.record_name()), OpenOptions::new().read(true))
            .and_then(|mut file| file.read_to_end(&mut text));
        match read {
            Err(e) if e.kind() == ErrorKind::NotFound => Recorded::Nothing,
            Err(e) => Recorded::Refused(e.to_string()),
            Ok(_) => serde_json::from_slice(&text).map_or(Recorded::Unreadable, Recorded::Known),
        }
    }

    /// Replaces the record as a whole: a reader sees the old one or the new one.
    pub(crate) fn write_environment(&self, environment: &Environment) -> Result<(), Error> {
        let path = self.path(&self.record_name());
        let write = || -> io::Result<()> {
            let mut environment = environment.clone();
            if self.is_shared() {
                let latest = self.records()?.iter().map(|record| record.generation).max().unwrap_or(0);
                environment.generation = latest.saturating_add(1);
            }
            let text = serde_json::to_vec(&environment)?;
            // What is about to be set up must be known after a power failure too. Of later records one that is lost or
            // torn makes the environment dirty, which is right after a power failure.
            let is_synced = environment.phase == EnvironmentPhase::Setup;
            if self.is_shared() {
                self.replace_shared(&text, is_synced)
            } else {
                self.replace(&text, is_synced)
            }
        };
        write().map_err(|e| cannot("write", &path, e))
    }

    /// To be called after a take-down.
    pub(crate) fn remove_environment(&self) -> Result<(), Error> {
        let path = self.path(&self.record_name());
        if self.is_shared() {
            let records = self.records().map_err(|e| cannot("read", &path, e))?;
            let Some(latest) = latest(&records) else { return Ok(()) };
            if records.iter().any(|record| record.foreign.is_some()) {
                // The records of others stay, and must not count again.
                let down = Environment { phase: EnvironmentPhase::Down, teardown: None, ..latest.clone() };
                return self.write_environment(&down);
            }
        }
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(cannot("remove", &path, e)),
            _ => Ok(()),
        }
    }

    fn record_name(&self) -> String {
        if self.is_shared() { shared_name(current_user()) } else { "environment.json".to_owned() }
    }

    fn replace(&self, text: &[u8], is_synced: bool) -> io::Result<()> {
        let new = self.path("environment.new");
        let mut file = state::open(&new, OpenOptions::new().write(true).create(true).truncate(true))?;
        file.write_all(text)?;
        if is_synced {
            file.sync_all()?;
        }
        std::fs::rename(&new, self.path(&self.record_name()))
    }

    /// Under another name first that nobody can know before.
    fn replace_shared(&self, text: &[u8], is_synced: bool) -> io::Result<()> {
        let mut new = shared::create_unnamed(&self.dir)?;
        new.write_all(text)?;
        if is_synced {
            new.as_file().sync_all()?;
        }
        new.persist(self.path(&self.record_name())).map(drop).map_err(|failed| failed.error)
    }

    fn read_shared(&self) -> Recorded {
        match self.records() {
            Err(e) => Recorded::Refused(e.to_string()),
            Ok(records) => match latest(&records) {
                Some(latest) if latest.phase != EnvironmentPhase::Down => {
                    Recorded::Known(Box::new(latest.clone()))
                }
                _ if self.path(&self.record_name()).exists()
                    && records.iter().all(|r| r.foreign.is_some()) =>
                {
                    Recorded::Unreadable
                }
                _ => Recorded::Nothing,
            },
        }
    }

    /// The records of all users. What is no record, or is not of the user that its name says, is left out.
    fn records(&self) -> io::Result<Vec<Environment>> {
        let users = self.find_files(user_of).map_err(|e| io::Error::other(e.cause().to_owned()))?;
        let read = |user: u32| {
            let (record, owner) = self.read_json::<Environment>(&shared_name(user))?;
            let foreign = (user != current_user()).then_some(Foreign::User(user));
            let teardown = record.teardown.filter(|_| foreign.is_none());
            (owner == user).then_some(Environment { teardown, foreign, ..record })
        };
        Ok(users.into_iter().filter_map(read).collect())
    }
}

fn latest(records: &[Environment]) -> Option<&Environment> {
    records.iter().max_by_key(|record| (record.generation, record.foreign))
}

fn shared_name(user: u32) -> String {
    format!("environment.{user}.json")
}

fn user_of(name: &str) -> Option<u32> {
    name.strip_prefix("environment.")?.strip_suffix(".json")?.parse().ok()
}
