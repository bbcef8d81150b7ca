//! Shared and dedicated environments, kept ones, and what would be done.

use super::{Command, Stack, built, engine, root, text};

#[test]
fn jobs_run_side_by_side_each_in_an_environment_of_its_own() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let port = stack.publish();
    let said =
        jobs_say(&stack, r#"echo "$EVENKEEL_ENV $COMPOSE_PROJECT_NAME $WEB_PORT $ADMIN_PORT $WEB_80""#);
    let mut seen = vec![port, port + 5];
    for slot in [1, 2] {
        let begin = format!(" {}-{slot} {}-{slot} ", stack.lock(), stack.world.id());
        let (_, line) = said.split_once(&begin).unwrap_or_else(|| panic!("{begin:?} in {said:?}"));
        let ports: Vec<u16> =
            line.lines().next().unwrap().split(' ').map(|port| port.parse().unwrap()).collect();
        assert_eq!(ports[0], ports[2], "{said}");
        seen.extend(&ports[..2]);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 6, "each has ports of its own: {said}");
    assert_eq!(stack.left(), "");
}

/// What the commands of two runs print.
fn jobs_say(stack: &Stack<'_>, script: &str) -> String {
    let output = stack.run(&["--jobs", "2", "--", "sh", "-c", script]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_port_that_the_user_gives_is_kept_and_is_the_base_in_dedicated_environments() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let port = stack.publish();
    std::fs::write(stack.home.join(".env"), format!("WEB_PORT={}\n", port + 1)).unwrap();
    let shared = stack.run(&["--", "sh", "-c", "echo $WEB_PORT"]);
    assert_eq!(String::from_utf8_lossy(&shared.stdout), format!("{}\n", port + 1), "{}", text(&shared));
    let said = jobs_say(&stack, "echo $COMPOSE_PROJECT_NAME $WEB_PORT");
    for slot in [1, 2] {
        let line = format!(" {}-{slot} {}\n", stack.world.id(), port + 1 + slot);
        assert!(said.contains(&line), "{line:?} in {said:?}");
    }
    assert_eq!(stack.left(), "");
}

#[test]
fn what_is_kept_is_removed_by_the_command_it_names() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let output = stack.run(&["--no-cleanup", "--", "true"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_ne!(stack.left(), "");
    let said = text(&output);
    let (_, remove) = said.split_once("remove it with: ").unwrap();
    let mut shell = Command::new("sh");
    let removed = stack.environment(shell.args(["-c", remove.lines().next().unwrap()])).output().unwrap();
    assert!(removed.status.success(), "{}", text(&removed));
    assert_eq!(stack.left(), "");
}

#[test]
fn a_dry_run_does_nothing_and_its_lines_can_be_run() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let output = stack.run(&["--dry-run", "--", "sh", "-c", "echo 'it runs'"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(!stack.home.join("locks").exists());
    assert_eq!(stack.left(), "");
    let mut shell = Command::new("sh");
    let path = format!("{}:{}", built("envlock").parent().unwrap().display(), std::env::var("PATH").unwrap());
    shell.env("PATH", path).args(["-e", "-c"]).arg(String::from_utf8(output.stdout).unwrap());
    let ran = stack.environment(&mut shell).output().unwrap();
    assert!(ran.status.success(), "{}", text(&ran));
    assert!(text(&ran).contains("it runs\n"), "{}", text(&ran));
    assert_eq!(stack.left(), "");
}

#[test]
fn each_step_works_alone() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let step = |step: &str| {
        let output = stack.run(&[step]);
        assert_eq!(output.status.code(), Some(0), "{step}: {}", text(&output));
        text(&output)
    };
    step("check");
    step("up");
    assert_ne!(stack.left(), "");
    assert!(step("status").contains("-web-1"));
    step("down");
    assert_eq!(stack.left(), "");
    step("up");
    std::fs::write(stack.file(), "not: a stack").unwrap();
    step("clean");
    assert_eq!(stack.left(), "");
}

#[test]
fn files_that_cannot_be_used_give_the_same_code_however_they_are_run() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    std::fs::write(stack.file(), "services: [").unwrap();
    for args in
        [&["check"][..], &["--", "true"], &["--dedicated", "--", "true"], &["--jobs", "2", "--", "true"]]
    {
        let output = stack.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output));
        assert!(text(&output).contains("compose.yml:1:"), "{args:?}: {}", text(&output));
    }
}

#[test]
fn every_error_of_the_files_is_shown_and_the_errors_come_first() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    std::fs::copy(root().join("tests/stack/compose.crashing.yml"), stack.file()).unwrap();
    let mut composecheck = Command::new(built("composecheck"));
    composecheck
        .args(["--budget", "4GiB", "-f"])
        .arg(stack.file())
        .env("COMPOSE_PROJECT_NAME", stack.world.id());
    let findings = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning["));
        lines.map(str::to_owned).collect()
    };
    let expected = findings(&text(&composecheck.output().unwrap()));
    let output = stack.run(&["--budget", "4GiB", "--", "true"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = findings(&text(&output));
    assert!(!expected.is_empty());
    assert_eq!(shown, expected);
    assert!(shown.is_sorted_by_key(|line| line.starts_with("warning[")), "{shown:?}");
}

/// Descriptor 8 is what the table was once written to.
#[test]
fn files_that_the_caller_has_open_are_left_alone_and_reach_the_command() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let own = stack.home.join("own");
    std::fs::write(&own, "mine\n").unwrap();
    for (target, written) in [(own.to_str().unwrap(), "mine\nfrom the command\n"), ("/dev/stdout", "")] {
        let run = stack.evenkeel(&["--", "sh", "-c", "echo from the command >&8"]);
        let mut caller = Command::new("timeout");
        caller.args(["60", "sh", "-c", "exec 8>>\"$0\"; exec \"$@\"", target]);
        caller.arg(run.get_program()).args(run.get_args());
        let output = stack.environment(&mut caller).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{target}: {}", text(&output));
        assert!(text(&output).contains("\nverify "), "{target}: {}", text(&output));
        assert!(written.is_empty() || std::fs::read_to_string(&own).unwrap() == written);
    }
}

#[test]
fn it_finds_its_files_from_a_link_and_from_its_own_folder() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let run = stack.evenkeel(&["--", "true"]);
    let link = stack.home.join("ek");
    std::os::unix::fs::symlink(run.get_program(), &link).unwrap();
    let from_folder = (Command::new("bash"), "evenkeel", root().join("scripts"));
    let by_link = (Command::new("env"), "./ek", stack.home.to_path_buf());
    for (mut command, name, folder) in [from_folder, by_link] {
        command.arg(name).args(run.get_args()).current_dir(folder);
        let output = stack.environment(&mut command).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output));
        assert_eq!(stack.left(), "");
    }
}

/// The lock of an environment belongs to its engine, unless it is that of the machine: another one has another name.
#[test]
fn the_same_name_on_another_engine_is_another_environment() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let (id, lock) = (stack.world.id(), stack.lock());
    let run = |wait: &str| {
        stack.run(&["--wait", wait, "--", "sh", "-c", "echo lock $EVENKEEL_ENV; envlock held $EVENKEEL_ENV"])
    };
    for (held, code) in [(id, 0), (&*lock, 75)] {
        let mut holder = stack.tool("envlock").args([held, "--", "sleep", "1000"]).spawn().unwrap();
        while stack.tool("envlock").args(["-n", held, "--", "true"]).status().unwrap().success() {}
        let ran = run(if code == 0 { "1m" } else { "1s" });
        assert_eq!(ran.status.code(), Some(code), "{}", text(&ran));
        assert_eq!(text(&ran).contains(&format!("lock {lock}\n")), code == 0, "{}", text(&ran));
        holder.kill().unwrap();
        holder.wait().unwrap();
    }
    assert_eq!(stack.left(), "");
}
