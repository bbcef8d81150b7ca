//! Signals that ask a tool to end, or that it forwards to the command it runs.

#[cfg(not(unix))]
pub use elsewhere::{Caught, Signals};
#[cfg(unix)]
pub use unix::{Caught, Signals};

#[cfg(unix)]
mod unix {
    #![expect(unsafe_code, reason = "who sent a signal, and which are ignored, is told by no safe interface")]

    use std::future::poll_fn;
    use std::io;
    use std::mem::MaybeUninit;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Poll;

    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    /// A signal that this process can catch, and whether a process sent it since it was last forwarded.
    struct Known {
        signal: Signal,
        was_sent: AtomicBool,
        /// Whether the handler notes that.
        is_noted: AtomicBool,
    }

    const fn known(signal: Signal) -> Known {
        Known { signal, was_sent: AtomicBool::new(false), is_noted: AtomicBool::new(false) }
    }

    /// Those that end a tool come first.
    static KNOWN: [Known; 6] = [
        known(Signal::INT),
        known(Signal::TERM),
        known(Signal::HUP),
        known(Signal::QUIT),
        known(Signal::USR1),
        known(Signal::USR2),
    ];
    const ENDING: usize = 3;

    /// A signal that came.
    #[derive(Clone, Copy, Debug)]
    pub struct Caught(&'static Known);

    impl Caught {
        /// The signal's number, for [`crate::Exit::Signal`].
        pub fn number(self) -> u8 {
            u8::try_from(self.0.signal.as_raw()).unwrap_or(0)
        }

        /// Sends it to a process, unless it comes from the terminal, which sends it to the whole foreground group.
        pub(crate) fn forward_to(self, pid: u32) {
            let was_sent = self.0.was_sent.swap(false, Ordering::Relaxed);
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            if let Some(pid) = pid.filter(|_| was_sent) {
                // It may have ended just now.
                let _ = kill_process(pid, self.0.signal);
            }
        }
    }

    /// Signals that are caught from now on.
    #[derive(Debug)]
    pub struct Signals {
        streams: Vec<(&'static Known, Stream)>,
    }

    impl std::fmt::Debug for Known {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.signal.fmt(f)
        }
    }

    impl Signals {
        /// Catches INT, TERM and HUP: what asks a tool to end.
        pub fn ending() -> io::Result<Self> {
            Self::catch(&KNOWN[..ENDING])
        }

        /// Catches every signal that a wrapper forwards to its command.
        pub(crate) fn forwarded() -> io::Result<Self> {
            Self::catch(&KNOWN)
        }

        fn catch(wanted: &'static [Known]) -> io::Result<Self> {
            let mut streams = Vec::new();
            for known in wanted {
                // Who started us had it ignored, as nohup(1) does: the command must inherit that.
                if !is_ignored(known.signal) {
                    known.was_sent.store(false, Ordering::Relaxed);
                    note_sender(known)?;
                    let kind = SignalKind::from_raw(known.signal.as_raw());
                    streams.push((known, signal(kind)?));
                }
            }
            Ok(Self { streams })
        }

        /// Waits for the next one. May be dropped and called again.
        pub async fn next(&mut self) -> Caught {
            poll_fn(|context| {
                for (known, stream) in &mut self.streams {
                    if stream.poll_recv(context).is_ready() {
                        return Poll::Ready(Caught(known));
                    }
                }
                Poll::Pending
            })
            .await
        }
    }

    /// From now on, notes in the handler whether a process sent the signal. Must be called before tokio's handler is set
    /// up: they run in this order.
    fn note_sender(known: &'static Known) -> io::Result<()> {
        if known.is_noted.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        // SAFETY: the action only stores to an atomic and asks for process groups, which is async-signal-safe.
        unsafe {
            signal_hook_registry::register_sigaction(known.signal.as_raw(), |info| {
                if is_from_process(info) {
                    known.was_sent.store(true, Ordering::Relaxed);
                }
            })?;
        }
        Ok(())
    }

    /// Codes above zero mean that the kernel sent it: for a key, or because the terminal went away (sigaction(2)).
    #[cfg(target_os = "linux")]
    fn is_from_process(info: &libc::siginfo_t) -> bool {
        info.si_code <= 0
    }

    /// Elsewhere the kernel does not tell: INT and QUIT count as keys where this process is in the foreground.
    #[cfg(not(target_os = "linux"))]
    fn is_from_process(info: &libc::siginfo_t) -> bool {
        let is_key = matches!(info.si_signo, libc::SIGINT | libc::SIGQUIT);
        let group = rustix::termios::tcgetpgrp(std::io::stdin());
        !(is_key && group.is_ok_and(|group| group == rustix::process::getpgrp()))
    }

    fn is_ignored(signal: Signal) -> bool {
        let mut action = MaybeUninit::<libc::sigaction>::uninit();
        // SAFETY: without a new action the call only fills `action`, which is read where that worked.
        unsafe {
            libc::sigaction(signal.as_raw(), std::ptr::null(), action.as_mut_ptr()) == 0
                && action.assume_init().sa_sigaction == libc::SIG_IGN
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io;

    /// Somebody pressed Ctrl-C.
    #[derive(Clone, Copy, Debug)]
    pub struct Caught;

    impl Caught {
        /// The number that Unix has for it.
        pub fn number(self) -> u8 {
            2
        }

        /// Ctrl-C reaches every process of the console by itself.
        pub(crate) fn forward_to(self, _: u32) {}
    }

    /// Ctrl-C, caught from now on.
    #[derive(Debug)]
    pub struct Signals;

    impl Signals {
        /// Catches what asks a tool to end.
        pub fn ending() -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) fn forwarded() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for the next one. May be dropped and called again.
        pub async fn next(&mut self) -> Caught {
            let _ = tokio::signal::ctrl_c().await;
            Caught
        }
    }
}
