//! `scripts/cron`: what runs unattended works as written, and is silent when there is nothing to say.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::process::Command;

use evenkeel_tests::{Home, built, engine, root};

/// Where the tools are installed.
const INSTALLED: &str = "/usr/local/bin/";

/// The commands of the crontab, without the times.
fn of_crontab(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.starts_with("*/5 "));
    lines.map(|line| line.splitn(6, ' ').nth(5).unwrap().to_owned()).collect()
}

/// The commands of the service.
fn of_service(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix("ExecStart=-")).map(str::to_owned).collect()
}

#[test]
fn what_runs_unattended_is_silent_and_leaves_a_sample() {
    let Some(engine) = engine() else { return };
    let read = |name: &str| std::fs::read_to_string(root().join("scripts/cron").join(name)).unwrap();
    let commands = of_crontab(&read("crontab"));
    assert_eq!(commands.len(), 3);
    assert_eq!(commands, of_service(&read("evenkeel-tidy.service")));
    let (home, bin) = (Home::new(), built("envlock"));
    for command in commands {
        let built = command.replace(INSTALLED, &format!("{}/", bin.parent().unwrap().display()));
        // As cron runs it.
        let output = Command::new("/bin/sh")
            .args(["-c", &built])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home.as_os_str())
            .env("DOCKER_HOST", &engine.host)
            .env("NETRA_HOME", home.as_os_str())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{command}: {output:?}");
    }
    let samples = std::fs::read_to_string(home.join("history/samples.jsonl"));
    let found = std::fs::read_dir(&*home).unwrap().flatten().map(|e| e.path()).collect::<Vec<_>>();
    assert_eq!(samples.unwrap_or_else(|e| panic!("{e}: {found:?}")).lines().count(), 1);
}
