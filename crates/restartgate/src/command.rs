//! A command behind the gate: its stdin, stdout, stderr and exit code are its own.

use evenkeel_common::{Error, Exit};
use tokio::process::{Child, Command};

/// Runs it to its end, passing on the signals that reach us alone. Ctrl-C reaches the whole foreground group by itself.
pub(crate) async fn run(words: &[String]) -> Result<Exit, Error> {
    let (program, args) =
        words.split_first().ok_or_else(|| Error::usage("run a command", "none was given"))?;
    let mut child = Command::new(program).args(args).spawn().map_err(|e| cannot_run(program, &e))?;
    let status =
        wait(&mut child).await.map_err(|e| Error::new(Exit::Wrapper, format!("wait for {program}"), e))?;
    Ok(exit_of(status))
}

fn cannot_run(program: &str, error: &std::io::Error) -> Error {
    let exit = if error.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::NotRunnable };
    Error::new(exit, format!("run {program}"), error)
}

#[cfg(unix)]
async fn wait(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{SignalKind, signal};
    let (mut int, mut term, mut hup) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let pass = |name| pid.map(|pid| kill_process(pid, name));
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = int.recv() => {}
            _ = term.recv() => drop(pass(Signal::TERM)),
            _ = hup.recv() => drop(pass(Signal::HUP)),
        }
    }
}

#[cfg(not(unix))]
async fn wait(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    child.wait().await
}

fn exit_of(status: std::process::ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Signal(u8::try_from(signal).unwrap_or(0));
    }
    Exit::Command(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}
