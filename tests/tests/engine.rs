//! `scripts/engine`: private, idempotent, and able to clear up after itself.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Engine, root, skip};

/// A directory for one engine, with its engine taken down at the end.
struct Place(PathBuf);

impl Place {
    /// `None` where no private engine can be: the test is then counted as skipped.
    fn new(name: &str) -> Option<Self> {
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if !root || cfg!(not(target_os = "linux")) {
            skip("it needs a private engine, so Linux and root");
            return None;
        }
        Some(Self(PathBuf::from(format!("/var/tmp/evenkeel-e{}-{name}", std::process::id()))))
    }

    fn script(&self, args: &[&str]) -> Command {
        let mut command = Command::new(root().join("scripts/engine"));
        command.arg("-d").arg(&self.0).args(args).env_remove("DOCKER_HOST").stdin(Stdio::null());
        command
    }

    fn up(&self) -> String {
        let output = output_to_file(self.script(&["up"]));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.script(&["down"]).status();
    }
}

/// An engine inherits its starter's stderr, so a pipe would not end: files do.
fn output_to_file(mut command: Command) -> Output {
    let [stdout, stderr] = [(); 2].map(|()| tempfile::NamedTempFile::new().unwrap());
    let status = command.stdout(stdout.reopen().unwrap()).stderr(stderr.reopen().unwrap()).status().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|file| std::fs::read(file.path()).unwrap());
    Output { status, stdout, stderr }
}

fn interfaces() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir("/sys/class/net")
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        // Those of containers on the machine's own engine come and go.
        .filter(|name| !name.starts_with("veth"))
        .collect();
    names.sort();
    names
}

/// Cgroups, mounts and processes that carry the engine's name.
fn traces(place: &Place) -> Vec<String> {
    let name = place.0.file_name().unwrap().to_str().unwrap();
    let find = Command::new("find").args(["/sys/fs/cgroup", "-name", &format!("*{name}*")]).output().unwrap();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    let lines = String::from_utf8_lossy(&find.stdout).into_owned() + &mounts;
    let mut traces: Vec<String> =
        lines.lines().filter(|line| line.contains(name)).map(str::to_owned).collect();
    traces.extend(place.0.exists().then(|| place.0.display().to_string()));
    traces
}

#[test]
fn parallel_ups_start_one_engine_and_down_leaves_nothing() {
    let Some(place) = Place::new("par") else { return };
    let before = interfaces();
    let ups: Vec<Child> = (0..4)
        .map(|_| place.script(&["up"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    for mut up in ups {
        assert!(up.wait().unwrap().success());
    }
    let pid_file = place.0.join("docker.pid");
    let started = pid_file.metadata().unwrap().modified().unwrap();
    assert_eq!(place.up(), format!("DOCKER_HOST=unix://{}/docker.sock", place.0.display()));
    assert_eq!(pid_file.metadata().unwrap().modified().unwrap(), started, "a second engine was started");
    assert_eq!(interfaces(), before, "the machine's own network was touched");
    assert!(place.script(&["down"]).status().unwrap().success());
    assert_eq!(traces(&place), Vec::<String>::new());
}

#[test]
fn an_up_that_was_killed_half_way_is_cleared_by_the_next() {
    let Some(place) = Place::new("half") else { return };
    let mut up = place.script(&["up"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !place.0.join("start").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    up.kill().unwrap();
    up.wait().unwrap();
    assert!(place.up().starts_with("DOCKER_HOST=unix://"));
    assert!(place.script(&["down"]).status().unwrap().success());
    assert_eq!(traces(&place), Vec::<String>::new());
}

/// A frozen process does not even end when it is killed.
#[test]
fn down_ends_paused_containers_too() {
    let Some(place) = Place::new("frozen") else { return };
    let host = place.up();
    let host = host.strip_prefix("DOCKER_HOST=").unwrap();
    let images = Command::new(root().join("scripts/images"))
        .arg("busybox")
        .env("DOCKER_HOST", host)
        .stderr(Stdio::null())
        .status();
    assert!(images.unwrap().success());
    let engine = Engine { host: host.to_owned() };
    let container = engine.docker(&["run", "-d", BUSYBOX, "sleep", "600"]);
    let pid = engine.docker(&["inspect", "-f", "{{.State.Pid}}", &container]);
    engine.docker(&["pause", &container]);
    let process = outer_pid(&place, &pid);
    assert!(place.script(&["down"]).status().unwrap().success());
    assert!(!process.exists(), "{} lives on", process.display());
    assert_eq!(traces(&place), Vec::<String>::new());
}

/// A process of the engine's namespaces, as this one sees it.
fn outer_pid(place: &Place, pid: &str) -> PathBuf {
    let name = place.0.file_name().unwrap().to_str().unwrap();
    let of_it = |process: &PathBuf| {
        let read = |file| std::fs::read_to_string(process.join(file)).unwrap_or_default();
        let is_it = |line: &str| line.starts_with("NSpid:") && line.split_whitespace().nth(2) == Some(pid);
        read("status").lines().any(is_it) && read("cgroup").contains(name)
    };
    let mut processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    processes.find(of_it).unwrap()
}

#[test]
fn commands_run_inside_the_engines_network() {
    let Some(place) = Place::new("run") else { return };
    place.up();
    let output = output_to_file(place.script(&[
        "run",
        "--",
        "sh",
        "-c",
        "echo $DOCKER_HOST; ls /sys/class/net; ip -o link | grep -c docker0",
    ]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("unix://{}/docker.sock", place.0.display())), "{said}");
    assert!(said.trim().ends_with('1'), "no docker0 inside: {said}");
    assert_eq!(place.script(&["run", "--", "sh", "-c", "exit 7"]).status().unwrap().code(), Some(7));
}

#[test]
fn it_never_removes_a_directory_that_is_not_its_own() {
    let home = tempfile::tempdir_in("/var/tmp").unwrap();
    std::fs::write(home.path().join("precious"), "x").unwrap();
    let down = Command::new(root().join("scripts/engine"))
        .args(["-d", home.path().to_str().unwrap(), "down"])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(down.code(), Some(2));
    assert!(home.path().join("precious").exists());
    assert!(!PathBuf::from(format!("{}.lock", home.path().display())).exists(), "it left its lock file");
}
