//! dev and the second project: nobody touches them, all the week.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::docker::{docker, lines, must_run, now};
use crate::facts::{Interval, Millis, Touch};
use crate::judge::{DEV, NEIGHBOUR};

/// The databases of dev: it is up in both halves, on ports that the tests do not use.
const DEV_SERVICES: [&str; 2] = ["postgres", "redis"];

/// Project and service of a container, with its ID and when it was started.
type Look = BTreeMap<(String, String), (String, String)>;

pub(crate) struct Untouched {
    last: Look,
    looked: Millis,
    touches: Vec<Touch>,
}

impl Untouched {
    /// Starts both, puts a row into their databases, and looks at them.
    pub(crate) fn start(log: &Path) -> io::Result<Self> {
        let mut dev = compose(DEV);
        for file in ["compose.base.yml", "compose.dev.yml", "week/dev.yml"] {
            dev.args(["-f", &format!("tests/stack/{file}")]);
        }
        dev.args(["up", "-d", "--wait"]);
        dev.args(DEV_SERVICES).envs([("NETRA_ENV", "dev"), ("EVENKEEL_ENV", "dev")]);
        dev.envs([("POSTGRES_PORT", "15433"), ("REDIS_PORT", "16380")]);
        must_run(&mut dev, log)?;
        let mut neighbour = compose(NEIGHBOUR);
        must_run(neighbour.args(["-f", "tests/stack/week/neighbour.yml", "up", "-d", "--wait"]), log)?;
        for (project, service) in [(DEV, "postgres"), (NEIGHBOUR, "db")] {
            let mut tries = 0;
            while let Err(error) = sql(project, service, "CREATE TABLE keep AS SELECT 'still here' AS what") {
                tries += 1;
                if tries == 60 {
                    return Err(error);
                }
                sleep(Duration::from_secs(1));
            }
        }
        Ok(Self { last: look()?, looked: now(), touches: Vec::new() })
    }

    /// Notes what has changed since the last look.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        let (look, when) = (look()?, Interval { from: self.looked, to: now() });
        for (name, (id, started)) in &self.last {
            let what = match look.get(name) {
                None => "it does not run any more".to_owned(),
                Some((other, _)) if other != id => "it is another container".to_owned(),
                Some((_, again)) if again != started => format!("it was started again at {again}"),
                Some(_) => continue,
            };
            let (project, service) = name.clone();
            self.touches.push(Touch { project, service, what, when });
        }
        self.last = look;
        self.looked = when.to;
        Ok(())
    }

    /// After a death of the engine: waits until they run again, as the same containers. What does not come back in this
    /// time is started by hand.
    pub(crate) fn check_after_death(&mut self, comes_back: Duration) -> io::Result<()> {
        let deadline = Instant::now() + comes_back;
        let mut found = look()?;
        while !self.last.keys().all(|name| found.contains_key(name)) && Instant::now() < deadline {
            sleep(Duration::from_secs(1));
            found = look()?;
        }
        for (name, (id, started)) in &mut self.last {
            // Their second start is none of anybody's, where they came back.
            match found.get(name) {
                Some((_, again)) => again.clone_into(started),
                None => drop(lines(&mut docker(&["start", id]))),
            }
        }
        // Those that were started by hand differ from the last look.
        self.check()
    }

    /// What was touched, with what became of their data.
    pub(crate) fn finish(mut self) -> io::Result<Vec<Touch>> {
        self.check()?;
        for (project, service) in [(DEV, "postgres"), (NEIGHBOUR, "db")] {
            let kept = sql(project, service, "SELECT what FROM keep").unwrap_or_default();
            if kept != ["still here"] {
                self.touches.push(Touch {
                    project: project.to_owned(),
                    service: service.to_owned(),
                    what: "its data is gone".to_owned(),
                    when: Interval { from: self.looked, to: now() },
                });
            }
        }
        Ok(self.touches)
    }
}

fn compose(project: &str) -> Command {
    let mut command = docker(&["compose", "-p", project]);
    command.current_dir(evenkeel_tests::root());
    command
}

/// The containers of both that run.
fn look() -> io::Result<Look> {
    const FORMAT: &str = r#"{{index .Config.Labels "com.docker.compose.project"}} {{index .Config.Labels "com.docker.compose.service"}} {{.Id}} {{.State.StartedAt}}"#;
    let mut found = Look::new();
    for project in [DEV, NEIGHBOUR] {
        let label = format!("label=com.docker.compose.project={project}");
        let ids = lines(&mut docker(&["ps", "-q", "--no-trunc", "--filter", &label]))?;
        if ids.is_empty() {
            continue;
        }
        for line in lines(docker(&["inspect", "-f", FORMAT]).args(ids))? {
            if let [project, service, id, started] = line.split(' ').collect::<Vec<_>>()[..] {
                found.insert((project.to_owned(), service.to_owned()), (id.to_owned(), started.to_owned()));
            }
        }
    }
    Ok(found)
}

fn sql(project: &str, service: &str, statement: &str) -> io::Result<Vec<String>> {
    let labels = [
        format!("label=com.docker.compose.project={project}"),
        format!("label=com.docker.compose.service={service}"),
    ];
    let ids = lines(&mut docker(&["ps", "-q", "--filter", &labels[0], "--filter", &labels[1]]))?;
    let id = ids.first().ok_or_else(|| io::Error::other(format!("{project}/{service} does not run")))?;
    lines(&mut docker(&[
        "exec",
        id,
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        "app",
        "-d",
        "app",
        "-qAt",
        "-c",
        statement,
    ]))
}
