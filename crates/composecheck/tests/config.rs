//! `config`: the position of every value, and the merged project as Compose prints it.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const BASE: &str = "\
services:
  web:
    build: app
    command: run --now 'a b'
    environment: [MODE=base, FROM_HOST, PRICE=5$$]
    env_file: web.env
    healthcheck: {test: check, interval: 90s}
    links: [db]
    ports: ['8000-8001:80-81', '127.0.0.1:53:53/udp']
  db:
    image: postgres:15
    mem_limit: 512m
    volumes: ['data:/var/lib/postgresql/data', './init:/init:ro', /scratch]
volumes:
  data:
  unused:
";

const OVER: &str = "\
name: Shop
services:
  web:
    environment: {MODE: test}
  db:
    mem_limit: 1g
    tmpfs: /tmp
";

fn composecheck(folder: &Path, args: &[&str]) -> Output {
    std::fs::write(folder.join("base.yml"), BASE).unwrap();
    std::fs::write(folder.join("over.yml"), OVER).unwrap();
    std::fs::write(folder.join("web.env"), "A='$x'\nB=\"${A}\\n\"\nMODE=file\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.args(["config", "-f", "base.yml", "-f", "over.yml"]).args(args).current_dir(folder);
    command.env_clear().env("FROM_HOST", "here").output().unwrap()
}

#[test]
fn each_value_is_shown_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let output = composecheck(dir.path(), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |start: &str| {
        let found = text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
        found.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("services.db.mem_limit"), "services.db.mem_limit 1g over.yml:6:16, over base.yml:12:16");
    assert_eq!(line("services.web.ports[1]"), "services.web.ports[1] 127.0.0.1:53:53/udp base.yml:9:32");
    assert_eq!(line("volumes.unused"), "volumes.unused null base.yml:16:9");
}

#[test]
fn the_name_of_the_project_is_a_variable() {
    let dir = tempfile::tempdir().unwrap();
    let config = |text: &str, name: Option<&str>| {
        std::fs::write(dir.path().join("compose.yml"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
        command.args(["config", "--format", "json"]).current_dir(dir.path()).env_clear();
        command.envs(name.map(|name| ("COMPOSE_PROJECT_NAME", name))).output().unwrap()
    };
    let image = |output: Output| {
        let model: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        model["services"]["a"]["image"].as_str().unwrap().to_owned()
    };
    let text = "services: {a: {image: 'x:${COMPOSE_PROJECT_NAME:-none}'}}\n";
    let directory = dir.path().file_name().unwrap().to_str().unwrap().to_lowercase().replace('.', "");
    assert_eq!(image(config(text, None)), format!("x:{directory}"));
    assert_eq!(image(config(&format!("{text}name: Shop\n"), None)), "x:shop");
    assert_eq!(image(config(&format!("{text}name: shop\n"), Some("other"))), "x:other");
    let refused = config(text, Some("Shop!"));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.starts_with("composecheck: cannot use the project name 'Shop!': "), "{said}");
    assert!(said.contains("hint: change COMPOSE_PROJECT_NAME"), "{said}");
}

#[test]
fn the_model_is_printed_as_compose_does() {
    let dir = tempfile::tempdir().unwrap();
    let output = composecheck(dir.path(), &["--format", "json"]);
    let model: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let here = |path: &str| dir.path().join(path).display().to_string();
    assert_eq!(
        (&model["name"], &model["volumes"]),
        (&json!("shop"), &json!({"data": {"name": "shop_data"}}))
    );
    let web = &model["services"]["web"];
    assert_eq!(web["build"], json!({"context": here("app"), "dockerfile": "Dockerfile"}));
    assert_eq!((&web["command"], &web["entrypoint"]), (&json!(["run", "--now", "a b"]), &Value::Null));
    assert_eq!(
        web["environment"],
        json!({"A": "$$x", "B": "$$x\n", "FROM_HOST": "here", "MODE": "test", "PRICE": "5$$"})
    );
    assert_eq!(web["healthcheck"], json!({"test": ["CMD-SHELL", "check"], "interval": "1m30s"}));
    assert_eq!(
        web["depends_on"],
        json!({"db": {"condition": "service_started", "restart": true, "required": true}})
    );
    let ports: Vec<String> = web["ports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|port| format!("{}:{}", port["published"], port["target"]))
        .collect();
    assert_eq!(ports, ["\"8000\":80", "\"8001\":81", "\"53\":53"]);
    let db = &model["services"]["db"];
    assert_eq!((&db["mem_limit"], &db["tmpfs"]), (&json!("1073741824"), &json!(["/tmp"])));
    assert_eq!(db["volumes"][1]["source"], here("init"));
    assert_eq!(db["volumes"][2], json!({"type": "volume", "target": "/scratch", "volume": {}}));
}
