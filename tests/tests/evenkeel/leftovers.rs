//! A take-down never says that nothing is left where it cannot see that, or where something is.

use super::{BUSYBOX, Command, Stack, built, engine, stand_in, text};

/// Path of a program as the shell finds it.
fn found(name: &str) -> String {
    let output = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn a_list_that_cannot_be_had_does_not_read_as_clean() {
    let Some(engine) = engine() else { return };
    for list in ["ps", "network", "volume"] {
        let stack = Stack::new(engine);
        let real = found("docker");
        stand_in(&stack.home, "docker", &format!("[ \"$1\" != {list} ] || exit 1\nexec {real} \"$@\""));
        let path = format!("{}:{}", stack.home.display(), std::env::var("PATH").unwrap());
        let output = stack.evenkeel(&["clean"]).env("PATH", path).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{list}: {}", text(&output));
        assert!(text(&output).contains("cannot see what is left of"), "{list}: {}", text(&output));
    }
}

#[test]
fn an_anonymous_volume_that_stays_is_named() {
    let Some(engine) = engine() else { return };
    let stack = Stack::new(engine);
    let tools = stack.home.join("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["envlock", "dockwatch", "restartgate", "composecheck"] {
        std::os::unix::fs::symlink(built(tool), tools.join(tool)).unwrap();
    }
    // Removes containers, but not their volumes.
    let real = built("dockprune");
    stand_in(
        &tools,
        "dockprune",
        &format!("exec {} \"${{@/--volumes/--quiet-if-nothing}}\"", real.display()),
    );
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
