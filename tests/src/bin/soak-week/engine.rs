//! The private engine: it is killed, stopped and filled, and looked at from outside.

use std::fs;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::docker::{docker, lines, must_run, now, script};
use crate::facts::Interval;

/// Nearly full: enough for what runs, less than what `dockwatch check` asks for before a run (1 GiB).
const LEFT_FREE_BYTES: u64 = 400 << 20;

const LONGEST_START: Duration = Duration::from_mins(5);

pub(crate) struct Engine {
    /// The directory of scripts/engine.
    dir: PathBuf,
    log: PathBuf,
}

impl Engine {
    pub(crate) fn new(dir: &Path, work: &Path) -> Self {
        Self { dir: dir.to_owned(), log: work.join("engine.log") }
    }

    /// Kills dockerd, and starts it again after a while. Returns when it answers.
    pub(crate) fn die(&self, away: Duration) -> io::Result<Interval> {
        let from = now();
        self.control(&["kill9"])?;
        sleep(away);
        // The script waits for a minute, which is not enough on a busy machine.
        if self.control(&["restart"]).is_err() {
            wait_until_it_answers()?;
        }
        Ok(Interval { from, to: now() })
    }

    pub(crate) fn hang(&self, lasts: Duration) -> io::Result<Interval> {
        let from = now();
        self.control(&["signal", "STOP"])?;
        sleep(lasts);
        self.control(&["signal", "CONT"])?;
        Ok(Interval { from, to: now() })
    }

    /// Fills its file system, which must be one of its own.
    pub(crate) fn fill_disk(&self, lasts: Duration) -> io::Result<Interval> {
        let from = now();
        let parent = self.dir.parent().unwrap_or(&self.dir);
        let file = parent.join("filling");
        let free = free_bytes(parent)?;
        let size = free.saturating_sub(LEFT_FREE_BYTES).max(1).to_string();
        must_run(Command::new("fallocate").args(["-l", &size]).arg(&file), &self.log)?;
        sleep(lasts);
        fs::remove_file(file)?;
        Ok(Interval { from, to: now() })
    }

    /// Whether its socket refuses a connection: its dockerd is dead. One that hangs does not refuse.
    pub(crate) fn refuses(&self) -> bool {
        use io::ErrorKind::{ConnectionRefused, NotFound};
        UnixStream::connect(self.dir.join("docker.sock"))
            .is_err_and(|error| matches!(error.kind(), ConnectionRefused | NotFound))
    }

    /// What the kernel counts for all containers together, without the page cache that it can take back at once.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        let name = format!("evenkeel-{}", self.dir.file_name()?.to_str()?);
        let places = [
            ("/sys/fs/cgroup/memory", "memory.usage_in_bytes", "total_inactive_file"),
            ("/sys/fs/cgroup", "memory.current", "inactive_file"),
        ];
        places.into_iter().find_map(|(root, usage, inactive)| {
            let group = Path::new(root).join(&name);
            let used: u64 = fs::read_to_string(group.join(usage)).ok()?.trim().parse().ok()?;
            let stat = fs::read_to_string(group.join("memory.stat")).ok()?;
            let line =
                stat.lines().find_map(|line| line.strip_prefix(inactive)?.strip_prefix(' ')).unwrap_or("0");
            Some(used.saturating_sub(line.trim().parse().unwrap_or(0)))
        })
    }

    /// Copies dockerd's log into a directory.
    pub(crate) fn save_log(&self, into: &Path) -> io::Result<()> {
        fs::copy(self.dir.join("dockerd.log"), into.join("dockerd.log")).map(|_| ())
    }

    fn control(&self, args: &[&str]) -> io::Result<()> {
        let mut command = Command::new(script("engine"));
        // Without DOCKER_HOST, so that it takes the engine for its own.
        command.arg("-d").arg(&self.dir).args(args).env_remove("DOCKER_HOST");
        must_run(&mut command, &self.log)
    }
}

fn wait_until_it_answers() -> io::Result<()> {
    let deadline = Instant::now() + LONGEST_START;
    while let Err(error) = lines(&mut docker(&["version"])) {
        if Instant::now() > deadline {
            return Err(error);
        }
        sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn free_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    Ok(stat.f_bavail * stat.f_frsize)
}
