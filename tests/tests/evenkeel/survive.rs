//! Dead and hung engines, stacks that never get healthy, taken ports, a full disk, keys pressed at the wrong time.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use evenkeel_tests::{OwnEngine, Proxy, skip};

use super::{BUSYBOX, Command, Stack, UNTIL_ENDED, engine, on_terminal, root, signal, start_until_up, text};

#[test]
fn a_dead_engine_and_a_hung_one_are_named() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let hung = Proxy::holding(&engine.host, "/");
    for host in ["unix:///nonexistent/docker.sock", &hung.host] {
        let output = stack.evenkeel(&["--", "true"]).env("DOCKER_HOST", host).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{host}: {}", text(&output));
        assert!(text(&output).contains(host), "{}", text(&output));
        assert!(text(&output).contains("hint: "), "{}", text(&output));
    }
}

#[test]
fn an_engine_that_hangs_or_restarts_is_waited_for() {
    let Some(own) = OwnEngine::start() else { return };
    let stack = Stack::new(&own);
    let until_it_waits = || {
        let mut run = stack.evenkeel(&["--", "true"]);
        let mut child = run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("waiting for it")));
        (child, said)
    };
    own.signal("STOP");
    let (mut hung, said) = until_it_waits();
    own.signal("CONT");
    let said: Vec<String> = said.map_while(Result::ok).collect();
    assert_eq!(hung.wait().unwrap().code(), Some(0), "{said:?}");
    own.kill9();
    let (mut dead, said) = until_it_waits();
    own.restart();
    let said: Vec<String> = said.map_while(Result::ok).collect();
    assert_eq!(dead.wait().unwrap().code(), Some(0), "{said:?}");
    assert_eq!(stack.left(), "");
}

#[test]
fn a_stack_that_does_not_start_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    stack.edit(BUSYBOX, "evenkeel-absent:1");
    let output = stack.run(&["--", "true"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert_eq!(stack.left(), "");
}

#[test]
fn a_stack_that_never_gets_healthy_says_why_and_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    stack.edit(r#"["CMD", "true"]"#, r#"["CMD-SHELL", "echo the tide is out; exit 9"]"#);
    stack.edit(r#"["sleep", "600"]"#, r#"["sh", "-c", "echo no water; exec sleep 600"]"#);
    let output = stack.run(&["--start-timeout", "10s", "--", "true"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    for words in ["exit 9: the tide is out", "no water"] {
        assert!(text(&output).contains(words), "{}", text(&output));
    }
    assert_eq!(stack.left(), "");
}

#[test]
fn what_a_slow_engine_creates_after_an_interruption_is_taken_down() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let delay = Duration::from_secs(3);
    let slow = Proxy::delaying(&engine.host, "/containers/create", delay);
    let mut run = stack.evenkeel(&["--", "true"]);
    let mut child = run.env("DOCKER_HOST", &slow.host).stderr(Stdio::piped()).spawn().unwrap();
    while !slow.requests().iter().any(|line| line.contains("/containers/create")) {
        assert!(child.try_wait().unwrap().is_none(), "it creates nothing");
        std::thread::sleep(Duration::from_millis(10));
    }
    let asked = Instant::now();
    signal(&child, "INT");
    let code = child.wait().unwrap().code();
    // Until the engine has been asked for it, and has had a moment for it.
    std::thread::sleep((delay + Duration::from_secs(1)).saturating_sub(asked.elapsed()));
    let output = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    assert_eq!((code, &*stack.left()), (Some(130), ""), "{output}");
}

#[test]
fn a_port_that_another_container_has_is_named_with_it() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let (port, name, own) = (stack.publish(), stack.world.name("stranger"), stack.world.label());
    engine.docker(&[
        "run",
        "-d",
        "--name",
        &name,
        "--label",
        &own,
        "-p",
        &format!("{port}:80"),
        BUSYBOX,
        "sleep",
        "600",
    ]);
    let output = stack.run(&["--fixed-ports", "--", "true"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(
        text(&output).contains(&format!("port {port} is taken by the container {name}")),
        "{}",
        text(&output)
    );
    assert_eq!(stack.left(), "");
}

#[test]
fn a_port_that_a_stranger_has_is_named_with_its_pid() {
    let Some(engine) = engine() else { return };
    let dir = engine.host.trim_start_matches("unix://").trim_end_matches("/docker.sock").to_owned();
    if !std::path::Path::new(&dir).join(".evenkeel-engine").exists() {
        return skip("it needs a private engine: it takes a port in the engine's network");
    }
    let stack = Stack::new(engine);
    let port = stack.publish();
    // Listens before the run begins, and says its own pid.
    let script = format!(
        "busybox nc -l -p {port} & pid=$!; until ss -Hltn 'sport = :{port}' | grep -q .; do sleep 0.05; done; \
         code=0; \"$@\" || code=$?; echo \"pid $pid\"; kill $pid; exit $code"
    );
    let evenkeel = stack.evenkeel(&["--fixed-ports", "--", "true"]);
    let mut inside = Command::new(root().join("scripts/engine"));
    inside.env_remove("DOCKER_HOST").args([
        "-d",
        &dir,
        "run",
        "--",
        "env",
        &format!("DOCKER_HOST={}", engine.host),
    ]);
    inside.args(["bash", "-c", &script, "bash"]).arg(evenkeel.get_program()).args(evenkeel.get_args());
    for (name, value) in evenkeel.get_envs() {
        if name != "DOCKER_HOST" {
            inside.env(name, value.unwrap());
        }
    }
    let output = inside.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let said = text(&output);
    let pid = said.lines().find_map(|line| line.strip_prefix("pid ")).unwrap();
    let holder = format!("use port {port}/tcp for the service 'web': busybox (process {pid}) has it");
    assert!(said.contains(&holder), "{said}");
    assert!(!said.contains("\ncreate "), "nothing was started: {said}");
    assert_eq!(stack.left(), "");
}

#[test]
fn ctrl_c_while_it_waits_for_healthy_takes_it_down() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    stack.edit("interval: 1s", "interval: 1h");
    let child =
        stack.evenkeel(&["--", "true"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let running = format!("label=com.docker.compose.project={}", stack.world.id());
    let deadline = Instant::now() + Duration::from_mins(1);
    while engine.docker(&["ps", "-q", "--filter", &running]).is_empty() {
        assert!(Instant::now() < deadline, "the environment does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert_eq!(stack.left(), "");
}

/// On a terminal every process of the foreground gets the signal, the take-down too.
#[test]
fn ctrl_c_again_during_the_take_down_does_not_end_it() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    // The first process of a container does not hear SIGTERM: the take-down lasts.
    stack.edit("SIGKILL", "SIGTERM");
    let mut terminal = on_terminal(&stack, &stack.evenkeel(&UNTIL_ENDED));
    terminal.wait_for("up\r\n");
    terminal.press("\x03");
    while terminal.child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(200));
        terminal.press("\x03");
    }
    assert_eq!(terminal.child.wait().unwrap().code(), Some(130));
    assert_eq!(stack.left(), "");
}

#[test]
fn a_full_disk_is_said_and_nothing_is_started() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let full = stack.home.join("full");
    std::fs::create_dir(&full).unwrap();
    let evenkeel = stack.evenkeel(&["--", "true"]);
    // The file system exists in this process's view only, and goes with it.
    let mut inside = Command::new("unshare");
    stack.environment(&mut inside).env("NETRA_HOME", &full).args(["-m", "sh", "-c"]);
    inside.arg("mount -t tmpfs -o size=64k none \"$NETRA_HOME\" || exit 99; cat /dev/zero >\"$NETRA_HOME/zero\"; exec \"$@\"");
    inside.arg("sh").arg(evenkeel.get_program()).args(evenkeel.get_args());
    let output = inside.output().unwrap();
    if output.status.code() == Some(99) || text(&output).starts_with("unshare:") {
        return skip("it needs root, to mount a small file system");
    }
    assert_eq!(output.status.code(), Some(125), "{}", text(&output));
    assert!(text(&output).contains("No space left on device"), "{}", text(&output));
    assert_eq!(stack.left(), "");
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_take_down() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let label = format!("netra.env={}", stack.world.id());
    // What only the step after the first line of the take-down removes.
    let run = format!(
        "docker run -d --label {label} --label evenkeel.env=$EVENKEEL_ENV --stop-signal KILL {BUSYBOX} sleep 600 >/dev/null && echo up; \
         until [ -e \"$0\" ]; do sleep 0.05; done"
    );
    let gone = stack.home.join("gone");
    let mut child = start_until_up(&mut stack.evenkeel(&["--", "sh", "-c", &run, gone.to_str().unwrap()]));
    drop(child.stderr.take());
    std::fs::write(&gone, "").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(stack.left(), "");
}
