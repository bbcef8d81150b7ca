//! `project`: what a project is, for people, shells and programs.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;

const FILE: &str = "
services:
  app:
    build: .
    cpus: 0.5
    mem_limit: 256m
    stop_grace_period: 20s
    healthcheck: {test: 'true'}
    ports: ['127.0.0.1:8080:80']
    env_file: app.env
    depends_on: {migrate: {condition: service_completed_successfully}}
    secrets: [key]
  migrate: {image: busybox, mem_limit: 64m}
networks: {default: {external: true, name: common}}
secrets: {key: {file: key.txt}}
";

/// The object of `project --json`, and nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    name: String,
    id: String,
    content: String,
    directory: String,
    files: Vec<String>,
    services: Vec<Service>,
    external: Vec<External>,
    memory_bytes: u64,
    memory_unlimited: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Service {
    name: String,
    #[serde(deserialize_with = "Option::deserialize")]
    image: Option<String>,
    build: bool,
    one_shot: bool,
    healthcheck: bool,
    #[serde(deserialize_with = "Option::deserialize")]
    cpus: Option<f64>,
    #[serde(deserialize_with = "Option::deserialize")]
    memory_limit_bytes: Option<u64>,
    #[serde(deserialize_with = "Option::deserialize")]
    stop_grace_period_ms: Option<u64>,
    ports: Vec<Binding>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a field that is missing or of another type is an error")]
struct Binding {
    container_port: u16,
    protocol: String,
    #[serde(deserialize_with = "Option::deserialize")]
    host_ip: Option<String>,
    published: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct External {
    kind: String,
    name: String,
}

fn project(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.arg("project").args(args).current_dir(folder).env_clear().output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn report(folder: &Path) -> Report {
    serde_json::from_str(&stdout(&project(folder, &["--json"]))).unwrap()
}

fn write(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in [("compose.yaml", FILE), ("app.env", "A=1\n"), ("key.txt", "secret")] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
fn services_are_described() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let report = report(dir.path());
    assert_eq!(report.schema, "composecheck.project/1");
    let [app, migrate] = report.services.as_slice() else { panic!("two services: {report:?}") };
    assert!(app.build && !app.one_shot && app.healthcheck && migrate.one_shot && !migrate.healthcheck);
    assert_eq!((app.cpus, app.stop_grace_period_ms), (Some(0.5), Some(20_000)));
    assert_eq!((app.memory_limit_bytes, app.ports[0].published.as_str()), (Some(256 << 20), "8080"));
    assert_eq!((report.external[0].kind.as_str(), report.external[0].name.as_str()), ("network", "common"));
    assert!(!report.memory_unlimited && report.memory_bytes >= 320 << 20, "{}", report.memory_bytes);
    let text = stdout(&project(dir.path(), &[]));
    assert!(text.contains("migrate  one-shot") && text.contains("needs the network common"), "{text}");
}

#[test]
fn the_content_changes_with_what_a_run_is_made_from_and_with_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(folder);
    let content = || report(folder).content;
    let first = content();
    std::fs::write(folder.join("compose.yaml"), format!("# a comment\n{FILE}")).unwrap();
    assert_eq!(content(), first);
    let named: Report = serde_json::from_str(&stdout(&project(folder, &["--json", "-p", "other"]))).unwrap();
    assert_eq!((named.content, named.name.as_str()), (first.clone(), "other"));
    let mut seen = vec![first];
    for (name, text) in [
        ("compose.yaml", FILE.replace("256m", "300m")),
        ("app.env", "A=2\n".to_owned()),
        ("key.txt", "another secret".to_owned()),
        ("compose.override.yml", "services: {app: {environment: {B: 1}}}".to_owned()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
        let now = content();
        assert!(!seen.contains(&now), "{name}");
        seen.push(now);
    }
}

#[test]
fn a_project_is_found_from_below_and_from_any_path() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["plain", "with space", "it's \"quoted\" $HOME", "größe", "a:b"] {
        let folder = dir.path().join(name);
        write(&folder);
        std::fs::create_dir_all(folder.join("src/deep")).unwrap();
        let here = stdout(&project(&folder, &["--format", "env", "-p", "shop"]));
        assert_eq!(stdout(&project(&folder.join("src/deep"), &["--format", "env", "-p", "shop"])), here);
        // A shell reads the values as they are.
        let reader = format!("{here}\nprintf '%s\\n' \"$PROJECT_NAME\" \"$PROJECT_DIR\" \"$COMPOSE_FILE\"");
        let values = stdout(&Command::new("sh").args(["-c", &reader]).output().unwrap());
        let real = folder.canonicalize().unwrap().display().to_string();
        assert_eq!(values, format!("shop\n{real}\n{real}/compose.yaml\n"));
        // The variables name the same project from anywhere.
        let script = format!(
            "{here}\nexport COMPOSE_FILE COMPOSE_PATH_SEPARATOR; exec \"$0\" project -p shop --format env"
        );
        let again = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_composecheck")])
            .current_dir("/")
            .output();
        assert_eq!(stdout(&again.unwrap()), here, "{name}");
    }
}

#[test]
fn the_same_checkout_has_one_identifier_and_another_one_has_another() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["1/shop", "2/shop"].map(|path| dir.path().join(path));
    write(&one);
    write(&two);
    let [first, second] = [report(&one), report(&two)];
    assert_eq!((first.name.as_str(), second.name.as_str()), ("shop", "shop"));
    assert_ne!(first.id, second.id);
    assert!(first.id.starts_with("shop-") && first.id.len() == 11, "{}", first.id);
    std::os::unix::fs::symlink(&one, dir.path().join("link")).unwrap();
    let through = dir.path().join("link/compose.yaml");
    let linked = project(dir.path(), &["-f", through.to_str().unwrap(), "--format", "env", "-p", "shop"]);
    assert!(stdout(&linked).contains(&format!("PROJECT_ID={}\n", first.id)));
}

#[test]
fn names_that_compose_refuses_are_bad_arguments() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    for name in ["Shop", "-x", "a b", ""] {
        assert_eq!(project(dir.path(), &["-p", name]).status.code(), Some(2), "{name}");
    }
}
