//! Facts about processes from /proc.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};

use super::{Outsider, STEP};
use crate::held::HELD;
use crate::record::Record;

/// When a process started, in ticks since boot.
pub(super) fn start_of(pid: u32) -> Option<u64> {
    stat_field(pid, 22)?.parse().ok()
}

/// Whether that very process is our parent, or its parent and so on.
pub fn is_ancestor(pid: u32, start: u64) -> bool {
    let parent = |pid: &u32| stat_field(*pid, 4)?.parse().ok().filter(|pid| *pid != 0);
    std::iter::successors(parent(&std::process::id()), parent).any(|one| one == pid)
        && start_of(pid) == Some(start)
}

/// A field of `/proc/PID/stat`, numbered from 1 as in proc(5).
fn stat_field(pid: u32, number: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the name in brackets, may hold anything, blanks and brackets too.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?).map(str::to_owned)
}

/// Which boot this is.
pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| String::new(), |id| id.trim().to_owned())
}

/// Which pid namespace we are in.
pub(super) fn pid_namespace() -> u64 {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits = |c: &char| c.is_ascii_digit();
    link.to_string_lossy().chars().filter(digits).collect::<String>().parse().unwrap_or(0)
}

/// The processes that the command of a ticket's owner consists of, or, where that is dead, what is left of them: those
/// that have the ticket's token in their environment, or a copy of the lock that its owner lent them.
pub fn processes_of(token: &str, record: &Record, lock: &Path) -> Vec<u32> {
    let (Ok(lock), owner) = (fs::metadata(lock), &record.process) else { return Vec::new() };
    // The pids of another boot or of another container say nothing here.
    if owner.boot_id != boot_id() || owner.pid_namespace != pid_namespace() {
        return Vec::new();
    }
    let me = std::process::id();
    let others = pids().filter(|pid| *pid != me && *pid != owner.pid);
    others.filter(|pid| carries(*pid, HELD, token) || has_copy(*pid, record.ticket, &lock)).collect()
}

/// The processes that were started in a step of a ticket, and what these have started.
pub fn processes_of_step(mark: &str) -> Vec<u32> {
    let me = std::process::id();
    pids().filter(|pid| *pid != me && carries(*pid, STEP, mark)).collect()
}

/// Ends what `find` finds: SIGTERM, and SIGKILL for what is left after `grace`. Returns when nothing is found any more,
/// because what is asked to end may start something else first, or when what is found cannot be ended by us.
pub fn end_all(find: impl Fn() -> Vec<u32>, grace: Duration) {
    let until = Instant::now() + grace;
    let mut out_of_reach = Vec::new();
    loop {
        let found = find();
        if found.is_empty() || found == out_of_reach {
            return;
        }
        // A descriptor names the process itself: its pid may be given to another one while we wait.
        let asked = signal(found.iter().filter_map(|pid| open(*pid)).collect(), Signal::TERM);
        let killed = signal(wait_for_all(asked, Some(until)), Signal::KILL);
        wait_for_all(killed, None);
        out_of_reach = found;
    }
}

fn open(pid: u32) -> Option<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()
}

/// Sends a signal, and returns those processes that got it.
fn signal(mut processes: Vec<OwnedFd>, signal: Signal) -> Vec<OwnedFd> {
    processes.retain(|process| rustix::process::pidfd_send_signal(process, signal).is_ok());
    processes
}

/// Waits until the processes have ended, or until that time; returns those that have not ended.
fn wait_for_all(mut left: Vec<OwnedFd>, until: Option<Instant>) -> Vec<OwnedFd> {
    while !left.is_empty() {
        let rest = until.map(|until| until.saturating_duration_since(Instant::now()));
        let rest = rest.and_then(|rest| rest.try_into().ok());
        let mut watched: Vec<PollFd<'_>> = left.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        match rustix::event::poll(&mut watched, rest.as_ref()) {
            Err(rustix::io::Errno::INTR) => continue,
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let mut ended: Vec<bool> = watched.iter().map(|fd| !fd.revents().is_empty()).collect();
        ended.reverse();
        left.retain(|_| !ended.pop().unwrap_or(false));
    }
    left
}

/// Whether a process was started with this entry in a variable that holds a list of them.
fn carries(pid: u32, variable: &str, entry: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    let listed = |assignment: &[u8]| {
        let list = assignment.strip_prefix(variable.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
        list.is_some_and(|list| list.split(|byte| *byte == b',').any(|one| one == entry.as_bytes()))
    };
    environment.split(|byte| *byte == 0).any(listed)
}

/// Whether a process has the lock file open through a descriptor that stands at the ticket's number. That the owner took
/// the lock is no sign: in a container the kernel does not name a locker that is dead.
fn has_copy(pid: u32, ticket: u64, lock: &fs::Metadata) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| {
        let same = |found: fs::Metadata| (found.dev(), found.ino()) == (lock.dev(), lock.ino());
        fs::metadata(file.path()).is_ok_and(same) && {
            let number = file.file_name();
            let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", number.to_string_lossy()));
            info.is_ok_and(|info| info.lines().find_map(parse_position) == Some(ticket))
        }
    })
}

/// Reads the line of fdinfo that says where a descriptor stands: `pos:\t12`.
fn parse_position(line: &str) -> Option<u64> {
    line.strip_prefix("pos:")?.trim().parse().ok()
}

/// Processes that hold the lock file, but for those in `ours`.
pub fn outsiders(lock: &Path, ours: &[u32]) -> Vec<Outsider> {
    let (Ok(facts), Ok(locks)) = (fs::metadata(lock), fs::read_to_string("/proc/locks")) else {
        return Vec::new();
    };
    let mut pids: Vec<u32> = locks
        .lines()
        .filter_map(parse_lock)
        .filter(|found| found.inode == facts.ino() && found.pid != 0 && !ours.contains(&found.pid))
        .map(|found| found.pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.into_iter().map(|pid| Outsider { pid, command: command_of(pid) }).collect()
}

struct Lock {
    pid: u32,
    inode: u64,
}

/// Reads a line of `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 1234 08:02:131 0 EOF`. Waiting locks, with an arrow after
/// the number, do not count.
fn parse_lock(line: &str) -> Option<Lock> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    match words[..] {
        [_, "FLOCK", _, _, pid, place, ..] => {
            Some(Lock { pid: pid.parse().ok()?, inode: place.rsplit(':').next()?.parse().ok()? })
        }
        _ => None,
    }
}

fn command_of(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lock_lines() {
        let taken = parse_lock("1: FLOCK  ADVISORY  WRITE 1234 fe:00:131072 0 EOF").unwrap();
        assert_eq!((taken.pid, taken.inode), (1234, 131_072));
        assert!(parse_lock("1: -> FLOCK  ADVISORY  WRITE 1234 fe:00:131072 0 EOF").is_none());
        assert!(parse_lock("2: POSIX  ADVISORY  WRITE 1234 fe:00:131072 0 EOF").is_none());
        assert!(parse_lock("").is_none());
        assert_eq!(parse_position("pos:\t12"), Some(12));
        assert_eq!(parse_position("flags:\t02100002"), None);
    }

    #[test]
    fn knows_itself_and_its_ancestors() {
        assert!(start_of(std::process::id()).is_some());
        let parent = std::os::unix::process::parent_id();
        let start = start_of(parent).unwrap();
        assert!(is_ancestor(parent, start));
        assert!(!is_ancestor(parent, start + 1));
        assert!(!is_ancestor(std::process::id(), start_of(std::process::id()).unwrap()));
    }
}
