//! `dockwatch metrics` and `dockwatch predict`.

use evenkeel_tests::{BUSYBOX, Home, World, engine};

use crate::{dockwatch, run};

#[test]
fn a_base_value_until_runs_are_recorded() {
    let home = Home::new();
    let (stdout, _) = run(&mut dockwatch("unix:///no.sock", &home), &["predict", "e2e"], 0);
    assert_eq!(stdout, "e2e: 3.0 GiB, 12 containers (a base value: 0 of 5 runs are recorded)\n");
}

#[test]
fn metrics_of_a_running_container() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    engine.docker(&["run", "-d", "--label", &world.label(), BUSYBOX, "sleep", "600"]);
    let file = home.join("d.prom");
    let args = ["metrics", "--label", &world.label(), "--textfile", file.to_str().unwrap()];
    run(&mut dockwatch(&engine.host, &home), &args, 0);
    let text = std::fs::read_to_string(file).unwrap();
    for wanted in ["dockwatch_up 1\n", "dockwatch_level 0\n", "container_memory_working_set_bytes{"] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}
