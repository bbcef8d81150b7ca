//! Locks in the store that `ENVLOCK_VIA` names, for environments that users on several hosts share. envlock takes them:
//! the one place that knows how.

use std::path::PathBuf;
use std::process::Stdio;

use evenkeel_common::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

/// What envlock ends with where somebody else holds the lock.
const BUSY: i32 = 75;

/// A lock that an envlock holds until this is dropped: its command ends with its stdin.
#[derive(Debug)]
pub(crate) struct StoreLock {
    _envlock: Child,
    _stdin: ChildStdin,
}

/// Whether `ENVLOCK_VIA` names a store.
pub(crate) fn is_used() -> bool {
    std::env::var_os("ENVLOCK_VIA").is_some_and(|via| !via.is_empty() && via != "local")
}

/// Path of envlock: the one beside this program, else one in PATH.
pub(crate) fn find_envlock() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.with_file_name("envlock");
    if beside.is_file() { Some(beside) } else { which::which("envlock").ok() }
}

impl StoreLock {
    /// Takes a lock, without waiting for others. None: somebody else holds it. Fails where envlock or the store cannot
    /// be used.
    pub(crate) async fn take(environment: &str) -> Result<Option<Self>, Error> {
        let failed = |cause: &dyn std::fmt::Display| {
            Error::failed(format!("lock {environment} in the store of ENVLOCK_VIA"), cause)
                .hint("pass --ignore-locks to do without")
        };
        let program = find_envlock().ok_or_else(|| failed(&"envlock is not installed"))?;
        let mut command = Command::new(program);
        command.args(["--no-wait", "--purpose", "dockprune", environment, "--", "cat"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut envlock = command.spawn().map_err(|e| failed(&e))?;
        let (stdin, stdout) = (envlock.stdin.take(), envlock.stdout.take());
        let (Some(mut stdin), Some(mut stdout)) = (stdin, stdout) else { return Err(failed(&"no pipe")) };
        // The command echoes this once the lock is held. Where envlock has ended already, the pipe is broken.
        let _ = stdin.write_all(b"\n").await;
        if stdout.read(&mut [0; 1]).await.map_err(|e| failed(&e))? == 1 {
            return Ok(Some(Self { _envlock: envlock, _stdin: stdin }));
        }
        let output = envlock.wait_with_output().await.map_err(|e| failed(&e))?;
        if output.status.code() == Some(BUSY) {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(failed(&said.lines().next().unwrap_or("envlock failed without a word")))
    }
}
