//! What a person does to containers in `dockwatch top`: asked first, through restartgate, and never what is protected or in
//! use.
#![cfg(unix)]

use std::process::Command;

use evenkeel_tests::{BUSYBOX, Engine, Home, Terminal, Tmux, World, built, engine, tool};

fn top(engine: &Engine, home: &Home, world: &World<'_>) -> Command {
    let mut command = tool(built("dockwatch"), home);
    command.args(["top", "--min-disk", "1B", "--label", &world.label()]).env("DOCKER_HOST", &engine.host);
    command
}

/// Starts a container and returns its name.
fn start(engine: &Engine, world: &World<'_>, what: &str, labels: &[&str]) -> String {
    let name = world.name(what);
    let mut args = vec!["run", "-d", "--init", "--network", "none", "--name", &name, "--label"];
    let own = world.label();
    args.push(&own);
    for label in labels {
        args.extend(["--label", label]);
    }
    args.extend([BUSYBOX, "sleep", "3600"]);
    engine.docker(&args);
    name
}

fn inspect(engine: &Engine, name: &str, what: &str) -> String {
    engine.docker(&["inspect", "-f", &format!("{{{{{what}}}}}"), name])
}

/// The screen with what is wrapped on one line.
fn flat(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wait_for(tmux: &Tmux, text: &str) {
    tmux.wait_until(&format!("{text:?}"), |screen| flat(screen).contains(text));
}

#[test]
fn restarts_go_through_the_gate_and_are_asked_first() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "db", &[]);
    let Some(tmux) = Tmux::run(&top(engine, &home, &world), 120, 24) else { return };
    tmux.wait_for(&name);
    let first_start = inspect(engine, &name, ".State.StartedAt");
    tmux.press(&["R"]);
    wait_for(&tmux, &format!("Restart {name} through restartgate"));
    tmux.press(&["n"]);
    wait_for(&tmux, &format!("{name} was left alone"));
    assert_eq!(inspect(engine, &name, ".State.StartedAt"), first_start);

    tmux.press(&["R"]);
    wait_for(&tmux, "y/n");
    tmux.press(&["y"]);
    wait_for(&tmux, &format!("{name}: restarted: healthy"));
    let second_start = inspect(engine, &name, ".State.StartedAt");
    assert_ne!(second_start, first_start);

    tmux.press(&["R"]);
    wait_for(&tmux, "y/n");
    tmux.press(&["y"]);
    wait_for(&tmux, &format!("restart of {name}: refused: "));
    wait_for(&tmux, "(try again in ");
    assert_eq!(inspect(engine, &name, ".State.StartedAt"), second_start);
    let mut history = tool(built("restartgate"), &home);
    let output = history.args(["history", "--json"]).output().unwrap();
    let history: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let actions: Vec<_> = history["records"].as_array().unwrap().iter().map(|r| &r["action"]).collect();
    assert_eq!(actions, ["begin", "end", "refused"], "{history}");
    assert!(history.to_string().contains("asked for in dockwatch top"), "{history}");

    tmux.press(&["S"]);
    wait_for(&tmux, &format!("Stop {name}?"));
    tmux.press(&["y"]);
    wait_for(&tmux, &format!("{name}: stopped"));
    assert_eq!(inspect(engine, &name, ".State.Status"), "exited");
    tmux.press(&["S"]);
    wait_for(&tmux, &format!("cannot stop {name}: it does not run"));
}

#[test]
fn what_is_protected_or_in_use_is_left_alone() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let protected = start(engine, &world, "a", &["evenkeel.protect=true"]);
    let environment = format!("netra.env={}", world.id());
    let used = start(engine, &world, "b", &[&environment]);
    let mut hold = tool(built("envlock"), &home);
    hold.args([world.id(), "--", "sleep", "3600"]);
    let mut holder = Terminal::run(&hold);
    let Some(tmux) = Tmux::run(&top(engine, &home, &world), 160, 30) else { return };
    tmux.wait_for("(locked by");
    tmux.press(&["n", "Home", "R"]);
    wait_for(&tmux, &format!("cannot restart {protected}: its label evenkeel.protect=true protects it"));
    tmux.press(&["S"]);
    wait_for(&tmux, &format!("cannot stop {protected}: its label"));
    tmux.press(&["Down", "S"]);
    wait_for(&tmux, &format!("cannot stop {used}: its environment {} is locked by", world.id()));
    tmux.press(&["R"]);
    wait_for(&tmux, &format!("Its environment {} is locked by", world.id()));
    // The question has said that it is locked; now it is not.
    holder.press("\x03");
    holder.wait();
    tmux.press(&["y"]);
    wait_for(&tmux, &format!("{used} was left alone: what the question said has changed"));
    tmux.wait_until("the lock is free", |screen| !screen.contains("locked by"));
    tmux.press(&["S"]);
    wait_for(&tmux, &format!("Stop {used}?"));
    // While the question is open it goes, and another one has its name.
    engine.docker(&["rm", "-f", &used]);
    start(engine, &world, "b", &[&environment]);
    tmux.press(&["y"]);
    wait_for(&tmux, &format!("{used} was removed meanwhile"));
    assert_eq!(inspect(engine, &used, ".State.Status"), "running");
    assert_eq!(inspect(engine, &protected, ".State.Status"), "running");
}

#[test]
fn nothing_is_done_without_the_gate_or_where_only_looking_is_wanted() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let name = start(engine, &world, "db", &[]);
    let alone = home.join("dockwatch");
    std::fs::copy(built("dockwatch"), &alone).unwrap();
    let usual = top(engine, &home, &world);
    let mut without_gate = tool(&alone, &home);
    without_gate.args(usual.get_args()).env("DOCKER_HOST", &engine.host).env("PATH", "/nowhere");
    let mut read_only = top(engine, &home, &world);
    read_only.arg("--read-only");
    for (command, why) in [
        (without_gate, "restartgate was found neither beside dockwatch nor in PATH"),
        (read_only, "the view was started with --read-only"),
    ] {
        let Some(tmux) = Tmux::run(&command, 120, 24) else { return };
        tmux.wait_for(&name);
        for (key, action) in [("R", "restart"), ("S", "stop")] {
            tmux.press(&[key]);
            wait_for(&tmux, &format!("cannot {action} {name}: {why}"));
            tmux.press(&["y"]);
        }
        tmux.press(&["q"]);
        tmux.wait_for("ended 0");
    }
    assert_eq!(inspect(engine, &name, ".State.Status"), "running");
}
