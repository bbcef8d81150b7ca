//! `environment.json`: the record of an environment. Whoever writes it holds the lock alone or the setup lock; anybody
//! may read it at any time.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Write};

use evenkeel_common::{Error, state};

use crate::model::environment::{Environment, EnvironmentPhase, Recorded};
use crate::store::env_files::{EnvFiles, cannot};

const NAME: &str = "environment.json";

impl EnvFiles {
    /// Reads the record. One that belongs to somebody else, or is a link, is refused: it contains a command.
    pub(crate) fn read_environment(&self) -> Recorded {
        let mut text = Vec::new();
        let read = state::open(&self.path(NAME), OpenOptions::new().read(true))
            .and_then(|mut file| file.read_to_end(&mut text));
        match read {
            Err(e) if e.kind() == ErrorKind::NotFound => Recorded::Nothing,
            Err(e) => Recorded::Refused(e.to_string()),
            Ok(_) => serde_json::from_slice(&text).map_or(Recorded::Unreadable, Recorded::Known),
        }
    }

    /// Replaces the record as a whole: a reader sees the old one or the new one.
    pub(crate) fn write_environment(&self, environment: &Environment) -> Result<(), Error> {
        let (new, path) = (self.path("environment.new"), self.path(NAME));
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec(environment)?;
            let mut file = state::open(&new, OpenOptions::new().write(true).create(true).truncate(true))?;
            file.write_all(&text)?;
            // What is about to be set up must be known after a power failure too. Of later records one that is lost or
            // torn makes the environment dirty, which is right after a power failure.
            if environment.phase == EnvironmentPhase::Setup {
                file.sync_all()?;
            }
            std::fs::rename(&new, &path)
        };
        write().map_err(|e| cannot("write", &path, e))
    }

    /// To be called after a take-down.
    pub(crate) fn remove_environment(&self) -> Result<(), Error> {
        let path = self.path(NAME);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(cannot("remove", &path, e)),
            _ => Ok(()),
        }
    }
}
