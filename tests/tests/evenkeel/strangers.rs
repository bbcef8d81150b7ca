//! Projects that were not made for evenkeel, and are not edited for it: no labels, fixed names and ports, services that end,
//! services without health checks.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{BUSYBOX, Command, Engine, Home, Output, World, built, engine, root, text};

/// A Compose project in a directory of its own.
pub(crate) struct Project<'a> {
    engine: &'a Engine,
    /// Removes what carries its label, where a test fails.
    pub(crate) world: World<'a>,
    pub(crate) home: Home,
    pub(crate) dir: PathBuf,
}

impl<'a> Project<'a> {
    /// One whose directory has this name, and whose files have these names and texts.
    pub(crate) fn new(engine: &'a Engine, name: &str, files: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let world = World::new(engine);
        let dir = home.join(world.id()).join(name);
        let project = Self { engine, world, home, dir };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.replace("BUSYBOX", BUSYBOX).replace("WORLD", self.world.id())).unwrap();
    }

    /// `evenkeel`, called in the project's directory.
    pub(crate) fn evenkeel(&self, args: &[&str]) -> Command {
        let mut command = self.command(root().join("scripts/evenkeel").to_str().unwrap());
        command.args(args);
        command
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.dir)
            .env("DOCKER_HOST", &self.engine.host)
            .env("NETRA_HOME", self.home.join("state"))
            .env("EVENKEEL_BIN", built("envlock").parent().unwrap());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.evenkeel(args).output().unwrap()
    }

    /// Runs it and gives what the command printed.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The name of the shared environment.
    pub(crate) fn environment(&self) -> String {
        let mut composecheck = self.command(built("composecheck").to_str().unwrap());
        let output = composecheck.args(["project", "--format", "env"]).output().unwrap();
        let said = text(&output);
        said.lines()
            .find_map(|line| line.strip_prefix("PROJECT_ID="))
            .unwrap_or_else(|| panic!("{said}"))
            .into()
    }

    /// What of its environments is on the engine, and images that were built for them.
    pub(crate) fn left(&self) -> String {
        let environment = self.environment();
        let mut left = String::new();
        for list in [&["ps", "-a"][..], &["network", "ls"], &["volume", "ls"], &["image", "ls"]] {
            let label = "{{.Label \"evenkeel.env\"}}";
            let format = if list[0] == "image" { "{{.Repository}}" } else { label };
            let found = self.engine.docker(&[list, &["--format", format]].concat());
            for line in found.lines().filter(|line| line.starts_with(&environment)) {
                let _ = writeln!(left, "{} {line}", list[0]);
            }
        }
        left
    }

    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(self.left(), "");
        assert_eq!(
            fs::read_dir(self.home.join("state/evenkeel/environments"))
                .unwrap()
                .filter(|entry| entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with(&self.environment()))
                .count(),
            0
        );
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.evenkeel(&["clean"]).output();
            for slot in ["1", "2", "3"] {
                let _ = self.evenkeel(&["clean", "--slot", slot]).output();
            }
        }
    }
}

const SERVE: &str =
    r#"["sh", "-c", "mkdir -p /www && echo served >/www/index.html && exec httpd -f -p 80 -h /www"]"#;

/// A kind of project: its name, its files, and a command that proves that it is up.
struct Shape {
    name: &'static str,
    files: Vec<(&'static str, String)>,
    proof: &'static str,
}

/// Asks a service for its answer, from within: the engine has a network of its own in tests.
const ASK: &str =
    r#"docker exec "$COMPOSE_PROJECT_NAME-web-1" wget -q -O - http://127.0.0.1/ | grep -q served"#;

fn shapes() -> Vec<Shape> {
    let one = |name, text: String, proof| Shape { name, files: vec![("compose.yaml", text)], proof };
    let quick = "stop_signal: SIGKILL";
    vec![
        one(
            "fixed",
            format!(
                "services:\n  web:\n    image: BUSYBOX\n    container_name: WORLD-web\n    {quick}\n    \
                 ports: ['28080:80', '28443:443']\n    command: {SERVE}\n    restart: always\n    \
                 volumes: ['store:/data']\nvolumes: {{store: {{name: WORLD-store}}}}\n\
                 networks: {{default: {{name: WORLD-net}}}}\n"
            ),
            r#"test "$WEB_80" != 28080 && docker exec "$COMPOSE_PROJECT_NAME-web-1" wget -q -O - http://127.0.0.1/"#,
        ),
        one(
            "oneshot",
            format!(
                "services:\n  web:\n    image: BUSYBOX\n    {quick}\n    command: {SERVE}\n    volumes: ['data:/data']\n    \
                 depends_on: {{migrate: {{condition: service_completed_successfully}}}}\n  \
                 migrate:\n    image: BUSYBOX\n    command: ['sh', '-c', 'echo migrated >/data/state']\n    \
                 volumes: ['data:/data']\nvolumes: {{data: {{}}}}\n"
            ),
            r#"docker exec "$COMPOSE_PROJECT_NAME-web-1" grep -q migrated /data/state"#,
        ),
        one("unchecked", format!("services:\n  web:\n    image: BUSYBOX\n    {quick}\n    command: {SERVE}\n    expose: [80]\n"), ASK),
        Shape {
            name: "built",
            files: vec![
                (
                    "compose.yaml",
                    format!("services:\n  web:\n    build: app\n    image: shop/web:1\n    {quick}\n    expose: [80]\n"),
                ),
                (
                    "app/Dockerfile",
                    "FROM BUSYBOX\nCOPY index.html /www/index.html\nCMD [\"httpd\", \"-f\", \"-p\", \"80\", \"-h\", \"/www\"]\n"
                        .into(),
                ),
                ("app/index.html", "served".into()),
            ],
            proof: ASK,
        },
        one(
            "profiles",
            format!(
                "services:\n  web:\n    image: BUSYBOX\n    {quick}\n    command: {SERVE}\n  \
                 debug:\n    image: absent:1\n    profiles: [debug]\n"
            ),
            ASK,
        ),
        Shape {
            name: "included",
            files: vec![
                ("compose.yaml", "include: [parts/web.yaml]\n".into()),
                (
                    "parts/web.yaml",
                    format!(
                        "services:\n  web:\n    image: BUSYBOX\n    {quick}\n    command: {SERVE}\n    ports: ['28080:80']\n"
                    ),
                ),
            ],
            proof: ASK,
        },
        Shape {
            name: "dotenv",
            files: vec![
                (
                    "compose.yaml",
                    format!(
                        "services:\n  web:\n    image: ${{IMAGE}}\n    {quick}\n    command: {SERVE}\n    \
                         environment: {{GREETING: \"${{GREETING:?is missing}}\"}}\n"
                    ),
                ),
                (".env", "IMAGE=BUSYBOX\nGREETING='hello there'\n".into()),
            ],
            proof: r#"docker exec "$COMPOSE_PROJECT_NAME-web-1" env | grep -q 'GREETING=hello there'"#,
        },
        Shape {
            name: "bound",
            files: vec![
                (
                    "compose.yaml",
                    format!(
                        "services:\n  web:\n    image: BUSYBOX\n    {quick}\n    \
                         command: ['httpd', '-f', '-p', '80', '-h', '/www']\n    volumes: ['./www:/www:ro']\n"
                    ),
                ),
                ("www/index.html", "served".into()),
            ],
            proof: ASK,
        },
        one(
            "talkative",
            format!("services:\n  web:\n    image: BUSYBOX\n    {quick}\n    command: ['sh', '-c', 'while :; do echo noise; done']\n    cpus: 0.1\n    logging: {{driver: json-file, options: {{max-size: 1m}}}}\n"),
            "true",
        ),
        one(
            "deaf",
            format!("services:\n  web:\n    image: BUSYBOX\n    stop_grace_period: 1s\n    command: {SERVE}\n"),
            ASK,
        ),
    ]
}

fn project<'a>(engine: &'a Engine, shape: &Shape) -> Project<'a> {
    let files: Vec<(&str, &str)> = shape.files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    Project::new(engine, shape.name, &files)
}

/// Several users of the shared environment and several dedicated ones, at once.
fn run_at_once(project: &Project<'_>, proof: &str, shared: usize) {
    let mut runs: Vec<_> = (0..shared).map(|_| project.evenkeel(&["--", "sh", "-c", proof])).collect();
    runs.push(project.evenkeel(&["--jobs", "2", "--", "sh", "-c", proof]));
    let logs: Vec<PathBuf> = (0..runs.len()).map(|run| project.home.join(format!("run{run}"))).collect();
    let children: Vec<_> = runs
        .iter_mut()
        .zip(&logs)
        .map(|(run, log)| {
            let log = fs::File::create(log).unwrap();
            run.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
        })
        .collect();
    for (mut child, log) in children.into_iter().zip(&logs) {
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(0), "{}: {}", project.dir.display(), fs::read_to_string(log).unwrap());
    }
    project.assert_nothing_left();
}

#[test]
fn every_shape_runs_as_it_is_several_times_at_once() {
    let Some(engine) = engine() else { return };
    let shapes = shapes();
    // All at once would need more networks than the engine has room for.
    for some in shapes.chunks(5) {
        std::thread::scope(|scope| {
            for shape in some {
                scope.spawn(|| run_at_once(&project(engine, shape), shape.proof, 2));
            }
        });
    }
}

#[test]
fn ten_at_once_share_one_environment() {
    let Some(engine) = engine() else { return };
    let shape = &shapes()[0];
    run_at_once(&project(engine, shape), shape.proof, 10);
}

#[test]
fn what_never_gets_healthy_says_why_and_leaves_evidence() {
    let Some(engine) = engine() else { return };
    let compose = "services:\n  web:\n    image: BUSYBOX\n    stop_signal: SIGKILL\n    \
                   command: ['sh', '-c', 'echo no database; exec sleep 600']\n    \
                   healthcheck: {test: 'echo not ready; exit 1', interval: 300ms, retries: 2}\n";
    let project = Project::new(engine, "sick", &[("compose.yaml", compose)]);
    let output = project.run(&["--start-timeout", "5s", "--", "true"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    for words in ["not ready", "no database"] {
        assert!(text(&output).contains(words), "{words}: {}", text(&output));
    }
    let runs: Vec<_> = fs::read_dir(project.dir.join(".evenkeel")).unwrap().flatten().collect();
    let run = runs.iter().find(|entry| entry.path().is_dir()).unwrap().path();
    for file in
        ["summary.md", "logs/web.log", "health/web.txt", "inspect/web.json", "compose.yml", "lock.json"]
    {
        assert!(run.join(file).exists(), "{file} in {}", run.display());
    }
    assert!(fs::read_to_string(run.join("summary.md")).unwrap().contains("| ready | "));
    project.assert_nothing_left();
}

#[test]
fn a_one_shot_service_that_fails_ends_the_run_at_once_with_its_last_lines() {
    let Some(engine) = engine() else { return };
    let compose = format!(
        "services:\n  web:\n    image: BUSYBOX\n    command: {SERVE}\n    \
         depends_on: {{migrate: {{condition: service_completed_successfully}}}}\n  \
         migrate: {{image: BUSYBOX, command: ['sh', '-c', 'echo the table is locked; exit 7']}}\n"
    );
    let project = Project::new(engine, "failing", &[("compose.yaml", &compose)]);
    let output = project.run(&["--", "true"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    for words in ["the table is locked", "code 7"] {
        assert!(text(&output).contains(words), "{words}: {}", text(&output));
    }
    project.assert_nothing_left();
}

#[test]
fn changed_sources_are_built_again() {
    let Some(engine) = engine() else { return };
    let shape = shapes().into_iter().find(|shape| shape.name == "built").unwrap();
    let project = project(engine, &shape);
    let ask = ASK.trim_end_matches(" | grep -q served");
    assert_eq!(project.done(&["--", "sh", "-c", ask]), "served");
    project.write("app/index.html", "mended");
    assert_eq!(project.done(&["--", "sh", "-c", ask]), "mended");
    assert!(
        engine.docker(&["image", "ls", "-q", "shop/web"]).is_empty(),
        "an image has the name of the files"
    );
    project.assert_nothing_left();
}

/// The same name of a directory, and of a service with an image of its own; two checkouts of one project.
#[test]
fn checkouts_do_not_meet() {
    let Some(engine) = engine() else { return };
    let shape = shapes().into_iter().find(|shape| shape.name == "built").unwrap();
    let [one, two] = [project(engine, &shape), project(engine, &shape)];
    two.write("app/index.html", "other");
    assert_ne!(one.environment(), two.environment());
    let ask = ASK.trim_end_matches(" | grep -q served");
    // The inner one is set up, used and taken down while the outer one is up.
    let outer = one.command("sh");
    let mut inner = two.evenkeel(&["--", "sh", "-c", ask]);
    inner.env("NETRA_HOME", one.home.join("state"));
    let go = one.home.join("go");
    let script = format!("echo up; until [ -e {} ]; do sleep 0.05; done; {ask}", go.display());
    drop(outer);
    let mut running = super::start_until_up(&mut one.evenkeel(&["--", "sh", "-c", &script]));
    let output = inner.output().unwrap();
    assert_eq!(
        text(&output).lines().next_back().map(|_| output.status.code()),
        Some(Some(0)),
        "{}",
        text(&output)
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "other");
    fs::write(go, "").unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(0));
    one.assert_nothing_left();
}

#[test]
fn what_was_started_by_hand_is_left_alone() {
    let Some(engine) = engine() else { return };
    let shape = shapes().into_iter().find(|shape| shape.name == "fixed").unwrap();
    let project = project(engine, &shape);
    let compose = |args: &[&str]| {
        let output = project.command("docker").arg("compose").args(args).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    project.write(".env", "");
    let file = project.dir.join("compose.yaml");
    let own = fs::read_to_string(&file)
        .unwrap()
        .replace("28080", &super::free_port().to_string())
        .replace("28443", &super::free_port().to_string());
    fs::write(&file, own).unwrap();
    compose(&["up", "-d"]);
    let before = compose(&["ps", "-aq"]);
    project.done(&["--", "true"]);
    project.done(&["--jobs", "2", "--", "true"]);
    project.done(&["down"]);
    assert_eq!(compose(&["ps", "-aq"]), before);
    compose(&["down", "-v"]);
    project.assert_nothing_left();
}

#[test]
fn it_is_called_from_anywhere_in_a_path_of_any_name() {
    let Some(engine) = engine() else { return };
    let shape = shapes().into_iter().find(|shape| shape.name == "bound").unwrap();
    let files: Vec<(&str, &str)> = shape.files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let project = Project::new(engine, "it's \"ä\" $HOME, & more", &files);
    fs::create_dir(project.dir.join("deep")).unwrap();
    let mut evenkeel =
        project.evenkeel(&["--", "sh", "-c", &format!("basename \"$PWD\" && {}", shape.proof)]);
    let output = evenkeel.current_dir(project.dir.join("deep")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "deep\n");
    project.assert_nothing_left();
}

#[test]
fn names_that_compose_refuses_are_bad_arguments() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    for args in
        [["-e", "Nightly"], ["-p", "Shop"], ["--lock", "a b"], ["--jobs", "none"], ["--pull", "maybe"]]
    {
        let output = project.run(&[&args[..], &["--", "true"]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(args[1]) && text(&output).contains("hint: "), "{}", text(&output));
    }
}

#[test]
fn init_says_what_a_run_would_do_and_writes_options_that_are_read() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[0]);
    let said = project.done(&["init", "--dry-run"]);
    for words in ["services.web.ports", "CC101", "evenkeel.toml would be"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let file = project.dir.join("evenkeel.toml");
    assert!(!file.exists());
    project.done(&["init"]);
    assert_eq!(project.run(&["init"]).status.code(), Some(1), "it does not overwrite");
    fs::write(&file, "category = \"smoke\"\nslot = 7\n").unwrap();
    assert!(project.done(&["--dry-run", "up"]).contains("-7 -- true"));
    fs::write(&file, "slott = 7\n").unwrap();
    let output = project.run(&["--", "true"]);
    assert!(
        output.status.code() != Some(0) && text(&output).contains("evenkeel.toml:1:1"),
        "{}",
        text(&output)
    );
}

/// As `make install` lays it out.
#[test]
fn it_works_from_where_it_is_installed() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    let prefix = project.home.join("prefix");
    let copy = |from: &Path, to: &Path| {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        assert!(Command::new("cp").arg("-rL").args([from, to]).status().unwrap().success());
    };
    for part in ["evenkeel", "evenkeel.d", "docker-shim"] {
        copy(&root().join("scripts").join(part), &prefix.join("lib/evenkeel").join(part));
    }
    for tool in ["envlock", "dockwatch", "dockprune", "restartgate", "composecheck"] {
        copy(&built(tool), &prefix.join("bin").join(tool));
    }
    std::os::unix::fs::symlink("../lib/evenkeel/evenkeel", prefix.join("bin/evenkeel")).unwrap();
    let evenkeel = || {
        let mut command = project.command(prefix.join("bin/evenkeel").to_str().unwrap());
        command.env_remove("EVENKEEL_BIN");
        command
    };
    let output = evenkeel().args(["--", "sh", "-c", ASK]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let shim = project.home.join("shim");
    let output = evenkeel().arg("shim").arg(&shim).output().unwrap();
    assert!(text(&output).starts_with(&format!("PATH={}:", shim.display())), "{}", text(&output));
    assert!(shim.join("docker").exists());
    project.assert_nothing_left();
}

#[test]
fn what_is_kept_is_joined_refused_or_replaced_and_never_wiped_without_a_word() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    let id = || {
        let name = format!("{}-web-1", project.environment());
        engine.docker(&["inspect", "-f", "{{.Id}}", &name])
    };
    project.done(&["up"]);
    let first = id();
    let joined = project.run(&["--", "sh", "-c", ASK]);
    assert_eq!(joined.status.code(), Some(0), "{}", text(&joined));
    assert!(text(&joined).contains("kept"), "{}", text(&joined));
    assert_eq!(id(), first);
    let changed =
        fs::read_to_string(project.dir.join("compose.yaml")).unwrap() + "    environment: {NEW: 1}\n";
    project.write("compose.yaml", &changed);
    let refused = project.run(&["--", "true"]);
    assert_eq!(refused.status.code(), Some(75), "{}", text(&refused));
    assert!(text(&refused).contains("files=") && text(&refused).contains("--replace"), "{}", text(&refused));
    assert_eq!(id(), first);
    project.done(&["--replace", "--", "true"]);
    project.assert_nothing_left();
}

#[test]
fn an_environment_that_lingers_is_entered_at_once_reset_and_swept() {
    let Some(engine) = engine() else { return };
    let shape = shapes().into_iter().find(|shape| shape.name == "built").unwrap();
    let project = project(engine, &shape);
    let reset = "docker exec $COMPOSE_PROJECT_NAME-web-1 touch /reset";
    let args = |script| ["--linger", "10s", "--reset", reset, "--", "sh", "-c", script];
    assert_eq!(project.done(&args("echo first")), "first\n");
    let inside = "docker exec $COMPOSE_PROJECT_NAME-web-1 ls /reset";
    let begun = std::time::Instant::now();
    assert_eq!(project.done(&args(inside)), "/reset\n");
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    assert_ne!(project.left(), "");
    let sweep = || {
        let mut sweep = project.command(built("envlock").to_str().unwrap());
        let output = sweep.arg("sweep").output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    };
    let deadline = begun + std::time::Duration::from_mins(1);
    while !project.left().is_empty() {
        assert!(std::time::Instant::now() < deadline, "it is not swept: {}", project.left());
        std::thread::sleep(std::time::Duration::from_millis(200));
        sweep();
    }
    project.assert_nothing_left();
}

#[test]
fn limits_are_those_of_the_files_while_the_command_runs() {
    let Some(engine) = engine() else { return };
    let compose = format!(
        "services:\n  web:\n    image: BUSYBOX\n    cpus: 0.2\n    stop_signal: SIGKILL\n    command: {SERVE}\n"
    );
    let project = Project::new(engine, "limited", &[("compose.yaml", &compose)]);
    let inspect = "docker inspect -f '{{.HostConfig.NanoCpus}}' $COMPOSE_PROJECT_NAME-web-1";
    assert_eq!(project.done(&["--", "sh", "-c", inspect]), "200000000\n");
    let raised = "cat $NETRA_HOME/evenkeel/environments/$EVENKEEL_ENV/boosted";
    assert_eq!(project.done(&["--", "sh", "-c", raised]), "web=0.2\n");
    let kept = project.run(&["--no-boost", "--", "sh", "-c", raised]);
    assert_eq!(String::from_utf8_lossy(&kept.stdout), "", "{}", text(&kept));
}

#[test]
fn continuous_integration_gets_a_summary_and_the_steps() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    let summary = project.home.join("summary");
    let mut run = project.evenkeel(&["--", "sh", "-c", "exit 9"]);
    let output = run.env("GITHUB_STEP_SUMMARY", &summary).env("GITLAB_CI", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(9), "{}", text(&output));
    assert!(fs::read_to_string(summary).unwrap().contains("| run | "));
    let junit = fs::read_to_string(project.dir.join(".evenkeel/junit.xml")).unwrap();
    for case in ["name=\"ready\"", "name=\"run\"", "exit 9", "name=\"verify\"", "failures=\"1\""] {
        assert!(junit.contains(case), "{case}: {junit}");
    }
}

#[test]
fn only_the_last_five_failed_runs_are_kept() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    for run in 0..6 {
        fs::create_dir_all(project.dir.join(format!(".evenkeel/20200101T00000{run}-1"))).unwrap();
    }
    assert_eq!(project.run(&["--", "false"]).status.code(), Some(1));
    let runs = fs::read_dir(project.dir.join(".evenkeel")).unwrap().flatten();
    assert_eq!(runs.filter(|entry| entry.path().is_dir()).count(), 5);
}

/// Whoever is killed, the next run of anybody clears it.
#[test]
fn whatever_is_killed_at_whatever_moment_is_cleared_by_the_next_run() {
    let Some(engine) = engine() else { return };
    let step = std::env::var("EVENKEEL_SCAN_STEP_MS").map_or(400, |step| step.parse().unwrap());
    let project = project(engine, &shapes()[2]);
    for (number, at) in (0..4000).step_by(step).enumerate() {
        let what = ["evenkeel", "envlock"][number % 2];
        let environment = ["--shared", "--dedicated"][number / 2 % 2];
        let mut run = project.command("setsid");
        run.arg(root().join("scripts/evenkeel")).args([environment, "--", "sleep", "1"]);
        let mut child = run.stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(at));
        // All processes of that name in the run's session: the entry point and its steps, or envlock.
        let session = child.id().to_string();
        let _ = Command::new("pkill").args(["-KILL", "-s", &session, "-f", what]).status().unwrap();
        let _ = child.wait();
        let output = project.run(&[environment, "--", "sh", "-c", ASK]);
        assert_eq!(output.status.code(), Some(0), "{what} {environment} at {at} ms: {}", text(&output));
        project.assert_nothing_left();
    }
}

#[test]
fn a_checkout_that_cannot_be_written_runs_too() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    let run = project.evenkeel(&["--", "sh", "-c", "exit 8"]);
    let mut inside = project.command("unshare");
    inside.args(["-m", "sh", "-c", "mount --bind -o ro \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" || exit 99; cd \"$0\"; exec \"$@\""]);
    let output = inside.arg(&project.dir).arg(run.get_program()).args(run.get_args()).output().unwrap();
    if output.status.code() == Some(99) || text(&output).starts_with("unshare:") {
        return evenkeel_tests::skip("it needs root, to mount a directory read-only");
    }
    assert_eq!(output.status.code(), Some(8), "{}", text(&output));
    assert!(text(&output).contains("state/evenkeel/failed/"), "{}", text(&output));
    project.assert_nothing_left();
}

#[test]
fn all_environments_of_the_machine_are_shown() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    project.done(&["--", "true"]);
    assert!(!project.done(&["status"]).contains(&project.environment()), "what is down is not shown");
    project.done(&["up"]);
    let shown = project.done(&["status"]);
    let environment = project.environment();
    for words in [format!("envlock down {environment}"), format!("{environment}-web-1")] {
        assert!(shown.contains(&words), "{words}: {shown}");
    }
    project.done(&["down"]);
    project.assert_nothing_left();
}

/// Somebody who may use the engine's socket, and nothing else.
#[test]
fn another_user_runs_it_too() {
    let Some(engine) = engine() else { return };
    let shape = &shapes()[2];
    let project = project(engine, shape);
    let relay = evenkeel_tests::Proxy::recording(&engine.host);
    let open = format!(
        "chown -R 65534 '{}' && chmod 755 '{}' && chmod 777 '{}'",
        project.home.display(),
        project.home.display(),
        relay.host.trim_start_matches("unix://")
    );
    let run = project.evenkeel(&["--", "sh", "-c", &format!("id -u && {}", shape.proof)]);
    let mut other = project.command("sh");
    other.env("DOCKER_HOST", &relay.host).env("HOME", &*project.home);
    let script = format!("{open} && exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\"");
    let output =
        other.args(["-c", &script, "sh"]).arg(run.get_program()).args(run.get_args()).output().unwrap();
    if text(&output).contains("setpriv: ") || text(&output).contains("chown: ") {
        return evenkeel_tests::skip("it needs root, to become another user");
    }
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "65534\n");
    project.assert_nothing_left();
}

/// Somebody's own project of this name, and its data.
#[test]
fn a_project_that_is_not_ours_is_refused_and_left_alone() {
    let Some(engine) = engine() else { return };
    let compose = "services:\n  web: {image: BUSYBOX, command: [sleep, '600'], stop_signal: SIGKILL, volumes: ['data:/data']}\nvolumes: {data: {}}\n";
    let project = Project::new(engine, "own", &[("compose.yaml", compose)]);
    let name = project.world.name("hand");
    let by_hand = |args: &[&str]| {
        let mut compose = project.command("docker");
        let output = compose.args(["compose", "-p", &name]).args(args).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    by_hand(&["up", "-d"]);
    let before = by_hand(&["ps", "-q"]);
    let refused = project.run(&["-p", &name, "--", "true"]);
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused));
    assert!(text(&refused).contains("that are not of"), "{}", text(&refused));
    project.run(&["-p", &name, "clean"]);
    assert_eq!(by_hand(&["ps", "-q"]), before);
    by_hand(&["down", "-v"]);
}

#[test]
fn inside_a_run_the_environment_is_not_taken_from_under_it() {
    let Some(engine) = engine() else { return };
    let project = project(engine, &shapes()[2]);
    let evenkeel = root().join("scripts/evenkeel");
    let script = format!(
        "for step in up down clean; do {0} $step; test $? = 75 || exit 1; done; {0} -- sh -c '{ASK}'",
        evenkeel.display()
    );
    project.done(&["--", "sh", "-c", &script]);
    project.assert_nothing_left();
}

#[test]
fn variables_and_locale_of_the_user_are_his() {
    let Some(engine) = engine() else { return };
    let compose =
        "services:\n  web: {image: BUSYBOX, command: [sleep, \"${home:-none}\"], stop_signal: SIGKILL}\n";
    let project = Project::new(engine, "käse\tund brot", &[("compose.yaml", compose)]);
    let show = "echo $home $state $project; docker inspect -f '{{.Args}}' $COMPOSE_PROJECT_NAME-web-1";
    let name = project.world.name("his");
    let mut run = project.evenkeel(&["-p", &name, "--", "sh", "-c", show]);
    let run = run.env("LC_ALL", "C").env("home", "600").env("state", "s").env("project", "p");
    let output = run.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "600 s p\n[600]\n", "{}", text(&output));
}

#[test]
fn two_services_of_one_image_and_a_dedicated_run_of_changed_sources() {
    let Some(engine) = engine() else { return };
    let compose = "services:\n  app: &app {build: app, image: 'shop:1', stop_signal: SIGKILL, command: [sleep, '600']}\n  worker: *app\n";
    let files =
        [("compose.yaml", compose), ("app/Dockerfile", "FROM BUSYBOX\nCOPY x /x\n"), ("app/x", "one")];
    let project = Project::new(engine, "twice", &files);
    let show = "docker exec $COMPOSE_PROJECT_NAME-worker-1 cat /x";
    assert_eq!(project.done(&["--", "sh", "-c", show]), "one");
    assert_eq!(project.done(&["--dedicated", "--linger", "1m", "--", "sh", "-c", show]), "one");
    project.write("app/x", "two");
    assert_eq!(project.done(&["--dedicated", "--", "sh", "-c", show]), "two");
    project.assert_nothing_left();
}
