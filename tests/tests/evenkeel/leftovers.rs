//! A take-down never says that nothing is left where it cannot see that, or where something is.

use std::path::PathBuf;

use super::{BUSYBOX, Command, Stack, built, engine, stand_in, text};

/// Path of a program as the shell finds it.
fn found(name: &str) -> String {
    let output = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// The tools, with a script in place of dockprune. `$real` is the path of dockprune itself.
fn tools_with_dockprune(stack: &Stack<'_>, script: &str) -> PathBuf {
    let tools = stack.home.join("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["envlock", "dockwatch", "restartgate", "composecheck"] {
        std::os::unix::fs::symlink(built(tool), tools.join(tool)).unwrap();
    }
    stand_in(&tools, "dockprune", &format!("real={}\n{script}", built("dockprune").display()));
    tools
}

#[test]
fn a_list_that_cannot_be_had_does_not_read_as_clean() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let no_list = "[[ $* != *--verify* ]] || exit 3\nexec $real \"$@\"";
    let tools = tools_with_dockprune(&stack, no_list);
    let real = found("docker");
    stand_in(&stack.home, "docker", &format!("[ \"$1\" != ps ] || exit 1\nexec {real} \"$@\""));
    let path = format!("{}:{}", stack.home.display(), std::env::var("PATH").unwrap());
    for (name, value) in [("EVENKEEL_BIN", tools.display().to_string()), ("PATH", path)] {
        let output = stack.evenkeel(&["clean"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{name}: {}", text(&output));
        assert!(text(&output).contains("cannot see what is left of"), "{name}: {}", text(&output));
    }
}

#[test]
fn an_anonymous_volume_that_stays_is_named() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    // Removes containers, but not their volumes.
    let tools = tools_with_dockprune(&stack, "exec $real \"${@/--volumes/--quiet-if-nothing}\"");
    let run = format!(
        "docker run -d --label evenkeel.env=$EVENKEEL_ENV --label {} -v /data --stop-signal KILL {BUSYBOX} sleep 600",
        stack.world.label()
    );
    let output = stack.evenkeel(&["--", "sh", "-c", &run]).env("EVENKEEL_BIN", &tools).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let said = text(&output);
    let volume =
        said.lines().find_map(|line| line.strip_prefix("volume ")).unwrap_or_else(|| panic!("{said}"));
    engine.docker(&["volume", "rm", volume]);
    assert_eq!(stack.left(), "");
}

#[test]
fn an_anonymous_volume_of_the_commands_container_goes_with_it() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let run = format!(
        "docker run -d --label evenkeel.env=$EVENKEEL_ENV -v /data --stop-signal KILL {BUSYBOX} sleep 600"
    );
    let show = "docker inspect -f '{{range .Mounts}}{{.Name}}{{end}}' $id";
    let output = stack.run(&["--", "sh", "-c", &format!("id=$({run}) && {show}")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let volume = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(volume.len(), 64, "{volume}");
    assert!(!engine.try_docker(&["volume", "inspect", &volume]).status.success(), "{}", text(&output));
}
