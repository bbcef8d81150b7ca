//! What a man page says beyond the options: one table per tool, from which `--help` and `man/` are made.

use std::fmt::Write as _;

use crate::exit::Exit;

/// The parts of a tool's manual that clap does not know.
#[derive(Clone, Copy, Debug)]
pub struct Manual {
    /// Codes the tool can end with, each with what it means there, in rising order.
    pub exits: &'static [(Exit, &'static str)],
    /// Command lines with what they do.
    pub examples: &'static [(&'static str, &'static str)],
    /// Further sections, title first: FILES, ENVIRONMENT, JSON. Paragraphs are parted by an empty line.
    pub sections: &'static [(&'static str, &'static str)],
}

/// A section for tools with options that take a duration; see [`crate::units::parse_duration`].
pub const DURATIONS: (&str, &str) = (
    "DURATIONS",
    "A duration is a number with a unit, such as 500ms, 90s, 5m, 1h or 7d, or several of them, such as \"1h 30m\". A number \
     without a unit is seconds; it may have a fraction, such as 0.5.",
);

/// A section for tools that talk to the engine.
pub const ENGINE: (&str, &str) = (
    "ENGINE SELECTION",
    "The engine is selected as by docker(1): --host or --context, else DOCKER_HOST, DOCKER_CONTEXT, the current context \
     (DOCKER_CONFIG [default: ~/.docker]), else unix:///var/run/docker.sock.\n\n\
     URLs: unix:///SOCKET; tcp://HOST[:2375], http://HOST or HOST:PORT; https://HOST[:2376], with TLS; npipe:////./pipe/NAME on \
     Windows; ssh://[USER@]HOST[:PORT][/SOCKET], where ssh runs 'docker system dial-stdio' on the host. Keys, known hosts \
     and aliases are those of ssh, which never asks a question. A connection over ssh must be made within \
     10 s.\n\n\
     TLS applies to TCP. With DOCKER_TLS_VERIFY or --tlsverify the engine's certificate is verified against ca.pem; with \
     DOCKER_TLS or --tls any certificate is accepted. ca.pem, and cert.pem and key.pem for the client, are read from \
     DOCKER_CERT_PATH [default: ~/.docker], or from the files of --tlscacert, --tlscert and --tlskey; the system's bundle \
     of CAs may be given too. TLS flags override the settings of a context, which override the variables. There is no \
     fallback to plaintext.",
);

/// What [`Exit::Signal`] prints as in tables: the number is not fixed.
pub const SIGNAL_ROW: (&str, &str) = ("128+n", "the command, or the tool itself, died of signal n");

impl Manual {
    /// Text for clap's `after_long_help`: exit status and examples.
    pub fn after_help(&self) -> String {
        let mut text = String::from("Exit status:\n");
        for (exit, meaning) in self.exits {
            let _ = writeln!(text, "  {:<6} {meaning}", exit.code());
        }
        let _ = writeln!(text, "  {:<6} {}\n\nExamples:", SIGNAL_ROW.0, SIGNAL_ROW.1);
        for (command, what) in self.examples {
            let _ = writeln!(text, "  {command}\n      {what}");
        }
        text
    }
}
