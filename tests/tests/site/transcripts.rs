//! The commands of each page are run, as its reader would, and print what the page shows.
//!
//! A page has a home with the project of `docs/example` in it, and a private engine that only the pages use. With
//! `EVENKEEL_GENERATE=1` what is printed is written into the page.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use evenkeel_tests::{Home, OwnEngine, built, root};

use regex_lite::Regex;

use super::markdown_below;
use super::page::{Page, Part, Step};
use super::shown::Form;

/// Where the home of a page's reader is, as pages show it.
const HOME: &str = "/home/alice";
/// Stands before the number of a step in the output of a session.
const MARK: char = '\u{1e}';
const TOOLS: [&str; 5] = ["composecheck", "dockprune", "dockwatch", "envlock", "restartgate"];

#[test]
fn pages_show_what_the_tools_print() {
    let Some(engine) = OwnEngine::start() else { return };
    let images = Command::new(root().join("scripts/images"))
        .args(["postgres", "redis"])
        .env("DOCKER_HOST", &engine.host)
        .output();
    let images = images.unwrap();
    assert!(images.status.success(), "{}", String::from_utf8_lossy(&images.stderr));
    let form = Form::new();
    let wanted = std::env::var("SITE_PAGE").unwrap_or_default();
    let mut wrong = String::new();
    for path in markdown_below(&root().join("docs/src")) {
        let mut page = Page::read(&path);
        if page.has_sessions() && path.to_string_lossy().contains(&wanted) {
            wrong += &check(&mut page, &engine, &form);
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nEVENKEEL_GENERATE=1 writes what is printed into the pages");
}

/// Runs a page, and gives what it shows otherwise than it is printed.
fn check(page: &mut Page, engine: &OwnEngine, form: &Form) -> String {
    let home = Home::new();
    furnish(&home);
    let said = run(page, engine, &home);
    let name = page.path.strip_prefix(root()).unwrap().display().to_string();
    let mut printed = outputs(&said, engine, &home).into_iter();
    let mut wrong = String::new();
    for part in &mut page.parts {
        let Part::Session { first_line, steps } = part else { continue };
        for step in steps {
            let output = printed.next().unwrap_or_else(|| panic!("{name}: ended early:\n{said}"));
            if !form.shows(&step.output, &output) {
                let _ = writeln!(wrong, "{name}:{first_line}: {}", difference(step, &output));
                step.output = output;
            }
        }
    }
    // Later pages would show it.
    for (kind, id) in left(engine) {
        let _ = writeln!(wrong, "{name}: leaves the {kind} {id} on the engine");
        engine.try_docker(&[kind, "rm", "--force", &id]);
    }
    if std::env::var_os("EVENKEEL_GENERATE").is_some() && !wrong.is_empty() {
        fs::write(&page.path, page.text()).unwrap();
    }
    wrong
}

fn difference(step: &Step, output: &[String]) -> String {
    format!(
        "$ {}\n--- the page shows\n{}\n--- it prints\n{}\n",
        step.command,
        step.output.join("\n"),
        output.join("\n")
    )
}

/// Puts the example project and the tools into a home.
fn furnish(home: &Path) {
    let project = home.join("shop");
    fs::create_dir(&project).unwrap();
    for file in fs::read_dir(root().join("docs/example")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), project.join(file.file_name())).unwrap();
    }
    let bin = home.join(".bin");
    fs::create_dir(&bin).unwrap();
    for tool in TOOLS {
        symlink(built(tool), bin.join(tool)).unwrap();
    }
    symlink(root().join("scripts/evenkeel"), bin.join("evenkeel")).unwrap();
}

/// Runs all commands of a page in one shell, in the network of the engine, and gives what they print.
fn run(page: &Page, engine: &OwnEngine, home: &Path) -> String {
    fs::write(home.join(".session"), script(page)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut session = Command::new("timeout");
    session
        .args(["-k", "10", "900", "bash"])
        .arg(home.join(".session"))
        .env("PATH", format!("{}:{path}", home.join(".bin").display()))
        .env("HOME", home)
        // Not /var/lib/evenkeel, which this machine may have.
        .env("NETRA_HOME", home.join(".netra"))
        .env("EVENKEEL_BIN", built("envlock").parent().unwrap())
        .env("DOCKER_HOST", &engine.host)
        .env("USER", "root")
        .env("LC_ALL", "C.UTF-8");
    // A file, not a pipe: what a command leaves in the background must not keep the test waiting.
    let output = home.join(".output");
    let file = fs::File::create(&output).unwrap();
    let mut inside = engine.inside(&session);
    inside.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
    String::from_utf8_lossy(&fs::read(output).unwrap()).into_owned()
}

/// Every command as it stands in the page, and a mark after it that keeps the exit code for `echo $?`.
fn script(page: &Page) -> String {
    let mut script = format!("mark() {{ local code=$?; printf '\\n{MARK}\\n'; return $code; }}\ncd ~/shop\n");
    for part in &page.parts {
        match part {
            Part::Text(_) => {}
            Part::Setup(commands) => {
                let _ = writeln!(script, "{{\n{}\n}} >>~/.setup 2>&1", commands.join("\n"));
            }
            Part::Session { steps, .. } => {
                for step in steps {
                    let _ = writeln!(script, "mark\n{}", step.command);
                }
            }
        }
    }
    script
}

/// What each command printed, in lines. The first mark stands before the first command.
fn outputs(said: &str, engine: &OwnEngine, home: &Path) -> Vec<Vec<String>> {
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let said = said.replace(home.to_str().unwrap(), HOME).replace(&format!("@{}", machine.trim()), "@vm");
    // A reader's engine is where Docker's own is, so its environments have no hash of its address in their names.
    let said = said.replace(&engine.host, "unix:///var/run/docker.sock");
    let said = Regex::new(r"\b(shop-[0-9a-f]{6})-[0-9a-f]{8}\b").unwrap().replace_all(&said, "$1");
    let mark = format!("\n{MARK}\n");
    let parts = said.split(&mark).skip(1).map(|part| part.trim_end_matches('\n').to_owned());
    parts.map(|part| part.lines().map(str::to_owned).collect()).collect()
}

/// What pages must remove again, so that the next one finds the engine as it expects it.
fn left(engine: &OwnEngine) -> Vec<(&'static str, String)> {
    let lists: [(&str, &[&str]); 3] = [
        ("container", &["container", "ls", "--all", "--quiet"]),
        ("network", &["network", "ls", "--quiet", "--filter", "type=custom"]),
        ("volume", &["volume", "ls", "--quiet"]),
    ];
    let found = |(kind, list): (&'static str, &[&str])| {
        engine.docker(list).lines().map(|id| (kind, id.to_owned())).collect::<Vec<_>>()
    };
    lists.into_iter().flat_map(found).collect()
}
