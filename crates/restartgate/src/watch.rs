//! Watching services until they are healthy, or will not be without help.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use evenkeel_common::units::show_duration;
use evenkeel_common::{Error, Exit, print, print_json};

use crate::cli::{Target, WaitArgs};
use crate::docker::{Docker, Found, Wanted};
use crate::health::{self, Seen};
use crate::report::{Evidence, WaitRow, Waited};
use crate::run::find_one;

/// How a watch ended.
pub(crate) enum Watched {
    Healthy,
    Not { reason: String, seen: Box<Seen> },
}

/// Time between two looks at a container.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a wait is silent on a terminal.
const SILENT: Duration = Duration::from_secs(1);
/// Lines of the log that are shown as evidence.
const LOG_LINES: usize = 20;

/// Watches until all are healthy, one is sick, or the time is over.
pub(crate) async fn watch(
    docker: &Docker,
    containers: &[String],
    timeout: Duration,
) -> Result<Watched, Error> {
    let started = Instant::now();
    let mut progress = Progress::new();
    loop {
        let mut pending = None;
        for seen in see_all(docker, containers).await? {
            match health::judge(&seen) {
                health::Verdict::Healthy => {}
                health::Verdict::Pending(reason) => pending = Some((reason, seen)),
                health::Verdict::Sick(reason) => return Ok(Watched::Not { reason, seen: Box::new(seen) }),
            }
        }
        match pending {
            None => return Ok(Watched::Healthy),
            Some((reason, seen)) if started.elapsed() >= timeout => {
                let reason = format!("not healthy within {}: {reason}", show_duration(timeout));
                return Ok(Watched::Not { reason, seen: Box::new(seen) });
            }
            Some((reason, seen)) => progress.tell(&seen, &reason, started.elapsed()),
        }
        tokio::time::sleep(LOOK_EVERY.min(timeout.saturating_sub(started.elapsed()))).await;
    }
}

/// What is waited for, on one line of a terminal.
struct Progress {
    is_shown: bool,
    on_terminal: bool,
}

impl Progress {
    fn new() -> Self {
        Self { is_shown: false, on_terminal: std::io::stderr().is_terminal() }
    }

    fn tell(&mut self, seen: &Seen, reason: &str, waited: Duration) {
        if self.on_terminal && waited >= SILENT {
            self.is_shown = true;
            let seconds = waited.as_secs();
            let _ = write!(std::io::stderr(), "\r\x1b[Kwaiting for {}, {seconds} s: {reason}", seen.name);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// What is seen of all containers now; one that is gone is seen as removed.
pub(crate) async fn see_all(docker: &Docker, containers: &[String]) -> Result<Vec<Seen>, Error> {
    let mut all = Vec::new();
    for id in containers {
        all.push(docker.see(id).await?.unwrap_or_else(|| Seen {
            id: id.clone(),
            state: "removed".into(),
            ..Seen::default()
        }));
    }
    Ok(all)
}

/// What a person has to know of a container that is not healthy.
pub(crate) async fn evidence(docker: &Docker, seen: &Seen) -> Evidence {
    Evidence {
        state: seen.state.clone(),
        exit_code: seen.exit_code,
        oom_killed: seen.oom_killed,
        memory_limit_bytes: seen.memory_limit,
        last_check: seen.last_check.clone(),
        log: docker.last_lines(&seen.id, LOG_LINES).await,
    }
}

/// `restartgate wait`
pub(crate) async fn wait(args: &WaitArgs) -> Result<Exit, Error> {
    let started = Instant::now();
    let docker = Docker::connect(&args.docker).await?;
    let found = find_all(&docker, args).await?;
    // All at once: the first that is sick ends the wait.
    let all: Vec<String> = found.iter().flat_map(|one| one.containers.clone()).collect();
    watch(&docker, &all, args.timeout).await?;
    let mut rows = Vec::new();
    for one in &found {
        rows.push(row_of(&docker, one).await?);
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let waited = Waited::new(rows, started.elapsed());
    if args.json {
        print_json(&waited)?;
    } else {
        print(&waited.words())?;
    }
    Ok(if waited.verdict == "healthy" { Exit::Done } else { Exit::No })
}

async fn find_all(docker: &Docker, args: &WaitArgs) -> Result<Vec<Found>, Error> {
    if args.services.is_empty() {
        let wanted = Wanted { name: None, project: args.project.clone(), labels: args.label.clone() };
        let found = docker.find(&wanted).await?;
        if found.is_empty() {
            return Err(Error::usage("wait", "nothing in this scope has a container").hint("start it first"));
        }
        return Ok(found);
    }
    let mut found = Vec::new();
    for service in &args.services {
        let target = Target {
            service: Some(service.clone()),
            label: args.label.clone(),
            project: args.project.clone(),
        };
        found.push(find_one(docker, &target).await?);
    }
    Ok(found)
}

/// What a service looks like at the end of a wait.
async fn row_of(docker: &Docker, one: &Found) -> Result<WaitRow, Error> {
    let row = |verdict, reason, evidence| WaitRow { name: one.service.shown(), verdict, reason, evidence };
    for seen in see_all(docker, &one.containers).await? {
        match health::judge(&seen) {
            health::Verdict::Healthy => {}
            health::Verdict::Pending(reason) => return Ok(row("pending", Some(reason), None)),
            health::Verdict::Sick(reason) => {
                return Ok(row("sick", Some(reason), Some(evidence(docker, &seen).await)));
            }
        }
    }
    Ok(row("healthy", None, None))
}
