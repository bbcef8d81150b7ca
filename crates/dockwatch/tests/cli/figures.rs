//! Figures that agree with `docker stats`.

use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Engine, Home, Relay, World, engine};

use crate::json::Snapshot;
use crate::{dockwatch, run, snapshot};

/// The engine does not count inactive page cache, so dockwatch must not, either.
#[test]
fn memory_agrees_with_docker_stats() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("its statistics count inactive page cache") {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let name = world.name("hog");
    // Written once and not read again, the cache is inactive.
    let script = "dd if=/dev/zero of=/ram/f bs=1M count=48; dd if=/dev/zero of=/cache bs=1M count=32; \
                  touch /done; sleep 600";
    let run_it =
        ["run", "-d", "--name", &name, "--label", &world.label(), "-m", "256m", "--tmpfs", "/ram:size=64m"];
    engine.docker(&[&run_it[..], &[BUSYBOX, "sh", "-c", script]].concat());
    while !engine.try_docker(&["exec", &name, "test", "-e", "/done"]).status.success() {}
    let shown = engine.docker(&["stats", "--no-stream", "--format", "{{.MemUsage}}", &name]);
    let shown: f64 = shown.split("MiB").next().unwrap().parse().expect(&shown);
    let found = snapshot(engine, &home, &world.label());
    let used = found.containers[0].memory_working_set_bytes.unwrap();
    let raw = found.containers[0].memory_usage_bytes.unwrap();
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    let ours = used as f64 / f64::from(1 << 20);
    assert!((ours - shown).abs() <= shown * 0.02, "ours {ours}, docker stats {shown}");
    assert!(raw > used && used >= 48 << 20, "raw {raw}, used {used}");
}

/// Containers whose cgroups are not on this machine are measured through the engine.
#[test]
fn an_engine_elsewhere_is_asked_for_statistics() {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("its statistics do not say how much of the memory is page cache") {
        return;
    }
    let (world, home) = (World::new(engine), Home::new());
    let label = world.label();
    for name in ["a", "b"] {
        let name = world.name(name);
        let options = ["run", "-d", "--name", &name, "--label", &label, "-m", "32m", "--tmpfs", "/ram"];
        engine.docker(&[&options[..], &[BUSYBOX, "sleep", "600"]].concat());
    }
    let here = snapshot(engine, &home, &label);
    let there = snapshot_through_relay(engine, &home, &label);
    assert_eq!((there.errors.len(), there.containers.len()), (0, 2), "{:?}", there.errors);
    for (here, there) in here.containers.iter().zip(&there.containers) {
        assert_eq!((here.source.as_deref(), there.source.as_deref()), (Some("cgroup"), Some("api")));
        assert_eq!((&here.id, here.memory_limit_bytes), (&there.id, there.memory_limit_bytes));
        let (here, there) = (here.memory_working_set_bytes.unwrap(), there.memory_working_set_bytes.unwrap());
        assert!(here.abs_diff(there) < 1 << 20, "{here} {there}");
    }
    assert!(there.engines[0].machine.mem_total_bytes.is_some());
    assert_eq!((here.totals.tmpfs_used_bytes, there.totals.tmpfs_used_bytes), (Some(0), None));
    let args = ["--call-timeout", "10s", "--label", &label];
    let (stdout, _) = run(&mut dockwatch(&relay(engine), &home), &args, 0);
    assert!(stdout.contains("Memory and CPU come from the engine's statistics"), "{stdout}");
}

fn relay(engine: &Engine) -> String {
    format!("tcp://127.0.0.1:{}", Relay::to(engine).port)
}

/// As on another machine.
fn snapshot_through_relay(engine: &Engine, home: &Home, label: &str) -> Snapshot {
    patient_snapshot(&relay(engine), home, label)
}

/// For engines that take seconds to answer.
fn patient_snapshot(host: &str, home: &Home, label: &str) -> Snapshot {
    let args = ["--json", "--call-timeout", "10s", "--label", label];
    let (stdout, _) = run(&mut dockwatch(host, home), &args, 0);
    serde_json::from_str(&stdout).unwrap()
}

/// What `docker stats` shows, in percent of one core.
fn docker_stats_cpu(engine: &Engine, name: &str) -> f64 {
    let shown = engine.docker(&["stats", "--no-stream", "--format", "{{.CPUPerc}}", name]);
    shown.trim_end_matches('%').parse().expect(&shown)
}

/// The first call, which has no earlier reading. Both look at a moment of their own, so they are compared until there is
/// a calm one; the figure is never above `most`.
fn first_cpu_agrees_with_docker_stats(
    options: &[&str],
    most: f64,
    first_call: fn(&Engine, &Home, &str) -> Snapshot,
) {
    let Some(engine) = engine() else { return };
    if !engine.is_docker_or_skip("its statistics have no earlier CPU reading") {
        return;
    }
    let world = World::new(engine);
    let (name, label) = (world.name("busy"), world.label());
    let run_it = [&["run", "-d", "--name", &name, "--label", &label], options].concat();
    engine.docker(&[&run_it[..], &[BUSYBOX, "sh", "-c", "while :; do :; done"]].concat());
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let found = first_call(engine, &Home::new(), &label);
        let (ours, window) =
            (found.containers[0].cpu_pct.unwrap(), found.containers[0].cpu_window_ms.unwrap());
        assert!(ours <= most, "{ours} % over {window} ms");
        let theirs = docker_stats_cpu(engine, &name);
        if (ours - theirs).abs() <= 3.0 {
            break;
        }
        assert!(Instant::now() < deadline, "ours {ours} % over {window} ms, docker stats {theirs} %");
    }
}

#[test]
fn first_cpu_of_a_limited_container() {
    first_cpu_agrees_with_docker_stats(&["--cpus", "0.3"], 30.0, snapshot);
}

#[test]
fn first_cpu_of_an_unlimited_container() {
    first_cpu_agrees_with_docker_stats(&[], 103.0, snapshot);
}

#[test]
fn first_cpu_of_a_limited_container_elsewhere() {
    // The engine chooses the moments, so a second can hold one or two bursts of 30 ms too many.
    first_cpu_agrees_with_docker_stats(&["--cpus", "0.3"], 36.0, snapshot_through_relay);
}

/// What a container uses: CPU in percent of one core, and memory in MiB.
#[derive(Clone, Copy)]
struct Use {
    cpu: Option<f64>,
    memory: Option<f64>,
}

impl Use {
    fn of(found: &Snapshot) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let memory =
            found.containers[0].memory_working_set_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
        Self { cpu: found.containers[0].cpu_pct, memory }
    }

    /// The eighth line that `docker stats` prints, after some four seconds: the first ones say the average since the start
    /// of the container, or with Podman nothing, for want of an earlier reading.
    fn by_docker(engine: &Engine, name: &str) -> Self {
        let script = "timeout 20 docker stats --format '{{.CPUPerc}} {{.MemUsage}}' \"$0\" | grep -a -m 8 -o '[0-9.]*% .*iB /'";
        let mut command = std::process::Command::new("sh");
        let output = command.args(["-c", script, name]).env("DOCKER_HOST", &engine.host).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let (cpu, memory) =
            shown.lines().last().and_then(|line| line.split_once("% ")).expect("it shows figures");
        let memory = memory.trim_end_matches(" /").strip_suffix("MiB").and_then(|memory| memory.parse().ok());
        Self { cpu: cpu.parse().ok(), memory }
    }
}

/// The median of what is known.
fn median(values: impl Iterator<Item = Option<f64>>) -> String {
    let mut values: Vec<f64> = values.flatten().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).map_or_else(|| "unknown".into(), |value| format!("{value:.1}"))
}

/// For docs/src/reference/engines.md: `EVENKEEL_ENGINE=KIND cargo test -p evenkeel-dockwatch --test cli beside -- --ignored --nocapture`.
#[test]
#[ignore = "prints a table to read"]
fn figures_beside_docker_stats() {
    let Some(engine) = engine() else { return };
    let world = World::new(engine);
    for (load, options) in [("--cpus 0.3", &["--cpus", "0.3"][..]), ("unlimited", &[])] {
        let (name, label) =
            (world.name(&load.replace([' ', '-'], "")), format!("load={}", load.replace(' ', "")));
        let run_it =
            ["run", "-d", "--name", &name, "--label", &world.label(), "--label", &label, "-m", "256m"];
        let work = [
            "--tmpfs",
            "/ram",
            BUSYBOX,
            "sh",
            "-c",
            "dd if=/dev/zero of=/ram/f bs=1M count=48; while :; do :; done",
        ];
        engine.docker(&[&run_it[..], options, &work].concat());
        let wanted = |found: &Snapshot| Use::of(found).memory.is_none_or(|memory| memory > 48.0);
        while !wanted(&patient_snapshot(&engine.host, &Home::new(), &label)) {}
        let samples: Vec<[Use; 3]> = (0..5)
            .map(|_| {
                let here = patient_snapshot(&engine.host, &Home::new(), &label);
                let there = snapshot_through_relay(engine, &Home::new(), &label);
                [Use::by_docker(engine, &name), Use::of(&here), Use::of(&there)]
            })
            .collect();
        let cpu = [0, 1, 2].map(|source| median(samples.iter().map(|sample| sample[source].cpu)));
        let memory = [0, 1, 2].map(|source| median(samples.iter().map(|sample| sample[source].memory)));
        println!("| {load} | {} | {} |", cpu.join(" / "), memory.join(" / "));
        engine.docker(&["rm", "-f", &name]);
    }
}
