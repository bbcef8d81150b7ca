//! The files of one environment. Under `locks/`:
//!
//! - `<env>.lock`: empty, locked by whoever is inside. Plain `flock` and Python's `filelock` on it take part.
//! - `<env>.d/<n>.<mode>`: a ticket, kept locked by its owner from arrival to departure. It says who that is; on
//!   Windows, where nobody else can read a locked file, `<n>.json` beside it does.
//! - `<env>.d/<n>.turn`: locked by the owner of a slot ticket until it has chosen its slot.
//! - `<env>.d/<n>.break`: who broke it and why, until that is history.
//! - `<env>.d/slot.<k>`: locked by the holder of slot k.
//! - `<env>.d/gate`: locked while somebody sets up, takes down, or finds out that others are inside.
//! - `<env>.d/dirty`: there while an owner that died inside may have left the environment half-way.
//! - `<env>.d/history.jsonl`: past holds.
//! - `<env>.d/seq`: the last number given; locked while a ticket is made or removed by others.
//!
//! Lock files are never removed. A ticket is removed by its owner, or, when the owner died, by a later ticket.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::state::{self, Home};
use serde::de::DeserializeOwned;

use crate::history::BreakNote;
use crate::queue::{Mode, Place};
use crate::record::Record;
use crate::wait::{self, Grip, Patience};

/// The files of one environment.
#[derive(Clone, Debug)]
pub struct EnvFiles {
    /// The environment's name.
    pub name: String,
    lock: PathBuf,
    dir: PathBuf,
}

/// A ticket of our own. Dropping it without [`EnvFiles::discard`] leaves it as a crash would.
#[derive(Debug)]
pub struct Ticket {
    /// Its place in the queue.
    pub place: Place,
    file: File,
    turn: Option<File>,
    words: File,
    written: usize,
}

/// What a look at somebody's ticket finds.
#[derive(Debug)]
pub enum Life {
    /// Its owner lives; the file can be waited on.
    Alive(File),
    /// Its owner died without taking leave.
    Dead,
    /// It has been removed.
    Gone,
}

impl EnvFiles {
    /// Finds the files of an environment; makes the directories where they are missing.
    pub fn open(home: &Home, name: &str) -> Result<Self, Error> {
        let locks = home.dir("locks")?;
        let dir = Home::at(&locks).dir(&format!("{name}.d"))?;
        Ok(Self { name: name.to_owned(), lock: locks.join(format!("{name}.lock")), dir })
    }

    /// Finds the files of an environment that has been locked before; none where it never was.
    pub fn existing(home: &Home, name: &str) -> Result<Option<Self>, Error> {
        let known = home.path("locks").join(format!("{name}.d")).is_dir();
        known.then(|| Self::open(home, name)).transpose()
    }

    /// Where the lock file is.
    pub fn lock_path(&self) -> &Path {
        &self.lock
    }

    /// A file of this environment's own.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Opens the lock file.
    pub fn open_lock(&self) -> Result<File, Error> {
        open_to_lock(&self.lock)
    }

    /// Opens a further file that is only ever locked.
    pub fn open_extra(&self, name: &str) -> Result<File, Error> {
        open_to_lock(&self.path(name))
    }

    /// Draws a ticket. None: patience ran out, because somebody was stopped while drawing.
    pub fn draw(
        &self,
        mode: Mode,
        patience: &mut Patience<'_>,
    ) -> Result<Option<(Ticket, Vec<Place>)>, Error> {
        let path = self.path("seq");
        let mut seq = state::open(&path, OpenOptions::new().read(true).write(true).create(true))
            .map_err(|e| cannot("open", &path, e))?;
        if !wait::lock(&seq, Grip::Exclusive, patience).map_err(|e| cannot("lock", &path, e))? {
            return Ok(None);
        }
        let places = self.places()?;
        let last = places.iter().map(|place| place.number).max().unwrap_or(0);
        let number = next_number(&mut seq, last).map_err(|e| cannot("write", &path, e))?;
        let ticket = self.create(Place { number, mode })?;
        Ok(Some((ticket, places)))
    }

    fn create(&self, place: Place) -> Result<Ticket, Error> {
        let make = |suffix: &str| {
            let path = self.ticket_file(place.number, suffix);
            let file = state::open(&path, OpenOptions::new().write(true).create_new(true));
            let file = file.map_err(|e| cannot("create", &path, e))?;
            match wait::try_lock(&file, Grip::Exclusive) {
                Ok(true) => Ok(file),
                Ok(false) => Err(cannot("lock", &path, "somebody else locked it first")),
                Err(e) => Err(cannot("lock", &path, e)),
            }
        };
        let turn = if matches!(place.mode, Mode::Slots(_)) { Some(make("turn")?) } else { None };
        let file = make(&place.mode.letter().to_string())?;
        let words = if WORDS_APART { self.open_extra(&words_of(place)) } else { copy(&file) }?;
        Ok(Ticket { place, file, turn, words, written: 0 })
    }

    /// All tickets there are, alive or dead, in the order of their numbers.
    pub fn places(&self) -> Result<Vec<Place>, Error> {
        let entries = std::fs::read_dir(&self.dir).map_err(|e| cannot("list", &self.dir, e))?;
        let mut places = Vec::new();
        for entry in entries {
            let name = entry.map_err(|e| cannot("list", &self.dir, e))?.file_name();
            places.extend(name.to_str().and_then(parse_ticket));
        }
        places.sort_unstable();
        Ok(places)
    }

    /// Asks the kernel whether a ticket's owner lives. Only for numbers below one's own, or under [`Self::still`]:
    /// a ticket that is just being made would look dead.
    pub fn life(&self, place: Place) -> Result<Life, Error> {
        probe(&self.ticket_path(place))
    }

    /// Asks the kernel whether a ticket has not chosen its slot yet.
    pub fn choosing(&self, place: Place) -> Result<Life, Error> {
        probe(&self.ticket_file(place.number, "turn"))
    }

    /// Runs `work` while no ticket is made or cleared away. None: patience ran out.
    pub fn still<R>(
        &self,
        patience: &mut Patience<'_>,
        work: impl FnOnce() -> Result<R, Error>,
    ) -> Result<Option<R>, Error> {
        let seq = self.open_extra("seq")?;
        if wait::lock(&seq, Grip::Exclusive, patience).map_err(|e| cannot("lock", &self.path("seq"), e))? {
            work().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Like [`Self::still`], but fails where it is not possible soon: making a ticket takes microseconds.
    pub fn still_now<R>(&self, work: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        let found = self.still(&mut Patience::new(Some(Duration::from_secs(1))), work)?;
        found.ok_or_else(|| {
            Error::failed(format!("look at {}", self.name), "a process was stopped while it drew a ticket")
        })
    }

    /// Reads what a ticket says; none where it says nothing yet, or nothing legible.
    pub fn read_record(&self, place: Place) -> Option<Record> {
        // A look in the middle of a change sees a bit of both; the next look will do.
        (0..3).find_map(|_| self.read_whole(&words_of(place)))
    }

    /// Says beside a ticket who breaks it.
    pub fn write_break_note(&self, ticket: u64, note: &BreakNote) -> Result<(), Error> {
        let path = self.path(&format!("{ticket}.break"));
        let write = || -> io::Result<()> {
            let text = serde_json::to_vec(note)?;
            let options = &mut OpenOptions::new();
            state::open(&path, options.write(true).create(true).truncate(true))?.write_all(&text)
        };
        write().map_err(|e| cannot("write", &path, e))
    }

    /// Who broke a ticket.
    pub fn read_break_note(&self, ticket: u64) -> Option<BreakNote> {
        let name = format!("{ticket}.break");
        // Nearly always there is none, and looking is cheaper than failing to open.
        self.path(&name).exists().then(|| self.read_whole(&name))?
    }

    fn read_whole<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut text = Vec::new();
        let mut file = state::open(&self.path(name), OpenOptions::new().read(true)).ok()?;
        file.read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Whether an owner died inside and nobody has taken the environment down since.
    pub fn is_dirty(&self) -> bool {
        self.path("dirty").exists()
    }

    /// Remembers that the environment may have been left half-way.
    pub fn mark_dirty(&self) -> Result<(), Error> {
        self.open_extra("dirty").map(drop)
    }

    /// Forgets it: the environment has been taken down, or set up anew.
    pub fn mark_clean(&self) {
        let _ = std::fs::remove_file(self.path("dirty"));
    }

    /// Takes leave: removes the ticket and wakes whoever waits for it.
    pub fn discard(&self, ticket: Ticket) {
        let _ = std::fs::remove_file(self.ticket_path(ticket.place));
        // Closing unlocks, but a child of another thread's making might hold a copy for a moment.
        let _ = ticket.file.unlock();
        if let Some(turn) = ticket.turn {
            let _ = turn.unlock();
        }
        // The rest can be done while the next one is on its way.
        self.remove_extras(ticket.place);
    }

    /// Removes a ticket's files, the one that makes it a ticket last. What is gone already is no fault.
    pub fn remove(&self, place: Place) {
        self.remove_extras(place);
        let _ = std::fs::remove_file(self.ticket_path(place));
    }

    fn remove_extras(&self, place: Place) {
        let _ = std::fs::remove_file(self.ticket_file(place.number, "break"));
        if matches!(place.mode, Mode::Slots(_)) {
            let _ = std::fs::remove_file(self.ticket_file(place.number, "turn"));
        }
        if WORDS_APART {
            let _ = std::fs::remove_file(self.path(&words_of(place)));
        }
    }

    fn ticket_path(&self, place: Place) -> PathBuf {
        self.ticket_file(place.number, &place.mode.letter().to_string())
    }

    fn ticket_file(&self, number: u64, suffix: &str) -> PathBuf {
        self.dir.join(format!("{number}.{suffix}"))
    }
}

impl Ticket {
    /// Writes what the ticket says. Its length never shrinks: blanks at the end harm nobody, and a full disk that had
    /// room for the first words has room for the last.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        let mut write = || -> io::Result<()> {
            let mut text = serde_json::to_vec(record)?;
            self.written = self.written.max(text.len().next_multiple_of(256));
            text.resize(self.written, b' ');
            self.words.seek(SeekFrom::Start(0))?;
            self.words.write_all(&text)
        };
        write().map_err(|e| Error::failed(format!("write ticket {}", record.ticket), e))
    }

    /// Lets the next slot ticket choose.
    pub fn end_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            let _ = turn.unlock();
        }
    }
}

/// The names of all environments that have ever been locked, sorted.
pub fn all_names(home: &Home) -> Result<Vec<String>, Error> {
    let locks = home.dir("locks")?;
    let entries = std::fs::read_dir(&locks).map_err(|e| cannot("list", &locks, e))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".lock").map(str::to_owned))
        .filter(|name| state::parse_name(name).is_ok())
        .collect();
    names.sort_unstable();
    Ok(names)
}

fn probe(path: &Path) -> Result<Life, Error> {
    let file = match state::open(path, OpenOptions::new().read(true).write(true)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Life::Gone),
        Err(e) => return Err(cannot("open", path, e)),
    };
    match wait::try_lock(&file, Grip::Shared) {
        Ok(false) => Ok(Life::Alive(file)),
        Ok(true) if path.exists() => Ok(Life::Dead),
        Ok(true) => Ok(Life::Gone),
        Err(e) => Err(cannot("lock", path, e)),
    }
}

fn open_to_lock(path: &Path) -> Result<File, Error> {
    // Writable, because network file systems lend exclusive locks to writers only.
    state::open(path, OpenOptions::new().read(true).write(true).create(true))
        .map_err(|e| cannot("open", path, e))
}

/// Whether a locked file can be read by nobody else.
const WORDS_APART: bool = cfg!(windows);

fn words_of(place: Place) -> String {
    if WORDS_APART {
        format!("{}.json", place.number)
    } else {
        format!("{}.{}", place.number, place.mode.letter())
    }
}

fn copy(file: &File) -> Result<File, Error> {
    file.try_clone().map_err(|e| Error::failed("copy a file handle", e))
}

fn parse_ticket(file_name: &str) -> Option<Place> {
    let (number, letter) = file_name.split_once('.')?;
    Some(Place { number: number.parse().ok()?, mode: Mode::from_letter(letter)? })
}

/// The next number, also where the file was lost or torn: then the tickets that are there tell where to go on.
fn next_number(seq: &mut File, highest_ticket: u64) -> io::Result<u64> {
    let mut text = String::new();
    // A foreign file has no number to offer.
    let _ = seq.take(32).read_to_string(&mut text);
    let next = text.trim().parse().unwrap_or(0).max(highest_ticket) + 1;
    seq.seek(SeekFrom::Start(0))?;
    // Fixed width: a new number never leaves digits of an old one behind.
    seq.write_all(format!("{next:020}\n").as_bytes())?;
    Ok(next)
}

fn cannot(verb: &str, path: &Path, cause: impl std::fmt::Display) -> Error {
    Error::failed(format!("{verb} {}", path.display()), cause)
}
