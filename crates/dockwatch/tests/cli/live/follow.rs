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

#[test]
fn the_uses_of_images_are_noted() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let id = engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let mut following = Following::start(&engine.host, &home, "200ms", &world.label());
    let give_up_at = Instant::now() + Duration::from_mins(1);
    let note = loop {
        let _ = following.next();
        let files = std::fs::read_dir(home.join("history")).into_iter().flatten();
        let mut paths = files.map(|file| file.unwrap().path());
        let is_note = |path: &std::path::PathBuf| {
            let name = path.file_stem().unwrap().to_string_lossy();
            name.starts_with("images-") && path.extension().is_some_and(|extension| extension == "json")
        };
        if let Some(path) = paths.find(is_note) {
            break serde_json::from_slice::<crate::json::ImageUses>(&std::fs::read(path).unwrap()).unwrap();
        }
        assert!(Instant::now() < give_up_at, "nothing is noted");
    };
    assert_eq!((note.schema.as_str(), note.host.as_str()), ("dockwatch.image_uses/1", &*engine.host));
    let image = engine.docker(&["inspect", "-f", "{{.Image}}", &id]);
    assert_eq!(note.containers.get(&id), Some(&image));
    assert_eq!(note.images.get(&image), Some(&note.at), "it is in use");
}
