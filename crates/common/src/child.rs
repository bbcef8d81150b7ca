//! Child processes: how their end becomes an exit code, and (feature `docker`) a command that is run to its end.

use std::io::{self, ErrorKind};
use std::process::ExitStatus;

use crate::error::Error;
use crate::exit::Exit;

/// The exit code that stands for how a command ended: its own, or 128+n where signal n ended it.
pub fn exit_of(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Signal(u8::try_from(signal).unwrap_or(0));
    }
    // Windows has codes beyond a byte; what is not 0 must not become 0.
    Exit::Command(status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)))
}

/// Why a command could not be started, with the codes of env(1) and the shell: 127 where it was not found, 126 where
/// it cannot be run; 125 where the system has no memory or no process left for it.
pub fn cannot_start(program: &str, cause: &io::Error) -> Error {
    let exit = match cause.kind() {
        ErrorKind::NotFound => Exit::NotFound,
        ErrorKind::OutOfMemory | ErrorKind::WouldBlock => Exit::Wrapper,
        _ => Exit::NotRunnable,
    };
    Error::new(exit, format!("run {program}"), cause)
}

#[cfg(feature = "docker")]
pub use running::Running;

#[cfg(feature = "docker")]
mod running {
    use std::ffi::OsStr;
    use std::io;

    use tokio::process::{Child, Command};

    use super::{cannot_start, exit_of};
    use crate::error::Error;
    use crate::exit::Exit;
    use crate::signals::Signals;

    /// A command that was started; its stdin, stdout and stderr are its own. Dropping this does not end it.
    #[derive(Debug)]
    pub struct Running {
        child: Child,
        signals: Signals,
    }

    impl Running {
        /// Starts a command, the program first. Fails as [`cannot_start`] says, and with [`Exit::Usage`] where there
        /// is no program.
        pub fn start(command: &[impl AsRef<OsStr>]) -> Result<Self, Error> {
            let Some((program, args)) = command.split_first() else {
                return Err(Error::usage("run a command", "none was given"));
            };
            // Before the start, so that no signal falls between.
            let signals = Signals::forwarded().map_err(|e| wrapper("listen for signals", &e))?;
            let child = Command::new(program).args(args).spawn();
            let child = child.map_err(|e| cannot_start(&program.as_ref().to_string_lossy(), &e))?;
            Ok(Self { child, signals })
        }

        /// Waits until it ends. Until then the signals INT, QUIT, TERM, HUP, USR1 and USR2 that another process sends
        /// to this one are sent on to it; keys typed at the terminal reach it by themselves.
        ///
        /// May be dropped and called again.
        pub async fn wait(&mut self) -> Result<Exit, Error> {
            loop {
                tokio::select! {
                    ended = self.child.wait() => {
                        return ended.map(exit_of).map_err(|e| wrapper("wait for the command", &e));
                    }
                    caught = self.signals.next() => {
                        if let Some(pid) = self.child.id() {
                            caught.forward_to(pid);
                        }
                    }
                }
            }
        }
    }

    fn wrapper(action: &str, cause: &io::Error) -> Error {
        Error::new(Exit::Wrapper, action, cause)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_code_is_passed_on_and_a_signal_added_to_128() {
        assert_eq!(exit_of(ExitStatus::from_raw(0)), Exit::Command(0));
        assert_eq!(exit_of(ExitStatus::from_raw(7 << 8)), Exit::Command(7));
        assert_eq!(exit_of(ExitStatus::from_raw(15)).code(), 143);
    }

    #[test]
    fn what_cannot_be_started_has_the_codes_of_the_shell() {
        use rustix::io::Errno;
        for (errno, code) in [
            (Errno::NOENT, 127),
            (Errno::ACCESS, 126),
            (Errno::NOEXEC, 126),
            (Errno::ISDIR, 126),
            (Errno::TOOBIG, 126),
            (Errno::NOMEM, 125),
            (Errno::AGAIN, 125),
        ] {
            assert_eq!(cannot_start("x", &errno.into()).exit().code(), code, "{errno:?}");
        }
        let error = cannot_start("./x", &Errno::NOENT.into());
        assert_eq!(error.to_string(), "cannot run ./x: No such file or directory (os error 2)");
    }

    #[cfg(feature = "docker")]
    #[tokio::test]
    async fn a_signal_sent_to_this_process_alone_is_forwarded() {
        for (signal, code) in [("TERM", 7), ("USR2", 8)] {
            let script =
                format!("trap 'exit {code}' {signal}; kill -{signal} $PPID; while :; do sleep 0.05; done");
            let mut running = Running::start(&["sh", "-c", &script]).unwrap();
            assert_eq!(running.wait().await, Ok(Exit::Command(code)), "{signal}");
        }
    }
}
