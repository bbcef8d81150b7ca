//! The wrapped command: started, signalled, waited for.

use std::ffi::OsString;
use std::io;
use std::process::ExitStatus;

use evenkeel_common::{Error, Exit};
use tokio::process::{Child, Command};

/// A command that was started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    signals: Signals,
}

impl Running {
    /// Starts it; stdin, stdout and stderr are its own.
    pub fn start(command: &[OsString]) -> Result<Self, Error> {
        let Some((program, args)) = command.split_first() else {
            return Err(Error::usage("run the command", "there is none"));
        };
        // Before the start, so that no signal falls between.
        let signals = Signals::new().map_err(|e| wrapper("listen for signals", &e))?;
        let child = Command::new(program).args(args).spawn().map_err(|e| {
            let action = format!("run '{}'", program.display());
            let exit = match e.kind() {
                io::ErrorKind::NotFound => Exit::NotFound,
                io::ErrorKind::PermissionDenied => Exit::NotRunnable,
                _ => Exit::Wrapper,
            };
            Error::new(exit, action, e)
        })?;
        Ok(Self { child, signals })
    }

    /// Waits until it ends; signals that reach dockwatch are passed on. May be dropped and called again.
    pub async fn wait(&mut self) -> Result<Exit, Error> {
        loop {
            tokio::select! {
                ended = self.child.wait() => {
                    return ended.map(exit).map_err(|e| wrapper("wait for the command", &e));
                }
                signal = self.signals.next() => {
                    if let Some(pid) = self.child.id() {
                        pass_on(pid, signal);
                    }
                }
            }
        }
    }
}

fn wrapper(action: &str, cause: &io::Error) -> Error {
    Error::new(Exit::Wrapper, action, cause)
}

fn exit(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Signal(u8::try_from(signal).unwrap_or(0));
    }
    Exit::Command(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(unix)]
pub use unix::Signals;
#[cfg(unix)]
use unix::pass_on;

#[cfg(unix)]
mod unix {
    use std::io;

    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    /// A signal that came.
    #[derive(Clone, Copy, Debug)]
    pub struct Caught(Signal);

    impl Caught {
        /// Its number.
        pub fn number(self) -> u8 {
            u8::try_from(self.0.as_raw()).unwrap_or(0)
        }
    }

    /// Signals that ask to end.
    #[derive(Debug)]
    pub struct Signals {
        interrupt: Stream,
        terminate: Stream,
        hang_up: Stream,
    }

    impl Signals {
        /// Starts to listen.
        pub fn new() -> io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
            })
        }

        /// Waits for the next one.
        pub async fn next(&mut self) -> Caught {
            tokio::select! {
                _ = self.interrupt.recv() => Caught(Signal::INT),
                _ = self.terminate.recv() => Caught(Signal::TERM),
                _ = self.hang_up.recv() => Caught(Signal::HUP),
            }
        }
    }

    /// Sends a signal to the command, unless the terminal did so: a second Ctrl-C means more than one.
    pub(super) fn pass_on(pid: u32, Caught(signal): Caught) {
        let from_terminal = signal == Signal::INT
            && rustix::termios::tcgetpgrp(std::io::stdin()).is_ok_and(|group| group == getpgrp());
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| !from_terminal) {
            // It may have ended just now.
            let _ = kill_process(pid, signal);
        }
    }
}

#[cfg(not(unix))]
pub use elsewhere::Signals;
#[cfg(not(unix))]
use elsewhere::pass_on;

#[cfg(not(unix))]
mod elsewhere {
    use std::io;

    /// Ctrl-C was pressed.
    #[derive(Clone, Copy, Debug)]
    pub struct Caught;

    impl Caught {
        /// What a shell takes for an interrupt.
        pub fn number(self) -> u8 {
            2
        }
    }

    /// Ctrl-C.
    #[derive(Debug)]
    pub struct Signals;

    impl Signals {
        /// Starts to listen.
        pub fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for the next one.
        pub async fn next(&mut self) -> Caught {
            let _ = tokio::signal::ctrl_c().await;
            Caught
        }
    }

    /// Ctrl-C reaches every process of the console by itself.
    pub(super) fn pass_on(_: u32, _: Caught) {}
}
