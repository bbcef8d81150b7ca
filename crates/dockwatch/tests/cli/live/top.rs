//! `dockwatch top` on a pseudo terminal, with python3's pty module.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel_tests::{BUSYBOX, Home, Proxy, World, engine};

use crate::{dockwatch, run};

/// Runs the tool on a terminal of 80x24 until it shows `wanted`, which it says, then performs `action`; `await TEXT`
/// waits for another text, says so and quits. Prints whether the alternate screen was left, whether the terminal has its
/// old settings, and the exit status.
const PTY: &str = r#"
import os, pty, sys, time, struct, fcntl, termios, select, signal
tool, wanted, action = sys.argv[1:4]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid(); fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2): os.dup2(slave, fd)
    os.close(master); os.execv(tool, [tool] + sys.argv[4:])
if action == "close": os.close(slave)
shown, deadline, done = b"", time.time() + 30, False
while time.time() < deadline:
    if master >= 0 and select.select([master], [], [], 0.05)[0]:
        try: shown += os.read(master, 65536)
        except OSError: pass
    if done and action.startswith("await ") and action[6:].encode() in shown:
        print("shown", flush=True); action = "q"; os.write(master, b"q")
    if not done and wanted.encode() in shown:
        done = True
        print("seen", flush=True)
        if action == "q": os.write(master, b"q")
        elif action == "term": os.kill(pid, signal.SIGTERM)
        elif action == "resize":
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 40, 0, 0))
            os.kill(pid, signal.SIGWINCH); time.sleep(0.5); os.write(master, b"q")
        elif action == "resize and q":
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 40, 0, 0))
            # Until the program's thread that handles the signal has run, and the one that reads has not.
            end = time.perf_counter() + 0.0001
            while time.perf_counter() < end: pass
            os.write(master, b"q")
        elif action == "close": os.close(master); master = -1
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended: break
else:
    os.kill(pid, 9); print("HUNG"); print(shown); sys.exit(1)
while master >= 0 and select.select([master], [], [], 0.1)[0]:
    try: shown += os.read(master, 65536)
    except OSError: break
same = action == "close" or termios.tcgetattr(slave) == before
print("left alternate screen:", shown.rstrip().find(b"\x1b[?1049l") >= 0)
print("gave the mouse back:", shown.rfind(b"\x1b[?1003l") > shown.rfind(b"\x1b[?1003h") >= 0)
print("same:", same, "done:", done, "status:", os.waitstatus_to_exitcode(status))
"#;

fn pty(host: &str, home: &Home, label: &str, wanted: &str, action: &str) -> Command {
    let mut command = Command::new("python3");
    let args = ["-c", PTY, env!("CARGO_BIN_EXE_dockwatch"), wanted, action, "top", "--label", label];
    command.args(args).env("DOCKER_HOST", host).env("NETRA_HOME", &**home).env("TERM", "xterm-256color");
    command
}

fn on_terminal(host: &str, home: &Home, label: &str, wanted: &str, action: &str) -> String {
    let output = pty(host, home, label, wanted, action).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn gives_the_terminal_back() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    let (label, name) = (world.label(), world.name("db"));
    engine.docker(&["run", "-d", "--name", &name, "--label", &label, "-m", "32m", BUSYBOX, "sleep", "600"]);
    for (action, code) in [("q", "0"), ("term", "143"), ("resize", "0")] {
        let said = on_terminal(&engine.host, &home, &label, &name, action);
        assert!(said.contains("left alternate screen: True"), "{action}: {said}");
        assert!(said.contains("gave the mouse back: True"), "{action}: {said}");
        assert!(said.contains(&format!("same: True done: True status: {code}")), "{action}: {said}");
    }
    // A closed terminal cannot be restored, but the tool must end.
    let said = on_terminal(&engine.host, &home, &label, &name, "close");
    assert!(said.contains("done: True status: "), "{said}");
}

/// The size and the key are there at once for whoever reads them; often enough in ten turns.
#[test]
fn a_key_right_after_a_resize_is_read() {
    let Some(engine) = engine() else { return };
    let (world, home) = (World::new(engine), Home::new());
    for turn in 0..10 {
        let said = on_terminal(&engine.host, &home, &world.label(), "SAFE", "resize and q");
        assert!(said.contains("done: True status: 0"), "turn {turn}: {said}");
    }
}

/// Within two intervals of a second; the engine is asked for everything only every ten seconds.
#[test]
fn shows_that_the_engine_hangs() {
    let Some(engine) = engine() else { return };
    let (world, home, proxy) = (World::new(engine), Home::new(), Proxy::recording(&engine.host));
    let mut command = pty(&proxy.host, &home, &world.label(), "SAFE", "await UNAVAILABLE");
    let mut top = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(top.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("seen"));
    proxy.hold("/");
    let start = Instant::now();
    assert_eq!(lines.next().as_deref(), Some("shown"));
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let rest: Vec<String> = lines.collect();
    assert!(rest.concat().contains("same: True done: True status: 0"), "{rest:?}");
    top.wait().unwrap();
}

#[test]
fn needs_a_terminal() {
    let home = Home::new();
    let host = format!("unix://{}/no.sock", home.display());
    let (stdout, stderr) = run(dockwatch(&host, &home).stdin(std::process::Stdio::null()), &["top"], 2);
    assert_eq!(stdout, "");
    assert!(stderr.contains("not a terminal") && stderr.contains("hint: "), "{stderr}");
}
