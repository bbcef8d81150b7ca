//! Runs the user's command about a decision, bounded in time and in number.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use evenkeel_common::Error;
use evenkeel_common::child::{cannot_start, exit_of};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
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

    /// Runs it with this text as its stdin. What it prints goes to stderr. Dropping this kills it.
    pub(crate) async fn run(self, input: String) -> Result<(), Error> {
        let _turn = self.turns.acquire().await;
        let program = &self.command[0];
        let failed = |cause: String| Error::failed(format!("run {program}"), cause);
        let mut child = Command::new(program)
            .args(&self.command[1..])
            .stdin(Stdio::piped())
            .stdout(std::io::stderr())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| cannot_start(program, &e))?;
        let stdin = child.stdin.take();
        let work = async {
            if let Some(mut stdin) = stdin {
                // A command that reads nothing has closed it.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
            child.wait().await
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run(script: &str) -> Result<(), Error> {
        let command = ["sh", "-c", script].map(str::to_owned);
        let command = NoticeCommand::new(&command).expect("it is not empty");
        command.run("{\"a\":1}\n".into()).await
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
}
