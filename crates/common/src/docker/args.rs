//! Flags that name the engine, the same in every tool and the same as docker(1) has them.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;

use crate::Error;
use crate::units::parse_duration;

use super::target::{Environment, Target};

/// Section of the man page of every tool that has these flags.
pub const ENGINE_MANUAL: (&str, &str) = (
    "ENGINE",
    "The engine is selected as by docker(1): --host or --context, else DOCKER_HOST, DOCKER_CONTEXT, the current context \
     (DOCKER_CONFIG [default: ~/.docker]), else unix:///var/run/docker.sock.\n\n\
     URLs: unix:///SOCKET; tcp://HOST[:2375], http://HOST or HOST:PORT; https://HOST[:2376], with TLS; npipe:////./pipe/NAME on \
     Windows; ssh://[USER@]HOST[:PORT][/SOCKET], where ssh runs 'docker system dial-stdio' on the host. Keys, known hosts \
     and aliases are those of ssh, which never asks a question.\n\n\
     TLS applies to TCP. With DOCKER_TLS_VERIFY or --tlsverify the engine's certificate is verified against ca.pem; with \
     DOCKER_TLS or --tls any certificate is accepted. ca.pem, and cert.pem and key.pem for the client, are read from \
     DOCKER_CERT_PATH [default: ~/.docker], or from the files of --tlscacert, --tlscert and --tlskey; the system's bundle \
     of CAs may be given too. TLS flags override the settings of a context, which override the variables. There is no \
     fallback to plaintext.",
);

/// How to reach the engine: shared flags.
#[derive(Clone, Debug, clap::Args)]
pub struct DockerArgs {
    /// Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the
    /// current context]
    #[arg(short = 'H', long, value_name = "URL", conflicts_with = "context")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub host: Option<String>,
    /// Docker context that names the engine
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub context: Option<String>,
    /// TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Longest wait for one answer of the engine
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = parse_call_timeout)]
    pub call_timeout: Duration,
}

/// How an engine behind TCP proves who it is: shared flags. A context's own settings hold where none is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct TlsArgs {
    /// Use TLS, whoever the engine is [default: on with $DOCKER_TLS]
    #[arg(long)]
    pub tls: bool,
    /// Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]
    #[arg(long)]
    pub tlsverify: bool,
    /// CA that the engine's certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]
    #[arg(long, value_name = "FILE")]
    pub tlscacert: Option<PathBuf>,
    /// Client certificate [default: cert.pem beside the CA's default]
    #[arg(long, value_name = "FILE")]
    pub tlscert: Option<PathBuf>,
    /// Key of the client certificate [default: key.pem beside the CA's default]
    #[arg(long, value_name = "FILE")]
    pub tlskey: Option<PathBuf>,
}

/// Parses the longest wait for one answer; for clap: a value parser.
pub fn parse_call_timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse_duration(text)?;
    if timeout.is_zero() { Err("it must be longer than 0s".into()) } else { Ok(timeout) }
}

impl DockerArgs {
    /// The engine's URL: as given, else from the environment and the current context.
    pub fn host(&self) -> Result<String, Error> {
        Ok(self.target()?.url)
    }

    pub(super) fn target(&self) -> Result<Target, Error> {
        Target::choose(self, &Environment::read())
    }
}
