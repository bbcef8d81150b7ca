//! Looks at the engine while the week is played, from outside of the tools: its socket, its events, what it has.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::docker::{now, objects};
use crate::engine::Engine;
use crate::event::Stack;
use crate::facts::{Millis, Restart, stack_of};

const BETWEEN_PINGS: Duration = Duration::from_millis(500);
const BETWEEN_LISTS: Duration = Duration::from_secs(2);

/// Which stacks are in use.
#[derive(Default)]
pub(crate) struct Users(Mutex<HashMap<Stack, Count>>);

/// Runs that are under way, and runs that were ever started.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    under_way: usize,
    started: usize,
}

impl Users {
    pub(crate) fn enter(&self, stack: Stack) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(stack).or_default();
        count.under_way += 1;
        count.started += 1;
    }

    pub(crate) fn leave(&self, stack: Stack) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.entry(stack).or_default().under_way -= 1;
    }

    fn counts(&self) -> HashMap<Stack, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the watchers have seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) refused: Vec<Millis>,
    pub(crate) peak_bytes: u64,
    pub(crate) most_orphans: usize,
}

/// Until it is told to stop.
pub(crate) fn watch_socket_and_memory(engine: &Engine, seen: &Mutex<Seen>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let (refuses, memory) = (engine.refuses(), engine.memory_bytes().unwrap_or(0));
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if refuses {
            seen.refused.push(now());
        }
        seen.peak_bytes = seen.peak_bytes.max(memory);
        drop(seen);
        sleep(BETWEEN_PINGS);
    }
}

/// Counts what is there of stacks that nobody uses, until it is told to stop.
pub(crate) fn watch_orphans(users: &Users, seen: &Mutex<Seen>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let before = users.counts();
        // The engine is away now and then.
        if let Ok(objects) = objects() {
            let after = users.counts();
            let unused = |stack: Stack| {
                let (before, after) = (before.get(&stack), after.get(&stack));
                before == after && before.is_none_or(|count| count.under_way == 0)
            };
            let orphans = objects.iter().filter(|one| stack_of(&one.project).is_some_and(unused)).count();
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.most_orphans = seen.most_orphans.max(orphans);
        }
        sleep(BETWEEN_LISTS);
    }
}

/// Writes the engine's events to a file, also after it was away, until it is told to stop.
pub(crate) fn record_events(file: &Path, stop: &AtomicBool) -> io::Result<()> {
    let mut since = now();
    while !stop.load(Ordering::Relaxed) {
        let from = format!("{}.{:03}", since / 1000, since % 1000);
        let out = File::options().create(true).append(true).open(file)?;
        let mut child = docker_events(&from).stdout(out).stderr(Stdio::null()).spawn()?;
        since = wait(&mut child, stop)?;
    }
    Ok(())
}

/// Without the limit of time that other commands have.
fn docker_events(since: &str) -> Command {
    let mut command = Command::new("docker");
    command.args(["events", "--since", since, "--filter", "type=container", "--format", "{{json .}}"]);
    for event in ["oom", "restart"] {
        command.args(["--filter", &format!("event={event}")]);
    }
    command.stdin(Stdio::null());
    command
}

/// Returns when it has ended.
fn wait(child: &mut Child, stop: &AtomicBool) -> io::Result<Millis> {
    loop {
        let ended = child.try_wait()?.is_some();
        if stop.load(Ordering::Relaxed) && !ended {
            child.kill()?;
            child.wait()?;
        }
        sleep(BETWEEN_PINGS);
        if ended || stop.load(Ordering::Relaxed) {
            return Ok(now());
        }
    }
}

/// The events that were written: restarts, and names of containers that ran out of memory. Containers that somebody runs by
/// hand are his own matter.
pub(crate) fn read_events(file: &PathBuf) -> (Vec<Restart>, Vec<String>) {
    let (mut restarts, mut out_of_memory) = (Vec::new(), Vec::new());
    for line in fs::read_to_string(file).unwrap_or_default().lines() {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        let attribute = |name: &str| event["Actor"]["Attributes"][name].as_str().unwrap_or("");
        let name = attribute("name").to_owned();
        if name.starts_with("hand-") {
            continue;
        }
        let service = format!(
            "{}/{}",
            attribute("com.docker.compose.project"),
            attribute("com.docker.compose.service")
        );
        match event["Action"].as_str() {
            Some("restart") => {
                let at = event["timeNano"].as_i64().unwrap_or(0) / 1_000_000;
                restarts.push(Restart { at, service });
            }
            Some("oom") => out_of_memory.push(name),
            _ => {}
        }
    }
    (restarts, out_of_memory)
}
