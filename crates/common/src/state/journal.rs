//! Append-only records: one JSON object a line, shared by any number of processes.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use fslock::LockFile;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::private;
use super::shared::{self, Sharing};
use crate::error::Error;

/// Whether an append is on disk before it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// fsync: a decision rests on this record.
    Synced,
    /// The page cache is enough.
    Cached,
}

/// A synced record that makes its file longer takes room for further ones along, which are then written into it: to sync
/// what changes neither the size nor the blocks of a file, a file system need not commit its own journal, in which the
/// changes of all other programs stand too. Bytes: some fifty records.
const ROOM: u64 = 16 << 10;

/// How much of it is looked at at a time (bytes).
const PAGE: usize = 4 << 10;

/// What room is filled with. Without line breaks, so that the number of lines stays that of the records.
const BLANK: u8 = b' ';

/// A JSONL file, its sidecar lock (`<file>.lock`) and, after a rotation, its predecessor (`<file>.1`).
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
    max_bytes: u64,
    sharing: Sharing,
}

/// What a journal holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Records<T> {
    /// The records that could be read, oldest first.
    pub records: Vec<T>,
    /// Lines that were torn or foreign.
    pub skipped: usize,
}

impl<T: DeserializeOwned> Records<T> {
    /// Adds the records of a file.
    pub fn collect(&mut self, file: impl Read) -> io::Result<()> {
        self.collect_if(file, &|_| true)
    }

    /// The same for the lines that are wanted: to read a record takes far longer than to look at its line.
    pub fn collect_if(&mut self, file: impl Read, wanted: &dyn Fn(&str) -> bool) -> io::Result<()> {
        let (mut reader, mut line) = (BufReader::with_capacity(64 << 10, file), Vec::new());
        while reader.read_until(b'\n', &mut line)? > 0 {
            self.add(&line, wanted);
            line.clear();
        }
        Ok(())
    }

    fn add(&mut self, line: &[u8], wanted: &dyn Fn(&str) -> bool) {
        if line.iter().all(|byte| is_room(*byte) || byte.is_ascii_whitespace()) {
            return;
        }
        match str::from_utf8(line) {
            Ok(line) if !wanted(line) => {}
            // Of bytes, serde_json would look at each text once more.
            Ok(line) => match serde_json::from_str(line) {
                Ok(record) => self.records.push(record),
                Err(_) => self.skipped += 1,
            },
            Err(_) => self.skipped += 1,
        }
    }
}

impl Journal {
    /// A journal that is rotated when an append would make it larger than `max_bytes`. It never takes more than
    /// twice that on disk.
    pub fn new(path: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self { path: path.into(), max_bytes, sharing: Sharing::OneUser }
    }

    /// The same for a journal of this user's in a directory that all users share: they may read it.
    pub fn readable_by_all(path: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self { path: path.into(), max_bytes, sharing: Sharing::AllUsers }
    }

    /// Appends one record under the lock.
    pub fn append(&self, record: &impl Serialize, durability: Durability) -> Result<(), Error> {
        self.locked(|journal| journal.append(record, durability))
    }

    /// Reads all records, the rotated ones first.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Records<T>, Error> {
        self.locked(|journal| journal.read())
    }

    /// Runs `work` while nobody else can append: read, decide and append as one step.
    pub fn locked<R>(&self, work: impl FnOnce(Locked<'_>) -> Result<R, Error>) -> Result<R, Error> {
        let mut lock = self.lock().map_err(|e| Error::failed(format!("lock {}", self.path.display()), e))?;
        let result = work(Locked { journal: self });
        // Closing the file gives the lock back even where unlocking fails.
        let _ = lock.unlock();
        result
    }

    fn lock(&self) -> io::Result<LockFile> {
        let path = self.with_suffix(".lock");
        private::open(&path, OpenOptions::new().write(true).create(true))?;
        let mut lock = LockFile::open(&path)?;
        loop {
            match lock.lock() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map(|()| lock),
            }
        }
    }

    fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(suffix);
        path.into()
    }
}

/// A journal whose lock is held.
#[derive(Debug)]
pub struct Locked<'a> {
    journal: &'a Journal,
}

impl Locked<'_> {
    /// Appends one record, on a line of its own.
    pub fn append(&self, record: &impl Serialize, durability: Durability) -> Result<(), Error> {
        self.try_append(record, durability)
            .map_err(|e| Error::failed(format!("append to {}", self.journal.path.display()), e))
    }

    /// Reads all records, the rotated ones first.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Records<T>, Error> {
        self.read_if(&|_| true)
    }

    /// The same for the lines that are wanted.
    pub fn read_if<T: DeserializeOwned>(&self, wanted: &dyn Fn(&str) -> bool) -> Result<Records<T>, Error> {
        let mut all = Records { records: Vec::new(), skipped: 0 };
        for path in [self.journal.with_suffix(".1"), self.journal.path.clone()] {
            match private::open(&path, OpenOptions::new().read(true)) {
                Ok(file) => all.collect_if(file, wanted),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(e) => Err(e),
            }
            .map_err(|e| Error::failed(format!("read {}", path.display()), e))?;
        }
        Ok(all)
    }

    fn try_append(&self, record: &impl Serialize, durability: Durability) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let mut file = self.open()?;
        let mut tail = Tail::of(&mut file)?;
        if tail.end > 0 && tail.end + line.len() as u64 > self.journal.max_bytes {
            std::fs::rename(&self.journal.path, self.journal.with_suffix(".1"))?;
            file = self.open()?;
            tail = Tail { end: 0, size: 0, is_torn: false };
        }
        if tail.is_torn {
            // A writer died in the middle of a line: its remains must not swallow this record.
            line.insert(0, b'\n');
        }
        let end = tail.end + line.len() as u64;
        if durability == Durability::Synced && end > tail.size {
            let room = end.next_multiple_of(ROOM).min(self.journal.max_bytes).saturating_sub(end);
            line.resize(line.len() + usize::try_from(room).unwrap_or(0), BLANK);
        }
        if let Err(error) = write_at(&mut file, tail.end, &line) {
            // A full disk can take half a line; take it back so that the file stays whole.
            let _ = file.set_len(tail.end).and_then(|()| file.set_len(tail.size));
            return Err(error);
        }
        match durability {
            Durability::Synced => file.sync_data(),
            Durability::Cached => Ok(()),
        }
    }

    fn open(&self) -> io::Result<File> {
        let path = &self.journal.path;
        if self.journal.sharing == Sharing::AllUsers && !path.exists() {
            shared::create(path)?;
        }
        private::open(path, OpenOptions::new().read(true).write(true).create(true).truncate(false))
    }
}

/// Where the records of a file end.
#[derive(Clone, Copy, Debug)]
struct Tail {
    /// After the last record.
    end: u64,
    /// Of the file, with the room for further records.
    size: u64,
    /// The last line has no end.
    is_torn: bool,
}

impl Tail {
    /// Reads from the end of the file to what is not room.
    fn of(file: &mut File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let (mut end, mut buffer) = (size, Vec::with_capacity(PAGE));
        while end > 0 {
            let start = (end - 1) / PAGE as u64 * PAGE as u64;
            buffer.clear();
            file.seek(SeekFrom::Start(start))?;
            (&*file).take(end - start).read_to_end(&mut buffer)?;
            if let Some(last) = buffer.iter().rposition(|byte| !is_room(*byte)) {
                return Ok(Self { end: start + last as u64 + 1, size, is_torn: buffer[last] != b'\n' });
            }
            end = start;
        }
        Ok(Self { end, size, is_torn: false })
    }
}

/// What a full disk left when room was taken back is a hole.
const fn is_room(byte: u8) -> bool {
    byte == BLANK || byte == 0
}

fn write_at(file: &mut File, offset: u64, line: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(max_bytes: u64) -> (tempfile::TempDir, Journal) {
        let tmp = tempfile::tempdir().unwrap();
        let journal = Journal::new(tmp.path().join("j.jsonl"), max_bytes);
        (tmp, journal)
    }

    #[test]
    fn torn_and_foreign_lines_are_counted_and_survived() {
        let (tmp, journal) = journal(1 << 20);
        journal.append(&1, Durability::Synced).unwrap();
        let mut raw = OpenOptions::new().append(true).open(tmp.path().join("j.jsonl")).unwrap();
        raw.write_all(b"\xff\x00 foreign\n\n{\"torn\":").unwrap();
        journal.append(&2, Durability::Cached).unwrap();
        assert_eq!(journal.read::<u32>().unwrap(), Records { records: vec![1, 2], skipped: 2 });
    }

    #[test]
    fn only_what_is_wanted_is_read() {
        let (_tmp, journal) = journal(1 << 20);
        (8..12_u32).for_each(|n| journal.append(&n, Durability::Cached).unwrap());
        let wanted = |line: &str| line.len() == "10\n".len();
        let found = journal.locked(|journal| journal.read_if::<u32>(&wanted)).unwrap();
        assert_eq!(found, Records { records: vec![10, 11], skipped: 0 });
    }

    #[test]
    fn synced_records_are_written_into_room_that_is_not_a_line() {
        let (tmp, journal) = journal(1 << 20);
        let file = tmp.path().join("j.jsonl");
        let facts = || (std::fs::read(&file).unwrap(), std::fs::metadata(&file).unwrap().len());
        for n in 0..100_u32 {
            journal.append(&n, if n % 2 == 0 { Durability::Synced } else { Durability::Cached }).unwrap();
            let (text, size) = facts();
            assert_eq!(size, ROOM);
            assert_eq!(text.split(|byte| *byte == b'\n').count(), n as usize + 2);
        }
        assert_eq!(journal.read::<u32>().unwrap(), Records { records: (0..100).collect(), skipped: 0 });
    }

    #[test]
    fn what_was_torn_in_the_room_and_what_earlier_versions_append_after_it_is_survived() {
        let (tmp, journal) = journal(1 << 20);
        journal.append(&1, Durability::Synced).unwrap();
        let path = tmp.path().join("j.jsonl");
        let mut raw = OpenOptions::new().write(true).open(&path).unwrap();
        write_at(&mut raw, 2, b"{\"torn\":").unwrap();
        journal.append(&2, Durability::Synced).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"\n3\n").unwrap();
        journal.append(&4, Durability::Cached).unwrap();
        assert_eq!(journal.read::<u32>().unwrap(), Records { records: vec![1, 2, 3, 4], skipped: 1 });
    }

    #[test]
    fn room_is_within_the_size_at_which_a_journal_is_rotated() {
        let (tmp, journal) = journal(100);
        for n in 0..1000_u32 {
            journal.append(&n, Durability::Synced).unwrap();
        }
        for name in ["j.jsonl", "j.jsonl.1"] {
            assert!(std::fs::metadata(tmp.path().join(name)).unwrap().len() <= 100, "{name}");
        }
        let records = journal.read::<u32>().unwrap().records;
        assert!(records.windows(2).all(|w| w[1] == w[0] + 1) && records.last() == Some(&999), "{records:?}");
    }

    #[test]
    fn rotation_keeps_the_newest_and_bounds_the_size() {
        let (tmp, journal) = journal(100);
        for n in 0..1000_u32 {
            journal.append(&n, Durability::Cached).unwrap();
        }
        let records = journal.read::<u32>().unwrap().records;
        assert_eq!(records.last(), Some(&999));
        assert!(records.windows(2).all(|w| w[1] == w[0] + 1), "{records:?}");
        let bytes: u64 =
            std::fs::read_dir(tmp.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes <= 200, "{bytes} bytes");
    }

    #[test]
    fn parallel_writers_lose_nothing() {
        let (_tmp, journal) = journal(1 << 20);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|n| journal.append(&n, Durability::Cached).unwrap()));
            }
        });
        let all = journal.read::<u32>().unwrap();
        assert_eq!((all.records.len(), all.skipped), (400, 0));
    }
}
