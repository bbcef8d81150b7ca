//! The test kit: a private Docker engine, a world of its own for each test, and the tools in a clean environment.

#[cfg(unix)]
mod browser;
mod engine;
#[cfg(unix)]
mod etcd;
mod link;
mod proxy;
mod remote;
#[cfg(unix)]
mod secure_etcd;
#[cfg(unix)]
mod shared_state;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod tmux;
mod world;

use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(unix)]
pub use browser::{Browser, Look};
pub use engine::{Engine, OwnEngine, engine};
#[cfg(unix)]
pub use etcd::{Etcd, ask_etcd, etcdctl, libfaketime};
pub use link::Link;
pub use proxy::Proxy;
pub use remote::{Certificates, Relay, Sshd, TlsEngine};
#[cfg(unix)]
pub use secure_etcd::SecureEtcd;
#[cfg(unix)]
pub use shared_state::SharedState;
#[cfg(unix)]
pub use terminal::Terminal;
#[cfg(unix)]
pub use tmux::Tmux;
pub use world::{Home, World};

/// A static busybox image that every test engine has.
pub const BUSYBOX: &str = "evenkeel-busybox:1";

/// Top of the source tree.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A tool with a scrubbed environment: `home` is both its `HOME` and its `NETRA_HOME`, and nothing of the caller's
/// (Docker hosts, limits, colours) reaches it.
pub fn tool(path: impl AsRef<Path>, home: &Path) -> Command {
    let mut command = Command::new(path.as_ref());
    let search = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", search)
        .env("HOME", home)
        .env("NETRA_HOME", home)
        .env("LC_ALL", "C.UTF-8");
    command
}

/// Path of a tool that this build made, for tests across tools.
///
/// # Panics
/// Where it was not built: `cargo test -p` does not build the binaries of other packages, `--workspace` does.
pub fn built(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("a test knows its own path");
    let path = exe.ancestors().nth(2).expect("target/debug/deps/test").join(name);
    assert!(path.exists(), "{} is missing: run 'cargo build --workspace' first", path.display());
    path
}

/// Says loudly that a test could not run, and counts it for the summary of `make test`.
pub fn skip(why: &str) {
    use std::io::Write;
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    let line = format!("SKIPPED {name}: {why}\n");
    // Not through print!: the test harness would swallow it.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(log) = std::env::var_os("EVENKEEL_SKIP_LOG") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
