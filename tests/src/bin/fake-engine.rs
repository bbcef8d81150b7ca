//! An engine with as many objects as one likes, for measurements of how the tools grow: it answers lists with what a real
//! engine answered about one container, one network and one volume, repeated.
//!
//! It stands in for a real engine where only the number of objects matters, never in a test of behaviour.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Parser;
use serde_json::Value;

/// Answer calls of the Docker API with recorded answers, repeated
#[derive(Parser)]
#[command(
    name = "fake-engine",
    after_help = "Exit status: 2 bad arguments; 3 a file or the socket cannot be used"
)]
struct Args {
    /// Where to listen
    #[arg(long, value_name = "FILE")]
    socket: PathBuf,
    /// Directory of recorded answers: containers.json, networks.json and volumes.json with one object each, info.json,
    /// version.json
    #[arg(long, value_name = "DIR")]
    recorded: PathBuf,
    /// Number of containers
    #[arg(long, value_name = "N", default_value_t = 0)]
    containers: usize,
    /// Number of networks
    #[arg(long, value_name = "N", default_value_t = 0)]
    networks: usize,
    /// Number of volumes
    #[arg(long, value_name = "N", default_value_t = 0)]
    volumes: usize,
    /// Copy this directory, a recorded cgroup, for each container
    #[arg(long, value_name = "DIR", requires = "cgroups")]
    cgroup: Option<PathBuf>,
    /// Where the copies go, each under its container's id
    #[arg(long, value_name = "DIR", requires = "cgroup")]
    cgroups: Option<PathBuf>,
}

/// What it has.
struct Engine {
    info: String,
    version: String,
    containers: Kind,
    networks: Kind,
    volumes: Kind,
}

/// The objects of a kind: the recorded one, and which copies of it there are.
struct Kind {
    recorded: Value,
    present: Mutex<BTreeSet<usize>>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may read it any more.
            let _ = writeln!(io::stderr(), "fake-engine: cannot serve: {error}");
            ExitCode::from(3)
        }
    }
}

fn run(args: &Args) -> io::Result<()> {
    let engine = Arc::new(Engine::read(args)?);
    if let (Some(one), Some(all)) = (&args.cgroup, &args.cgroups) {
        (0..args.containers).try_for_each(|number| copy_files(one, &all.join(id(number))))?;
    }
    let listener = UnixListener::bind(&args.socket)?;
    for client in listener.incoming().flatten() {
        let engine = Arc::clone(&engine);
        std::thread::spawn(move || serve(&client, &engine));
    }
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Of an object: a hexadecimal number of 64 digits, as engines have them.
fn id(number: usize) -> String {
    format!("{number:064x}")
}

fn number(id: &str) -> Option<usize> {
    usize::from_str_radix(id, 16).ok()
}

impl Engine {
    fn read(args: &Args) -> io::Result<Self> {
        let text = |name: &str| fs::read_to_string(args.recorded.join(name));
        let kind = |name: &str, count: usize| -> io::Result<Kind> {
            let answer: Value = serde_json::from_str(&text(name)?)?;
            let list = answer.get("Volumes").unwrap_or(&answer);
            let recorded =
                list.get(0).cloned().ok_or_else(|| io::Error::other(format!("{name} is empty")))?;
            Ok(Kind { recorded, present: Mutex::new((0..count).collect()) })
        };
        Ok(Self {
            info: text("info.json")?,
            version: text("version.json")?,
            containers: kind("containers.json", args.containers)?,
            networks: kind("networks.json", args.networks)?,
            volumes: kind("volumes.json", args.volumes)?,
        })
    }

    /// The status and the body of an answer.
    fn answer(&self, method: &str, path: &str) -> (&'static str, String) {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (method, parts.as_slice()) {
            ("GET", ["info"]) => ("200 OK", self.info.clone()),
            ("GET", ["version"]) => ("200 OK", self.version.clone()),
            ("GET" | "HEAD", ["_ping"]) => ("200 OK", "OK".into()),
            // No container uses a network that is about to be removed.
            ("GET", ["containers", "json?filters"]) => ("200 OK", "[]".into()),
            ("GET", ["containers", "json"]) => ("200 OK", self.containers.list()),
            ("GET", ["networks"]) => ("200 OK", self.networks.list()),
            ("GET", ["volumes"]) => {
                ("200 OK", format!(r#"{{"Volumes": {}, "Warnings": null}}"#, self.volumes.list()))
            }
            ("GET", ["volumes", name]) => self.volumes.one(name),
            ("DELETE", ["containers", id]) => self.containers.remove(id),
            ("DELETE", ["networks", id]) => self.networks.remove(id),
            ("DELETE", ["volumes", id]) => self.volumes.remove(id),
            _ => ("404 Not Found", r#"{"message": "page not found"}"#.into()),
        }
    }
}

impl Kind {
    fn list(&self) -> String {
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<String> = present.iter().map(|number| self.copy(*number)).collect();
        format!("[{}]", all.join(","))
    }

    /// The recorded object with an id and a name of its own; a volume's name is its id.
    fn copy(&self, number: usize) -> String {
        let mut object = self.recorded.clone();
        let id = id(number);
        for (key, value) in [("Id", id.clone()), ("Name", id.clone())] {
            if let Some(field) = object.get_mut(key) {
                *field = value.into();
            }
        }
        if let Some(names) = object.get_mut("Names") {
            *names = vec![format!("/bench-{number}")].into();
        }
        object.to_string()
    }

    fn one(&self, id: &str) -> (&'static str, String) {
        number(id).map_or(("404 Not Found", "{}".into()), |number| ("200 OK", self.copy(number)))
    }

    fn remove(&self, id: &str) -> (&'static str, String) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if number(id).is_some_and(|number| present.remove(&number)) {
            ("204 No Content", String::new())
        } else {
            ("404 Not Found", r#"{"message": "no such object"}"#.into())
        }
    }
}

/// Answers one client until it hangs up.
fn serve(client: &UnixStream, engine: &Engine) {
    let mut reader = BufReader::new(client);
    while let Some((method, path)) = request(&mut reader) {
        let (status, body) = engine.answer(&method, &path);
        let mut answer =
            format!("HTTP/1.1 {status}\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n");
        // An answer without content has no length either.
        if status.starts_with("204") {
            answer += "\r\n";
        } else {
            answer += &format!("Content-Length: {}\r\n\r\n", body.len());
        }
        let sent = (&*client).write_all(answer.as_bytes()).and_then(|()| match method.as_str() {
            "HEAD" => Ok(()),
            _ => (&*client).write_all(body.as_bytes()),
        });
        if sent.is_err() {
            return;
        }
    }
}

/// The method and the path of the next request, without its version and its query, except that it has filters.
fn request(reader: &mut BufReader<&UnixStream>) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let (method, rest) = line.split_once(' ')?;
    let target = rest.split(' ').next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let filtered = if query.contains("network") { "?filters" } else { "" };
    let request = (method.to_owned(), format!("{path}{filtered}"));
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink()).ok()?;
    Some(request)
}
