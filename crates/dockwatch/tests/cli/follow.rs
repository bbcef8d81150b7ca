//! `dockwatch --follow`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, World, engine};

use crate::json::{EventLine, SampleLine};
use crate::{LITTLE_MEMORY, STARVING, dockwatch, starve};

/// A running `dockwatch --follow`, which ends with the test.
pub(crate) struct Following {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Following {
    pub(crate) fn start(host: &str, home: &Home, interval: &str, label: &str) -> Self {
        let mut command = dockwatch(host, home);
        command.args([
            "--follow",
            "--json",
            "--interval",
            interval,
            "--call-timeout",
            "2s",
            "--label",
            label,
        ]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    pub(crate) fn next(&mut self) -> Result<SampleLine, Box<EventLine>> {
        let line = self.lines.next().expect("the stream goes on").unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        if value["type"] == "sample" {
            Ok(serde_json::from_str(&line).expect(&line))
        } else {
            Err(serde_json::from_str(&line).expect(&line))
        }
    }

    pub(crate) fn event(&mut self, wanted: &str) -> Box<EventLine> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            if let Err(event) = self.next()
                && event.r#type == wanted
            {
                return event;
            }
            assert!(Instant::now() < deadline, "no {wanted} event");
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn reports_a_kill_for_lack_of_memory() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("it has no events of kills for lack of memory") {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let label = world.label();
    let mut following = Following::start(&engine.host, &home, "200ms", &label);
    assert!(following.next().is_ok());
    let name = world.name("hog");
    let hog = [&["run", "-d", "--name", &name, "--label", &label][..], &LITTLE_MEMORY];
    engine.docker(&[&hog.concat()[..], &[BUSYBOX, "sh", "-c", STARVING]].concat());
    starve(engine, &name);
    assert_eq!(engine.docker(&["wait", &name]), "137");
    assert_eq!(following.event("oom").memory_limit_bytes, Some(8 << 20));
}
