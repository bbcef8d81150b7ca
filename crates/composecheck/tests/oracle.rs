//! What Docker Compose accepts is accepted, what it refuses is refused: over the files in COMPOSE_CORPUS.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::{Path, PathBuf};
use std::process::Command;

use drydock_tests::skip;

/// Compose v2, as a plugin or as a command; none where there is none.
fn compose() -> Option<&'static [&'static str]> {
    let known: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
    known.into_iter().find(|words| {
        let asked = Command::new(words[0]).args(&words[1..]).args(["version", "--short"]).output();
        asked.is_ok_and(|output| {
            let version = String::from_utf8_lossy(&output.stdout).into_owned();
            output.status.success() && version.trim_start_matches('v').starts_with('2')
        })
    })
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
            found.push(path);
        }
    }
}

/// In the file's folder and with an empty environment; no engine, which Compose would ask first.
fn run(words: &[&str], file: &Path) -> std::process::Output {
    Command::new(words[0])
        .args(&words[1..])
        .current_dir(file.parent().unwrap())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", std::env::var_os("HOME").unwrap_or_default())
        .env("DOCKER_HOST", "unix:///nonexistent")
        .output()
        .unwrap()
}

#[test]
fn accepts_and_refuses_what_compose_does() {
    let Some(corpus) = std::env::var_os("COMPOSE_CORPUS").map(PathBuf::from).filter(|path| path.is_dir())
    else {
        return skip("COMPOSE_CORPUS names no folder");
    };
    let Some(compose) = compose() else { return skip("there is no Compose v2") };
    let mut files = Vec::new();
    files_below(&corpus, &mut files);
    assert!(files.len() > 50, "{} files", files.len());
    files.sort();
    let differs = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_str().unwrap();
        let theirs = run(&[compose, &["-f", name, "config", "-q"]].concat(), file);
        let ours = run(&[env!("CARGO_BIN_EXE_composecheck"), "-f", name, "--json"], file);
        let said =
            String::from_utf8_lossy(if theirs.status.success() { &ours.stderr } else { &theirs.stderr })
                .into_owned();
        let refused = ours.status.code() == Some(3);
        // What is refused is refused with its place.
        assert!(!refused || String::from_utf8_lossy(&ours.stderr).contains(".y"), "{said}");
        (theirs.status.success() == refused).then(|| format!("{}: {said}", file.display()))
    };
    let differing: Vec<String> = files.iter().filter_map(differs).collect();
    println!("{} of {} files agree", files.len() - differing.len(), files.len());
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
