//! Other processes, as /proc shows them.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use evenkeel_common::clock;
use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, PidfdFlags, Signal};

use crate::model::held_entry::HELD_VAR;
use crate::model::record::Record;
use crate::model::step::STEP_VAR;
use crate::system::job::Outsider;

/// When a process started, in ticks since boot.
pub(crate) fn start_time(pid: u32) -> Option<u64> {
    stat_field(pid, 22)?.parse().ok()
}

/// Whether the process with this pid and start time is an ancestor of this process.
pub(crate) fn is_ancestor(pid: u32, start: u64) -> bool {
    let parent = |pid: &u32| stat_field(*pid, 4)?.parse().ok().filter(|pid| *pid != 0);
    std::iter::successors(parent(&std::process::id()), parent).any(|ancestor| ancestor == pid)
        && start_time(pid) == Some(start)
}

/// A field of `/proc/PID/stat`, numbered from 1 as in proc(5).
fn stat_field(pid: u32, number: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the name in parentheses, may contain anything, spaces and parentheses too.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?).map(str::to_owned)
}

/// The inode number of this process's pid namespace.
pub(crate) fn pid_namespace() -> u64 {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let digits = |c: &char| c.is_ascii_digit();
    link.to_string_lossy().chars().filter(digits).collect::<String>().parse().unwrap_or(0)
}

/// The processes of a ticket's command, or what is left of them where the owner is dead: those with the ticket's entry
/// in `ENVLOCK_HELD`, and those with a copy of the lock file that the owner passed on.
pub(crate) fn processes_of_ticket(held_entry: &str, record: &Record, lock: &Path) -> Vec<u32> {
    let (Ok(lock), owner) = (fs::metadata(lock), &record.process) else { return Vec::new() };
    // Pids of another boot or of another container mean nothing here.
    if owner.boot_id != clock::boot_id().unwrap_or_default() || owner.pid_namespace != pid_namespace() {
        return Vec::new();
    }
    let others = pids().filter(|pid| *pid != owner.pid && belongs_to(*pid, record.owner));
    others.filter(|pid| lists(*pid, HELD_VAR, held_entry) || has_copy(*pid, record.ticket, &lock)).collect()
}

/// Whether a process is one of this user; of any user where none is given.
pub(crate) fn belongs_to(pid: u32, user: Option<u32>) -> bool {
    let owner = || fs::metadata(format!("/proc/{pid}")).map(|process| process.uid());
    user.is_none_or(|user| user == 0 || owner().is_ok_and(|owner| owner == user))
}

/// The processes that were started in a step of a ticket, and their descendants.
pub(crate) fn processes_of_step(step_entry: &str) -> Vec<u32> {
    pids().filter(|pid| lists(*pid, STEP_VAR, step_entry)).collect()
}

/// The processes with this entry in `ENVLOCK_HELD`, and those of the process group, that have not ended.
pub(crate) fn processes_under(held_entry: &str, group: Option<u32>) -> Vec<u32> {
    let is_in_group = |pid| {
        let is_member = || stat_field(pid, 5)?.parse().ok().filter(|id| Some(*id) == group);
        group.is_some() && is_member().is_some() && stat_field(pid, 3).is_some_and(|state| state != "Z")
    };
    pids().filter(|pid| lists(*pid, HELD_VAR, held_entry) || is_in_group(*pid)).collect()
}

/// Ends all that `find` returns: SIGTERM, and SIGKILL for those that are left after `grace`. Looks again until nothing
/// is found, because a process may start others before it ends. Gives up on processes that this user may not signal.
pub(crate) fn terminate_all(find: impl Fn() -> Vec<u32>, grace: Duration) {
    let deadline = Instant::now() + grace;
    let mut unreachable = Vec::new();
    loop {
        let found = find();
        if found.is_empty() || found == unreachable {
            return;
        }
        // A pidfd keeps naming this process, even when its pid is given to another one meanwhile.
        let terminated = signal(found.iter().filter_map(|pid| open_pidfd(*pid)).collect(), Signal::TERM);
        let killed = signal(wait_for_end(terminated, Some(deadline)), Signal::KILL);
        wait_for_end(killed, None);
        unreachable = found;
    }
}

fn open_pidfd(pid: u32) -> Option<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()
}

/// Sends a signal and returns the processes that received it.
fn signal(mut processes: Vec<OwnedFd>, signal: Signal) -> Vec<OwnedFd> {
    processes.retain(|process| rustix::process::pidfd_send_signal(process, signal).is_ok());
    processes
}

/// Waits until the processes have ended, or until the deadline; returns those that are left.
fn wait_for_end(mut left: Vec<OwnedFd>, deadline: Option<Instant>) -> Vec<OwnedFd> {
    while !left.is_empty() {
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let remaining = remaining.and_then(|remaining| remaining.try_into().ok());
        let mut watched: Vec<PollFd<'_>> = left.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        match rustix::event::poll(&mut watched, remaining.as_ref()) {
            Err(rustix::io::Errno::INTR) => continue,
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let mut ended = watched.iter().map(|fd| !fd.revents().is_empty()).collect::<Vec<_>>().into_iter();
        left.retain(|_| !ended.next().unwrap_or(false));
    }
    left
}

/// Whether a process was started with this entry in a variable that is a list separated by commas.
fn lists(pid: u32, variable: &str, entry: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    let contains = |assignment: &[u8]| {
        let list = assignment.strip_prefix(variable.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
        list.is_some_and(|list| list.split(|byte| *byte == b',').any(|one| one == entry.as_bytes()))
    };
    environment.split(|byte| *byte == 0).any(contains)
}

/// Whether this process has a copy of a ticket's lock, and the lock is still held through it.
pub(crate) fn has_inherited_lock(ticket: u64, lock: &Path) -> bool {
    let Ok(lock) = fs::metadata(lock) else { return false };
    let is_locked = |info: &String| info.lines().any(|line| line.starts_with("lock:"));
    copies("self", ticket, &lock).any(|info| is_locked(&info))
}

/// Whether a process has a copy of a ticket's lock.
fn has_copy(pid: u32, ticket: u64, lock: &fs::Metadata) -> bool {
    copies(&pid.to_string(), ticket, lock).next().is_some()
}

/// What /proc says of a process's descriptors of the lock file whose offset is the ticket's number. /proc/locks would not
/// do: in a container the kernel does not name a locker that is dead.
fn copies(pid: &str, ticket: u64, lock: &fs::Metadata) -> impl Iterator<Item = String> {
    let (process, identity) = (format!("/proc/{pid}"), (lock.dev(), lock.ino()));
    let descriptors = fs::read_dir(format!("{process}/fd")).into_iter().flatten().flatten();
    descriptors.filter_map(move |descriptor| {
        let file = fs::metadata(descriptor.path()).ok()?;
        let number = descriptor.file_name();
        let info = || fs::read_to_string(format!("{process}/fdinfo/{}", number.to_string_lossy())).ok();
        let info = if (file.dev(), file.ino()) == identity { info()? } else { return None };
        (info.lines().find_map(parse_offset) == Some(ticket)).then_some(info)
    })
}

/// Reads the line of fdinfo that gives a descriptor's offset: `pos:\t12`.
fn parse_offset(line: &str) -> Option<u64> {
    line.strip_prefix("pos:")?.trim().parse().ok()
}

/// The processes that hold the lock file, without those in `ours`.
pub(crate) fn outsiders(lock: &Path, ours: &[u32]) -> Vec<Outsider> {
    let (Ok(file), Ok(locks)) = (fs::metadata(lock), fs::read_to_string("/proc/locks")) else {
        return Vec::new();
    };
    let mut pids: Vec<u32> = locks
        .lines()
        .filter_map(parse_lock)
        .filter(|lock| lock.inode == file.ino() && lock.pid != 0 && !ours.contains(&lock.pid))
        .map(|lock| lock.pid)
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids.into_iter().map(|pid| Outsider { pid, command: command_line(pid) }).collect()
}

struct Lock {
    pid: u32,
    inode: u64,
}

/// Reads a line of `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 1234 08:02:131 0 EOF`. Lines with an arrow after the number
/// are waiting locks and do not count.
fn parse_lock(line: &str) -> Option<Lock> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    match fields[..] {
        [_, "FLOCK", _, _, pid, device_and_inode, ..] => {
            Some(Lock { pid: pid.parse().ok()?, inode: device_and_inode.rsplit(':').next()?.parse().ok()? })
        }
        _ => None,
    }
}

fn command_line(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let args = line.split(|byte| *byte == 0).filter(|arg| !arg.is_empty());
    args.map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
}

/// All processes but this one.
fn pids() -> impl Iterator<Item = u32> {
    let me = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(move |pid| *pid != me)
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
        assert_eq!(parse_offset("pos:\t12"), Some(12));
        assert_eq!(parse_offset("flags:\t02100002"), None);
    }

    #[test]
    fn knows_itself_and_its_ancestors() {
        assert!(start_time(std::process::id()).is_some());
        let parent = std::os::unix::process::parent_id();
        let start = start_time(parent).unwrap();
        assert!(is_ancestor(parent, start));
        assert!(!is_ancestor(parent, start + 1));
        assert!(!is_ancestor(std::process::id(), start_time(std::process::id()).unwrap()));
    }
}
