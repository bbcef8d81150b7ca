//! What people install: the files under a prefix, the installer against a file server, the steps of the GitHub Action.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use evenkeel_tests::{Home, built, root, tool};

const TOOLS: [&str; 5] = ["envlock", "dockwatch", "dockprune", "restartgate", "composecheck"];
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn assert_names_all_five(text: &str) {
    let names = text.lines().map(|line| line.split_once(' ').unwrap()).collect::<Vec<_>>();
    let expected = ["evenkeel"].iter().chain(&TOOLS).map(|name| (*name, VERSION)).collect::<Vec<_>>();
    assert_eq!(names, expected);
}

fn make(target: &str, variables: &[String]) -> String {
    run(Command::new("make").arg("-s").arg("-C").arg(root()).arg(target).args(variables))
}

/// Installs the tools of this build, as `make install` and a release do.
fn install_files(destination: &Path, prefix: &str) {
    let bin = built("envlock").parent().unwrap().display().to_string();
    let variables =
        [format!("BIN={bin}"), format!("DESTDIR={}", destination.display()), format!("PREFIX={prefix}")];
    make("install-files", &variables);
}

/// A release for this machine, as small as an installer takes it.
struct Release {
    home: Home,
}

impl Release {
    fn make() -> Self {
        let release = Self { home: Home::new() };
        let name = format!("evenkeel-{VERSION}-{}-unknown-linux-musl", std::env::consts::ARCH);
        install_files(&release.home.join(&name), "");
        let archive = format!("{name}.tar.gz");
        run(Command::new("tar").current_dir(&*release.home).args([
            "--use-compress-program=gzip -1",
            "-cf",
            &archive,
            &name,
        ]));
        let sums = run(Command::new("sha256sum").current_dir(&*release.home).arg(&archive));
        fs::write(release.home.join("SHA256SUMS"), sums).unwrap();
        let template = fs::read_to_string(root().join("packaging/evenkeel-install.sh")).unwrap();
        let script = template.replace("@VERSION@", VERSION).replace("@REPOSITORY@", "http://localhost:1");
        fs::write(release.home.join("evenkeel-install.sh"), script).unwrap();
        release
    }

    fn archive(&self) -> PathBuf {
        self.home.join(format!("evenkeel-{VERSION}-{}-unknown-linux-musl.tar.gz", std::env::consts::ARCH))
    }

    /// Serves the files to the end of the test; gives the address.
    fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let directory = self.home.to_path_buf();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                lines.find(String::is_empty);
                let name = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
                let (status, body) = match fs::read(directory.join(name)) {
                    Ok(body) => ("200 OK", body),
                    Err(_) => ("404 Not Found", Vec::new()),
                };
                let head = format!(
                    "HTTP/1.0 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // A client may have gone.
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            }
        });
        address
    }

    fn install(&self, address: &str, prefix: &Path) -> Output {
        tool("sh", &self.home)
            .arg(self.home.join("evenkeel-install.sh"))
            .arg("--prefix")
            .arg(prefix)
            .env("EVENKEEL_BASE_URL", address)
            .output()
            .unwrap()
    }
}

#[test]
fn the_version_names_the_suite_and_the_five_tools() {
    let bin = built("envlock");
    let home = Home::new();
    let mut command = tool(root().join("scripts/evenkeel"), &home);
    assert_names_all_five(&run(command.arg("--version").env("EVENKEEL_BIN", bin.parent().unwrap())));
}

#[test]
fn files_work_under_their_prefix_and_are_removed_again() {
    let home = Home::new();
    install_files(&home, "/opt/two");
    let prefix = home.join("opt/two");
    assert_names_all_five(&run(tool(prefix.join("bin/evenkeel"), &home).arg("--version")));
    let crontab = fs::read_to_string(prefix.join("lib/evenkeel/cron/crontab")).unwrap();
    assert!(crontab.contains("* /opt/two/bin/dockprune "), "{crontab}");
    make("uninstall", &[format!("DESTDIR={}", home.display()), "PREFIX=/opt/two".into()]);
    let left = run(Command::new("find").arg(&prefix).args(["-not", "-type", "d"]));
    assert_eq!(left, "");
}

#[test]
fn the_installer_verifies_what_it_downloads() {
    let release = Release::make();
    let address = release.serve();
    let prefix = release.home.join("one");
    for _ in 0..2 {
        let output = release.install(&address, &prefix);
        assert!(output.status.success(), "{output:?}");
        assert_names_all_five(&String::from_utf8(output.stdout).unwrap());
    }
    let crontab = fs::read_to_string(prefix.join("lib/evenkeel/cron/crontab")).unwrap();
    assert!(crontab.contains(&format!("* {}/bin/envlock sweep", prefix.display())), "{crontab}");

    let refused = |why: &str| {
        let output = release.install(&address, &release.home.join("refused"));
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{words}");
        assert!(words.contains(why) && words.contains("\nhint: "), "{words}");
        assert!(!release.home.join("refused").exists());
    };
    let mut file = fs::OpenOptions::new().append(true).open(release.archive()).unwrap();
    file.write_all(b"more").unwrap();
    refused("cannot trust");
    fs::write(release.home.join("SHA256SUMS"), "").unwrap();
    refused("SHA256SUMS says nothing");
    fs::remove_file(release.home.join("SHA256SUMS")).unwrap();
    refused("cannot download");
}

#[test]
fn the_action_installs_a_release_and_annotates_findings() {
    let release = Release::make();
    let address = release.serve();
    let added = release.home.join("path");
    let step = |name: &str, run: &str, args: &str| {
        tool(root().join("packaging/action"), &release.home)
            .arg(name)
            .current_dir(root().join("tests/stack"))
            .envs([("VERSION", VERSION), ("BASE_URL", &address), ("RUN", run), ("ARGS", args)])
            .env("RUNNER_TEMP", release.home.as_os_str())
            .env("GITHUB_PATH", &added)
            .output()
            .unwrap()
    };
    let output = step("install", "", "");
    assert!(output.status.success(), "{output:?}");
    let bin = fs::read_to_string(added.clone()).unwrap();
    assert!(Path::new(bin.trim_end()).join("composecheck").exists(), "{bin}");

    let output = step("run", "", "-f\ncompose.crashing.yml\n");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("::error file=compose.crashing.yml"), "{text}");
    let output = step("run", "false; composecheck --version", "");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let output = step("run", "composecheck --version", "");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("composecheck {VERSION}\n"));
}

/// Purge and upgrade are tried in fresh roots by `scripts/platforms/packages`; what needs no root is tried here.
#[test]
fn the_script_after_a_removal_spares_state_but_for_a_purge() {
    let home = Home::new();
    let state = home.join("state");
    fs::create_dir_all(state.join("locks")).unwrap();
    fs::write(state.join("locks/test.lock"), "").unwrap();
    symlink("/dev/null", state.join("locks/other.lock")).unwrap();
    let text = fs::read_to_string(root().join("packaging/deb/postrm")).unwrap();
    fs::write(home.join("postrm"), text.replace("/var/lib/evenkeel", state.to_str().unwrap())).unwrap();
    let postrm = |before: &[&str], action: &str| {
        let mut command = tool(before.first().unwrap_or(&"sh"), &home);
        if !before.is_empty() {
            command.args(&before[1..]).arg("sh");
        }
        run(command.arg(home.join("postrm")).arg(action));
    };
    postrm(&[], "remove");
    postrm(&[], "upgrade");
    postrm(&["flock", state.join("locks/test.lock").to_str().unwrap()], "purge");
    assert!(state.join("locks/test.lock").exists());
    postrm(&[], "purge");
    assert!(!state.exists());
}

#[test]
fn the_address_of_the_project_stands_in_one_place() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let address = manifest
        .lines()
        .find_map(|line| line.strip_prefix("repository = "))
        .unwrap()
        .trim_matches('"')
        .to_owned();
    let output = Command::new("grep")
        .current_dir(root())
        .args(["-rlF", "--exclude-dir=target", "--exclude-dir=.git", &address, "."])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "./Cargo.toml\n");
}
