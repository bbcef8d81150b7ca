//! An engine behind ssh: the `ssh` program runs `docker system dial-stdio` there, as docker(1) has it run, and the
//! connection is that program's stdin and stdout. Keys, known hosts and aliases are ssh's own.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::target::address::Ssh;
use super::unreachable::Unreachable;

/// Longest wait for a connection through which the engine answers.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Never asks for a password or about a host's key: nobody may be there to answer, and the deadline would pass.
const NO_QUESTIONS: &str = "BatchMode=yes";
const CHECK_SSH: &str = "check that 'ssh -V' works";
/// How long to read on after ssh has ended: a master connection that it left in the background (ControlPersist) keeps
/// its stderr open.
const READ_ON: Duration = Duration::from_millis(100);

impl Ssh {
    /// Opens a connection, and makes sure that an engine answers at its end.
    pub(super) async fn connect(&self) -> Result<Stream, Unreachable> {
        let (mut stream, mut stderr) = self.start()?;
        let mut said = Vec::new();
        let answer = tokio::select! {
            answer = ask(&mut stream) => answer,
            never = listen(&mut stderr, &mut said) => match never {},
        };
        match answer {
            Ok(answer) if answer.starts_with(b"HTTP/") => {
                tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
                Ok(stream)
            }
            Ok(other) => Err(self.explain_noise(&other)),
            Err(_) => {
                let status = stream.child.wait().await.map_err(|e| Unreachable::new(e, CHECK_SSH))?;
                let _ = tokio::time::timeout(READ_ON, stderr.read_to_end(&mut said)).await;
                Err(self.explain(status, &String::from_utf8_lossy(&said)))
            }
        }
    }

    fn start(&self) -> Result<(Stream, ChildStderr), Unreachable> {
        let mut command = Command::new("ssh");
        command.args(self.arguments()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for this program, which may have calls to make before it ends.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                Unreachable::new("the ssh program was not found", "install the OpenSSH client")
            }
            _ => Unreachable::new(format!("cannot run ssh: {error}"), CHECK_SSH),
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Unreachable::new("ssh has no pipes", CHECK_SSH));
        };
        Ok((Stream { stdin, stdout, child }, stderr))
    }

    fn arguments(&self) -> Vec<String> {
        // A little less, so that ssh says itself what it waits for.
        let timeout = format!("ConnectTimeout={}", CONNECT_TIMEOUT.as_secs() - 1);
        let mut arguments = ["-o", &timeout, "-o", NO_QUESTIONS, "-T"].map(String::from).to_vec();
        arguments.extend(self.destination());
        arguments.push("docker".into());
        if let Some(socket) = &self.socket {
            arguments.extend(["--host".into(), for_shell(&format!("unix://{socket}"))]);
        }
        arguments.extend(["system", "dial-stdio"].map(String::from));
        arguments
    }

    fn destination(&self) -> Vec<String> {
        let user = self.user.iter().flat_map(|user| ["-l".into(), user.clone()]);
        let port = self.port.iter().flat_map(|port| ["-p".into(), port.to_string()]);
        user.chain(port).chain(["--".into(), self.host.clone()]).collect()
    }

    /// Says that [`CONNECT_TIMEOUT`] has passed.
    pub(super) fn explain_timeout(&self) -> Unreachable {
        let cause = format!("no connection over ssh within {}", humantime::format_duration(CONNECT_TIMEOUT));
        Unreachable::new(cause, self.try_it())
    }

    fn login(&self) -> String {
        format!("ssh {}", self.destination().join(" "))
    }

    fn try_it(&self) -> String {
        format!("this must work first: {} docker version", self.login())
    }

    /// Says why ssh ended: 255 is its own failure, any other code is that of the remote command.
    fn explain(&self, status: ExitStatus, said: &str) -> Unreachable {
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        let last = last.map_or_else(|| format!("ssh ended with {status} and said nothing"), str::to_owned);
        let host = &self.host;
        if said.contains("IDENTIFICATION HAS CHANGED") {
            let hint = "verify the new key, then update ssh's known_hosts";
            return Unreachable::new(format!("the host key of {host} has changed"), hint);
        }
        match status.code() {
            Some(255) if said.contains("Host key verification failed") => Unreachable::new(
                format!("the host key of {host} is unknown"),
                format!("log in once to accept it: {}", self.login()),
            ),
            Some(127) => Unreachable::new(
                format!("{host} has no docker command: {last}"),
                "install docker there, in the PATH of non-interactive shells",
            ),
            _ => Unreachable::new(last, self.try_it()),
        }
    }

    /// Says what came instead of an HTTP response, such as the greeting of a shell.
    fn explain_noise(&self, noise: &[u8]) -> Unreachable {
        let noise = String::from_utf8_lossy(noise);
        let line = noise.lines().next().unwrap_or_default();
        Unreachable::new(
            format!("{} sent '{line}' instead of an HTTP response", self.host),
            "shell start-up files there must print nothing in non-interactive sessions",
        )
    }
}

/// Sends a ping and returns the response, or the beginning of what came instead of one.
async fn ask(stream: &mut Stream) -> io::Result<Vec<u8>> {
    stream.write_all(b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n").await?;
    let mut answer = Vec::new();
    let is_http = |answer: &[u8]| answer.starts_with(b"HTTP/") || b"HTTP/".starts_with(answer);
    while is_http(&answer) && !answer.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(answer)
}

/// Reads what ssh says meanwhile: a full pipe would stop it.
async fn listen(stderr: &mut ChildStderr, said: &mut Vec<u8>) -> Infallible {
    let _ = stderr.read_to_end(said).await;
    std::future::pending().await
}

/// ssh passes its arguments to a shell there.
fn for_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/:._-".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A connection through a running ssh, which ends with it.
#[derive(Debug)]
pub(super) struct Stream {
    stdin: ChildStdin,
    stdout: ChildStdout,
    child: Child,
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stdout).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stdin).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stdin).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stdin).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn ssh(socket: Option<&str>) -> Ssh {
        Ssh { user: Some("u".into()), host: "h".into(), port: Some(77), socket: socket.map(Into::into) }
    }

    #[test]
    fn the_arguments_are_those_of_docker() {
        let before = "-o ConnectTimeout=9 -o BatchMode=yes -T -l u -p 77 -- h docker";
        assert_eq!(ssh(None).arguments().join(" "), format!("{before} system dial-stdio"));
        let with_socket = format!("{before} --host unix:///r/d.sock system dial-stdio");
        assert_eq!(ssh(Some("/r/d.sock")).arguments().join(" "), with_socket);
        assert!(ssh(Some("/r/a b;'c")).arguments().contains(&r"'unix:///r/a b;'\''c'".into()));
        let plain = Ssh { user: None, host: "h".into(), port: None, socket: None };
        assert_eq!(plain.destination(), ["--", "h"]);
    }

    #[test]
    fn what_ssh_says_last_is_the_cause() {
        let explain = |code: i32, said: &str| ssh(None).explain(ExitStatus::from_raw(code << 8), said);
        let refused = explain(255, "Banner\nu@h: Permission denied (publickey).\r\n\n");
        assert_eq!(refused.cause, "u@h: Permission denied (publickey).");
        assert_eq!(refused.hint, "this must work first: ssh -l u -p 77 -- h docker version");
        let unknown = explain(255, "No ED25519 host key is known for h\nHost key verification failed.\n");
        assert_eq!(unknown.cause, "the host key of h is unknown");
        let changed = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n";
        assert_eq!(explain(255, changed).cause, "the host key of h has changed");
        let missing = explain(127, "sh: 1: docker: not found\n");
        assert_eq!(missing.cause, "h has no docker command: sh: 1: docker: not found");
        assert_eq!(explain(3, " \n").cause, "ssh ended with exit status: 3 and said nothing");
    }
}
