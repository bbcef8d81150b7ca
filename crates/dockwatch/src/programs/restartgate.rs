//! Restarts a container through restartgate: its decision, its journal, its words.

use std::path::Path;
use std::process::{Output, Stdio};

use evenkeel_common::docker::DockerArgs;
use evenkeel_common::terminal::one_line;
use serde::Deserialize;
use tokio::process::Command;

use crate::model::container::ContainerSummary;

/// What the history says about why.
const REASON: &str = "asked for in dockwatch top";

/// What came of a request for a restart, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was restarted and is healthy.
    Restarted(String),
    /// The gate refused it, or it is not healthy after it, or restartgate failed.
    NotDone(String),
}

/// Asks the gate, and waits until the container is restarted and healthy, or not. The request goes on where this is
/// dropped: the gate records how it ends.
pub(crate) async fn restart(program: &Path, engine: &DockerArgs, container: &ContainerSummary) -> Answer {
    let mut command = Command::new(program);
    command.arg(&container.name).args(["--even-if-healthy", "--json", "--reason", REASON]);
    if let Some(project) = container.project() {
        command.args(["--project", project]);
    }
    name_engine(&mut command, engine);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    match command.output().await {
        Ok(output) => answer(&output),
        Err(error) => Answer::NotDone(format!("cannot run restartgate: {error}")),
    }
}

fn name_engine(command: &mut Command, engine: &DockerArgs) {
    for (flag, value) in [("--host", &engine.host), ("--context", &engine.context)] {
        if let Some(value) = value {
            command.args([flag, value]);
        }
    }
    let tls = &engine.tls;
    for (flag, is_set) in [("--tls", tls.tls), ("--tlsverify", tls.tlsverify)] {
        if is_set {
            command.arg(flag);
        }
    }
    for (flag, file) in
        [("--tlscacert", &tls.tlscacert), ("--tlscert", &tls.tlscert), ("--tlskey", &tls.tlskey)]
    {
        if let Some(file) = file {
            command.arg(flag).arg(file);
        }
    }
    command.arg("--call-timeout").arg(format!("{}ms", engine.call_timeout.as_millis()));
}

/// The part of `restartgate.report/1` that is shown.
#[derive(Debug, Deserialize)]
struct Report {
    verdict: String,
    reason: String,
    retry_after_s: Option<u64>,
}

fn answer(output: &Output) -> Answer {
    let Ok(report) = serde_json::from_slice::<Report>(&output.stdout) else {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("restartgate ended without a word");
        return Answer::NotDone(one_line(said));
    };
    let retry =
        report.retry_after_s.map_or_else(String::new, |seconds| format!(" (try again in {seconds} s)"));
    let text = format!("{}: {}{retry}", report.verdict, one_line(&report.reason));
    if report.verdict == "restarted" { Answer::Restarted(text) } else { Answer::NotDone(text) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn answered(stdout: &str, stderr: &str) -> Answer {
        let status = std::process::ExitStatus::default();
        answer(&Output { status, stdout: stdout.into(), stderr: stderr.into() })
    }

    #[test]
    fn reports_and_errors_are_one_line() {
        let done = answered(r#"{"verdict": "restarted", "reason": "healthy after 2s"}"#, "");
        assert_eq!(done, Answer::Restarted("restarted: healthy after 2s".into()));
        let refused =
            r#"{"verdict": "refused", "reason": "cooling\ndown", "retry_after_s": 23, "rule": "x"}"#;
        let shown = "refused: cooling down (try again in 23 s)";
        assert_eq!(answered(refused, ""), Answer::NotDone(shown.into()));
        assert_eq!(answered("", "cannot find x\nhint: y\n"), Answer::NotDone("cannot find x".into()));
        assert_eq!(answered("{}", ""), Answer::NotDone("restartgate ended without a word".into()));
    }
}
