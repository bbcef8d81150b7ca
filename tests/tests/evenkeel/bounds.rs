//! What a run may cost others: time, memory, disk.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use evenkeel_tests::{OwnEngine, skip};

use super::strangers::Project;
use super::{Command, Stack, engine, root, start_until_up, text};

/// A time that a machine under load does not need, and a run that hangs does.
const BOUND: Duration = Duration::from_mins(2);

#[test]
fn a_take_down_on_an_engine_that_hangs_ends_and_the_next_run_clears_it() {
    let Some(own) = OwnEngine::start() else { return };
    let stack = Stack::new(&own);
    let end = stack.home.join("end");
    let script = "echo up; until [ -e \"$0\" ]; do sleep 0.05; done";
    let child = start_until_up(&mut stack.evenkeel(&["--", "sh", "-c", script, end.to_str().unwrap()]));
    own.signal("STOP");
    fs::write(end, "").unwrap();
    let begun = Instant::now();
    let output = child.wait_with_output().unwrap();
    let took = begun.elapsed();
    own.signal("CONT");
    let said = text(&output);
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("the engine does not answer") && said.contains(&stack.lock()), "{said}");
    assert!(took < BOUND, "{took:?}: {said}");
    assert_ne!(stack.left(), "");
    let next = stack.run(&["--", "true"]);
    assert_eq!(next.status.code(), Some(0), "{}", text(&next));
    assert_eq!(stack.left(), "");
}

/// A service that takes that many MiB, and says so by its health check.
fn hungry(mib: u32) -> String {
    format!(
        "services:\n  web:\n    image: BUSYBOX\n    stop_signal: SIGKILL\n    mem_limit: 128m\n    \
         command: ['sh', '-c', 'head -c {mib}m /dev/zero >/dev/shm/taken; touch /ready; exec sleep 600']\n    \
         shm_size: 128m\n    healthcheck: {{test: 'test -e /ready', interval: 1s}}\n"
    )
}

#[test]
fn a_warm_environment_makes_room_for_a_run_that_would_be_refused() {
    let Some(engine) = engine() else { return };
    let warm = Project::new(engine, "warm", &[("compose.yaml", &hungry(60))]);
    let other = Project::new(engine, "other", &[("compose.yaml", &hungry(1))]);
    let kind = warm.world.id().to_owned();
    let args = |more: &[&'static str]| -> Vec<String> {
        ["-e", &kind, "--no-check"].into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    };
    let left = || engine.docker(&["ps", "-q", "--filter", &format!("label=netra.env={kind}")]);
    let run = |project: &Project<'_>, args: Vec<String>| {
        let mut run = project.evenkeel(&args.iter().map(String::as_str).collect::<Vec<_>>());
        run.env("NETRA_HOME", warm.home.join("state")).output().unwrap()
    };
    let first = run(&warm, args(&["--budget", "1GiB", "--linger", "1h", "--", "true"]));
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    assert_ne!(left(), "", "it stays warm: {}", text(&first));
    // With room for both, it is left alone.
    let beside = run(&other, args(&["--budget", "1GiB", "--", "true"]));
    assert_eq!(beside.status.code(), Some(0), "{}", text(&beside));
    assert_ne!(left(), "", "{}", text(&beside));
    let pressed = run(&other, args(&["--budget", "40MiB", "--wait", "1s", "--", "true"]));
    assert_eq!(pressed.status.code(), Some(0), "{}", text(&pressed));
    assert_eq!(left(), "", "{}", text(&pressed));
}

/// Bytes of the log. Its lines have 1,000 characters.
const LOGGED: u64 = 1 << 30;
/// What dockwatch keeps of a log, and its own line about what it left out.
const KEPT: u64 = (2 << 20) + 4096;

#[test]
fn a_log_of_a_gigabyte_is_cut_at_both_ends() {
    let Some(engine) = engine() else { return };
    let script = format!(
        "echo the first line; yes $(printf %0999d 0) | head -c {LOGGED}; echo; echo the last line; exec sleep 600"
    );
    let compose = format!(
        "services:\n  web: {{image: BUSYBOX, stop_signal: SIGKILL, command: ['sh', '-c', '{}']}}\n",
        script.replace('$', "$$")
    );
    let project = Project::new(engine, "talker", &[("compose.yaml", &compose)]);
    let wait = "until docker logs --tail 1 $COMPOSE_PROJECT_NAME-web-1 | grep -q 'last line'; do sleep 0.5; done; exit 9";
    let begun = Instant::now();
    let mut run = project.evenkeel(&["--artifacts", "saved", "--", "sh", "-c", wait]);
    let output = run.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", text(&output));
    let log = fs::read_to_string(project.dir.join("saved/logs/web.log")).unwrap();
    assert!(log.len() as u64 <= KEPT, "{} bytes", log.len());
    for words in ["the first line", "the last line", "cut by dockwatch"] {
        assert!(log.contains(words), "{words} is missing after {:?}: {}", begun.elapsed(), text(&output));
    }
}

/// What a step has taken, by what the run has said.
fn took(said: &str, step: &str) -> Duration {
    let line = said.lines().find(|line| line.starts_with(step)).unwrap_or_else(|| panic!("{step} in {said}"));
    Duration::from_millis(line.split_whitespace().nth(1).unwrap().parse().unwrap())
}

/// Beside somebody who starts the same files with Compose and asks every service as often as he can.
#[test]
fn the_reference_stack_is_up_about_as_soon_as_polling_finds_it() {
    let Some(engine) = engine() else { return };
    let images =
        Command::new(root().join("scripts/images")).env("DOCKER_HOST", &engine.host).output().unwrap();
    if !images.status.success() {
        return skip("the images of the reference stack cannot be had");
    }
    let files = ["base", "test"].map(|name| {
        let text = fs::read_to_string(root().join(format!("tests/stack/compose.{name}.yml"))).unwrap();
        (format!("compose.{name}.yml"), text)
    });
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = Project::new(engine, "stack", &files);
    let named = ["-f", "compose.base.yml", "-f", "compose.test.yml"];
    let polled = polled(&project, &named);
    let output = project.run(&[&named[..], &["--no-check", "--budget", "4GiB", "--", "true"]].concat());
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let up = took(&said, "create ") + took(&said, "ready ");
    assert!(up <= polled.mul_f64(1.5) + Duration::from_secs(1), "{up:?}, by polling {polled:?}: {said}");
}

/// The time in which Compose starts the files and each service answers, asked every 200 ms.
fn polled(project: &Project<'_>, files: &[&str]) -> Duration {
    let name = project.world.name("polled");
    // Ports are free ones, so that this can run beside others.
    let ports = "for port in POSTGRES REDIS CLICKHOUSE AUTH BACKEND FRONTEND; do export ${port}_PORT=0; done";
    let ask = "ask() { until docker exec $1-$2-1 \"${@:3}\" >/dev/null 2>&1; do sleep 0.2; done; }; \
               http() { ask $1 $2 wget -q -O /dev/null http://127.0.0.1:$3; }";
    let script = format!(
        "{ports}; {ask}; docker compose {0} -p {name} up -d --no-build >/dev/null 2>&1 & \
         ask {name} postgres pg_isready -q -h 127.0.0.1 -U app -d app & ask {name} redis redis-cli ping & \
         http {name} clickhouse 8123/ping & http {name} auth 8081/cgi-bin/health & \
         http {name} backend 8000/cgi-bin/health & http {name} frontend 3000/cgi-bin/health & wait",
        files.join(" ")
    );
    let begun = Instant::now();
    let mut shell = project.command("timeout");
    assert!(shell.args(["180", "bash", "-c", &script]).status().unwrap().success());
    let took = begun.elapsed();
    let mut down = project.command("docker");
    let down = down.arg("compose").args(files).args(["-p", &name, "down", "-v", "-t", "0"]).output().unwrap();
    assert!(down.status.success(), "{}", text(&down));
    took
}

#[test]
fn what_a_killed_run_left_in_the_temporary_directory_is_removed_a_day_later() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let tmp = stack.home.join("tmp");
    let elsewhere = stack.home.join("elsewhere");
    for dir in [&tmp, &elsewhere] {
        fs::create_dir(dir).unwrap();
    }
    fs::write(elsewhere.join("mine"), "").unwrap();
    // No process has this number: it is the highest that there can be.
    let (gone, alive) = (4_194_304, std::process::id());
    let make = |name: &str, age: &str| {
        fs::create_dir(tmp.join(name)).unwrap();
        fs::write(tmp.join(name).join("output"), "").unwrap();
        touch(&tmp.join(name), age);
    };
    let old = "2 days ago";
    let (left, fresh) = (format!("evenkeel.{gone}.abcdef"), format!("evenkeel.{gone}.ghijkl"));
    let (running, link) = (format!("evenkeel.{alive}.abcdef"), format!("evenkeel.{gone}.mnopqr"));
    make(&left, old);
    make(&fresh, "1 hour ago");
    make(&running, old);
    make("evenkeel.mine", old);
    std::os::unix::fs::symlink(&elsewhere, tmp.join(&link)).unwrap();
    touch(&tmp.join(&link), old);
    let output = stack.evenkeel(&["--", "true"]).env("TMPDIR", &tmp).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let mut names: Vec<_> =
        fs::read_dir(&tmp).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut wanted = vec![fresh, running, link, "evenkeel.mine".to_owned()];
    wanted.sort();
    assert_eq!(names, wanted);
    assert!(elsewhere.join("mine").exists());
}

fn touch(path: &Path, age: &str) {
    assert!(Command::new("touch").args(["-h", "-d", age]).arg(path).status().unwrap().success());
}
