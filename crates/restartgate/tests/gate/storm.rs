//! Storms: however many ask and die, never more restarts than the limits allow, counted by the engine's own events.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use evenkeel_tests::{Engine, Home, World, engine};

use crate::{Restarts, gate, start};

/// Scaled limits, by variables as a user of CI would set them: 3 in 6 s, 1 s apart, open for 4 s.
pub(crate) const LIMITS: [(&str, &str); 5] = [
    ("DOCKER_RESTART_COOLDOWN", "1"),
    ("DOCKER_MAX_RESTART_ATTEMPTS", "3"),
    ("DOCKER_RESTART_WINDOW", "6"),
    ("DOCKER_RESTART_OPEN", "4"),
    ("DOCKER_RESTARTS_PER_MINUTE", "100"),
];

/// Each asks for so long, and five times at least.
fn askers(engine: &Engine, home: &Home, container: &str, count: usize, seconds: u64) -> Vec<Child> {
    let script = format!(
        r#"end=$(($(date +%s) + {seconds})) asked=0
        while [ $asked -lt 5 ] || [ "$(date +%s)" -lt $end ]; do
            "$0" {container} --health-timeout 3s --call-timeout 1m; echo "code $?"; asked=$((asked + 1))
        done"#
    );
    let ask = |_| {
        let plain = gate(engine, home);
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(plain.get_program());
        for (name, value) in plain.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.envs(LIMITS).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    };
    (0..count).map(ask).collect()
}

pub(crate) fn never_more_than_the_limits(times: &[u128]) {
    const TOLERANCE_NS: u128 = 500_000_000;
    let gap = |from: usize, to: usize| times[to] - times[from];
    for last in 1..times.len() {
        assert!(
            gap(last - 1, last) + TOLERANCE_NS >= 1_000_000_000,
            "two restarts within the cooldown: {times:?}"
        );
        if last >= 3 {
            assert!(gap(last - 3, last) + TOLERANCE_NS >= 6_000_000_000, "four within the window: {times:?}");
        }
    }
}

/// How long a storm lasts; RESTARTGATE_STORM=60 for longer ones.
pub(crate) fn seconds(default: u64) -> u64 {
    std::env::var("RESTARTGATE_STORM").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn fifty_askers_of_one_flapping_service() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "flapping", "true", "sleep 0.3; exit 1");
    let restarts = Restarts::of(engine, &name);
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for asker in askers(engine, &home, &name, 50, seconds(12)) {
        let said = String::from_utf8(asker.wait_with_output().unwrap().stdout).unwrap();
        for code in said.lines().filter_map(|line| line.strip_prefix("code ")) {
            *codes.entry(code.to_owned()).or_default() += 1;
        }
    }
    let times = restarts.times(engine);
    never_more_than_the_limits(&times);
    let asked: usize = codes.values().sum();
    println!("asked {asked}, by exit code {codes:?}, {} restarts by the engine's events", times.len());
    assert!(times.len() > 1 && asked > 200, "{asked} {times:?}");
    assert!(codes.keys().all(|code| ["0", "1", "69", "75"].contains(&code.as_str())), "{codes:?}");
}

#[test]
fn the_same_with_a_third_of_them_killed() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "flapping", "true", "sleep 0.3; exit 1");
    let restarts = Restarts::of(engine, &name);
    let mut all = askers(engine, &home, &name, 30, seconds(12));
    for asker in all.iter_mut().step_by(3) {
        // Somebody is between begin and end nearly all the time: the service takes 300 ms to die, and the gate watches.
        std::thread::sleep(Duration::from_millis(300));
        let _ = Command::new("pkill").args(["-9", "-P", &asker.id().to_string()]).status();
        asker.kill().unwrap();
    }
    for asker in all {
        asker.wait_with_output().unwrap();
    }
    let times = restarts.times(engine);
    never_more_than_the_limits(&times);
    assert!(times.len() > 1, "{times:?}");
}

#[test]
fn the_machines_budget_holds_across_services() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let names: Vec<String> =
        (0..6).map(|number| start(engine, &world, &format!("s{number}"), "true", "exec sleep 600")).collect();
    let restarts: Vec<Restarts> = names.iter().map(|name| Restarts::of(engine, name)).collect();
    let calls: Vec<Child> = names
        .iter()
        .map(|name| {
            let mut call = gate(engine, &home);
            call.args([name, "--even-if-healthy", "--per-minute", "2"])
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            call.spawn().unwrap()
        })
        .collect();
    let mut codes: Vec<i32> =
        calls.into_iter().map(|mut call| call.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 75, 75, 75, 75]);
    let restarts: usize = restarts.into_iter().map(|restarts| restarts.count(engine)).sum();
    assert_eq!(restarts, 2);
}
