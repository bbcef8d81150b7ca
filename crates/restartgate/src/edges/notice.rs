//! Runs the user's command about a decision, bounded in time and in number.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::child::{cannot_start, exit_of};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Commands that run at once; further ones wait.
const AT_ONCE: usize = 4;
/// After this long a command is killed.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// The user's command.
#[derive(Clone, Debug)]
pub(crate) struct NoticeCommand {
    command: Arc<[String]>,
    turns: Arc<Semaphore>,
}

impl NoticeCommand {
    /// `command` is the program and its arguments; `None` where there is none.
    pub(crate) fn new(command: &[String]) -> Option<Self> {
        (!command.is_empty())
            .then(|| Self { command: command.into(), turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Runs it with this text as its stdin. What it prints goes to stderr. Dropping this kills it and what it has started.
    pub(crate) async fn run(self, input: String) -> Result<(), Error> {
        let _turn = self.turns.acquire().await;
        let program = &self.command[0];
        let failed = |cause: String| Error::failed(format!("run {program}"), cause);
        let mut command = Command::new(program);
        command.args(&self.command[1..]).stdin(Stdio::piped()).stdout(std::io::stderr()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut running = Running(command.spawn().map_err(|e| cannot_start(program, &e))?);
        let stdin = running.0.stdin.take();
        let work = async {
            if let Some(mut stdin) = stdin {
                // A command that reads nothing has closed it.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
            running.0.wait().await
        };
        let Ok(ended) = timeout(LONGEST, work).await else {
            return Err(failed(format!("it was killed after {} s", LONGEST.as_secs())));
        };
        match exit_of(ended.map_err(|e| failed(e.to_string()))?).code() {
            0 => Ok(()),
            code => Err(failed(format!("it ended with code {code}"))),
        }
    }
}

/// A command that is killed when this is dropped; on Unix with all that it has started and that is still in its process
/// group.
struct Running(Child);

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        // Without an ID it has ended and been waited for: the number may be another process's by now.
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = id.and_then(rustix::process::Pid::from_raw) {
            // Where this fails, nothing is left of it.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::path::Path;

    async fn run(script: &str) -> Result<(), Error> {
        command(script).run("{\"a\":1}\n".into()).await
    }

    fn command(script: &str) -> NoticeCommand {
        let command = ["sh", "-c", script].map(str::to_owned);
        NoticeCommand::new(&command).expect("it is not empty")
    }

    #[tokio::test]
    async fn it_reads_the_text_and_its_failure_is_told() {
        assert_eq!(run("test \"$(cat)\" = '{\"a\":1}'").await, Ok(()));
        assert_eq!(run("exec true").await, Ok(()));
        assert_eq!(run("exit 3").await.unwrap_err().to_string(), "cannot run sh: it ended with code 3");
        let absent = NoticeCommand::new(&["/nonexistent".to_owned()]).unwrap().run(String::new()).await;
        assert!(absent.unwrap_err().to_string().contains("No such file"), "the cause is named");
        assert!(NoticeCommand::new(&[]).is_none());
    }

    fn lines(file: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    async fn until(happened: impl Fn() -> bool) {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test]
    async fn four_run_at_once_and_the_others_wait() {
        let home = tempfile::tempdir().unwrap();
        let (log, go) = (home.path().join("log"), home.path().join("go"));
        let script = format!(
            "echo begin >>'{log}'; until [ -e '{go}' ]; do sleep 0.02; done; echo end >>'{log}'",
            log = log.display(),
            go = go.display()
        );
        let command = command(&script);
        let mut all = tokio::task::JoinSet::new();
        (0..10).for_each(|_| {
            all.spawn(command.clone().run(String::new()));
        });
        until(|| lines(&log).len() >= AT_ONCE).await;
        assert_eq!((command.turns.available_permits(), lines(&log).len()), (0, AT_ONCE));
        std::fs::write(&go, "").unwrap();
        assert_eq!(all.join_all().await, vec![Ok(()); 10]);
        let mut running = 0_usize;
        for line in lines(&log) {
            running = if line == "begin" { running + 1 } else { running - 1 };
            assert!(running <= AT_ONCE, "{:?}", lines(&log));
        }
        assert_eq!(lines(&log).len(), 20);
    }

    /// The clock is moved, so that nobody waits for 30 s.
    #[tokio::test]
    async fn one_that_does_not_end_is_killed_with_what_it_has_started() {
        let home = tempfile::tempdir().unwrap();
        let pids = home.path().join("pids");
        let script = format!("sleep 1000 & echo $$ >'{0}'; echo $! >>'{0}'; wait", pids.display());
        let running = tokio::spawn(command(&script).run(String::new()));
        until(|| lines(&pids).len() == 2).await;
        tokio::time::pause();
        tokio::time::advance(LONGEST / 6).await;
        assert!(!running.is_finished());
        tokio::time::advance(LONGEST).await;
        let ended = running.await.unwrap();
        tokio::time::resume();
        assert_eq!(ended.unwrap_err().to_string(), "cannot run sh: it was killed after 30 s");
        // Killed, and perhaps not yet collected by the first process of the machine.
        let is_gone = |pid: &String| {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        until(|| lines(&pids).iter().all(is_gone)).await;
    }
}
