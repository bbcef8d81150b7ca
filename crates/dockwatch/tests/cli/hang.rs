//! Engines that hang: every command ends, or says so, in time.

use std::time::{Duration, Instant};

use evenkeel_tests::{Home, Proxy, World, engine};

use crate::json::{Run, Snapshot};
use crate::live::follow::Following;
use crate::{dockwatch, run};

#[test]
fn disk_usage_has_the_deadline_of_the_other_calls() {
    let Some(engine) = engine() else { return };
    for held in ["/system/df", "/"] {
        let (home, proxy) = (Home::new(), Proxy::holding(&engine.host, held));
        let start = Instant::now();
        let args = ["--disk", "--json", "--call-timeout", "1s"];
        let (stdout, _) = run(&mut dockwatch(&proxy.host, &home), &args, 4);
        assert!(start.elapsed() < Duration::from_secs(3), "{held}: {:?}", start.elapsed());
        let found: Snapshot = serde_json::from_str(&stdout).unwrap();
        let disk = found.engines[0].endpoints.iter().find(|endpoint| endpoint.name == "disk").unwrap();
        assert_eq!((disk.state.as_str(), found.verdict.as_str()), ("hung", "unavailable"));
    }
}

/// Within two intervals; the engine is asked for everything only every ten seconds.
#[test]
fn follow_says_that_the_engine_hangs() {
    let Some(engine) = engine() else { return };
    for held in ["/", "/networks"] {
        let (world, home, proxy) = (World::new(engine), Home::new(), Proxy::recording(&engine.host));
        let mut following = Following::start(&proxy.host, &home, "1s", &world.label());
        assert_eq!(following.next().unwrap().verdict, "safe");
        proxy.hold(held);
        let start = Instant::now();
        while following.next().is_ok_and(|sample| sample.verdict != "unavailable") {}
        assert!(start.elapsed() < Duration::from_secs(4), "{held}: {:?}", start.elapsed());
    }
}

#[test]
fn record_does_not_keep_a_command_waiting() {
    let Some(engine) = engine() else { return };
    let (home, proxy) = (Home::new(), Proxy::holding(&engine.host, "/"));
    let report = home.join("run.json");
    let args = ["record", "--label", "a=b", "--report", report.to_str().unwrap(), "--", "true"];
    let start = Instant::now();
    run(&mut dockwatch(&proxy.host, &home), &args, 0);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let found: Run = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    assert_eq!((found.memory_peak_bytes, found.left_behind), (None, None));
}

#[test]
fn metrics_of_an_engine_that_hangs_have_no_level() {
    let Some(engine) = engine() else { return };
    let (home, proxy) = (Home::new(), Proxy::holding(&engine.host, "/containers/json"));
    let (stdout, _) = run(&mut dockwatch(&proxy.host, &home), &["metrics", "--call-timeout", "1s"], 4);
    assert!(stdout.contains("dockwatch_up 0\n") && !stdout.contains("dockwatch_level"), "{stdout}");
}
