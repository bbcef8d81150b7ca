//! Flags that name the engine, the same in every tool and the same as docker(1) has them.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;

use crate::units::parse_duration;

/// How to reach the engine: shared flags.
#[derive(Clone, Debug, clap::Args)]
pub struct DockerArgs {
    /// Engine to talk to: unix:///SOCKET, tcp://HOST:PORT, ssh://USER@HOST or HOST:PORT [default: $DOCKER_HOST, then the
    /// current context]
    #[arg(help_heading = "Engine", short = 'H', long, value_name = "URL", conflicts_with = "context")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub host: Option<String>,
    /// Docker context that names the engine
    #[arg(help_heading = "Engine", long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub context: Option<String>,
    /// TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Longest wait for one answer of the engine
    #[arg(help_heading = "Engine", long, value_name = "DURATION", default_value = "3s")]
    #[arg(value_parser = parse_call_timeout)]
    pub call_timeout: Duration,
}

/// How an engine behind TCP proves who it is: shared flags. A context's own settings hold where none is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct TlsArgs {
    /// Use TLS, whoever the engine is [default: on with $DOCKER_TLS]
    #[arg(help_heading = "Engine", long)]
    pub tls: bool,
    /// Use TLS and verify the engine [default: on with $DOCKER_TLS_VERIFY]
    #[arg(help_heading = "Engine", long)]
    pub tlsverify: bool,
    /// CA that the engine's certificate must be signed by [default: ca.pem in $DOCKER_CERT_PATH, else in ~/.docker]
    #[arg(help_heading = "Engine", long, value_name = "FILE")]
    pub tlscacert: Option<PathBuf>,
    /// Client certificate [default: cert.pem beside the CA's default]
    #[arg(help_heading = "Engine", long, value_name = "FILE")]
    pub tlscert: Option<PathBuf>,
    /// Key of the client certificate [default: key.pem beside the CA's default]
    #[arg(help_heading = "Engine", long, value_name = "FILE")]
    pub tlskey: Option<PathBuf>,
}

/// Parses the longest wait for one answer; for clap: a value parser.
pub fn parse_call_timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse_duration(text)?;
    if timeout.is_zero() { Err("it must be longer than 0s".into()) } else { Ok(timeout) }
}
