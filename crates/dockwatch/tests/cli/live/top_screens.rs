//! `dockwatch top` in a real terminal (tmux), on an engine with the containers of strangers: several Compose projects and
//! none of evenkeel's labels.

use std::process::Command;

use evenkeel_tests::{BUSYBOX, Home, OwnEngine, Tmux};

use crate::dockwatch;

/// What each container runs.
const SLEEP: &str = "sleep 3600";
/// Control characters, and a line of 300 kB.
const STRANGE_LOG: &str =
    r"printf '\033[2J\033[31mred\033[0m\ttab\a\n'; head -c 300000 /dev/zero | tr '\0' x; echo; sleep 3600";

/// Starts a container of a Compose project.
fn start(engine: &OwnEngine, project: &str, service: &str, options: &[&str], script: &str) {
    let name = format!("{project}-{service}-1");
    let labels = [("project", project), ("service", service)]
        .map(|(key, value)| format!("com.docker.compose.{key}={value}"));
    let own =
        ["run", "-d", "--network", "none", "--name", &name, "--label", &labels[0], "--label", &labels[1]];
    engine.docker(&[&own, options, &[BUSYBOX, "sh", "-c", script]].concat());
}

/// Two projects and a container of its own: healthy, unhealthy, restarting, exited, running.
fn strangers() -> Option<OwnEngine> {
    let engine = OwnEngine::start()?;
    let healthy = ["-m", "64m", "--health-cmd", "true", "--health-interval", "1s"];
    start(&engine, "shop", "db", &healthy, SLEEP);
    let unhealthy =
        ["--health-cmd", "echo refused; exit 1", "--health-interval", "1s", "--health-retries", "1"];
    start(&engine, "shop", "web", &unhealthy, SLEEP);
    start(&engine, "blog", "worker", &["--restart", "always"], "exit 3");
    start(&engine, "blog", "migrate", &[], "exit 7");
    engine.docker(&["run", "-d", "--network", "none", "--name", "alone", BUSYBOX, "sh", "-c", STRANGE_LOG]);
    Some(engine)
}

fn top(engine: &OwnEngine, home: &Home) -> Command {
    let mut command = dockwatch(&engine.host, home);
    // However full the machine's disk is.
    command.args(["top", "--min-disk", "1B"]);
    command
}

/// A picture without what varies: figures, bars, curves, the engine's socket, and how far columns stand apart.
fn normalized(screen: &str, engine: &OwnEngine) -> Vec<String> {
    let is_drawn = |c: char| ('\u{2580}'..='\u{259f}').contains(&c) || ('\u{2800}'..='\u{28ff}').contains(&c);
    let is_drawn = |c: char| is_drawn(c) || c == '·';
    let line = |line: &str| {
        let line = line.replace(&engine.host, "HOST").replace(is_drawn, " ");
        let line = line.replace(|c: char| c.is_ascii_digit() || c == '.', "0");
        let words = line.split_whitespace().map(|word| {
            let mut word = word.to_owned();
            while word.contains("00") {
                word = word.replace("00", "0");
            }
            // A size or an age in other units is the same.
            match word.as_str() {
                "0s" | "0m" | "0h" => "0t".to_owned(),
                _ => word.replace("KiB", "B").replace("MiB", "B").replace("GiB", "B"),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    screen.lines().map(line).filter(|line| !line.is_empty()).collect()
}

const TABLE_80: [&str; 6] = [
    "NAME▲ STATE CPU MEMORY RESTARTS AGE",
    "alone running 0% 0 B 0 0t",
    "blog-migrate-0 exited 0 - - - 0t",
    "blog-worker-0 restarting - - 0 0t",
    "shop-db-0 healthy 0% 0 B 0 0t",
    "shop-web-0 unhealthy 0% 0 B 0 0t",
];

const TABLE_200: [&str; 6] = [
    "NAME▲ PROJECT IMAGE STATE CPU MEMORY RESTARTS AGE",
    "alone - evenkeel-busybox:0 running 0% 0 B 0 0t",
    "blog-migrate-0 blog evenkeel-busybox:0 exited 0 - - - 0t",
    "blog-worker-0 blog evenkeel-busybox:0 restarting - - 0 0t",
    "shop-db-0 shop evenkeel-busybox:0 healthy 0% 0 B of 0 B 0 0t",
    "shop-web-0 shop evenkeel-busybox:0 unhealthy 0% 0 B 0 0t",
];

const FOOTER: &str = "? keys q quit Enter open / filter p projects R restart S stop < > sort";

#[test]
fn keys_and_pictures_in_a_real_terminal() {
    let Some(engine) = strangers() else { return };
    let home = Home::new();
    let Some(tmux) = Tmux::run(&top(&engine, &home), 80, 24) else { return };
    tmux.wait_for("shop-web-1");
    assert!(tmux.has_mouse());
    tmux.press(&["n"]);
    let header = [
        "SAFE HOST, every 0t",
        "memory 0 B/0 B volumes 0",
        "containers 0/0 disk 0 B free",
        "subnets 0/0 machine CPU 0 %, 0 B free",
        "project blog 0, 0 unwell project shop 0, 0 unwell",
        "memory of all containers: 0 B, peak 0 B ↑ budget 0 B",
    ];
    let is_expected = |screen: &str, table: &[&str]| {
        let found = normalized(screen, &engine);
        let table_at = found.iter().position(|line| line.starts_with("NAME"));
        found.starts_with(&header.map(str::to_owned))
            && table_at.is_some_and(|at| found[at..at + table.len().min(found.len() - at)] == *table)
            && found.last().is_some_and(|last| last == FOOTER)
    };
    tmux.wait_until("the list at 80x24", |screen| is_expected(screen, &TABLE_80));

    tmux.press(&["/"]);
    tmux.press(&["s", "h", "o", "p", "Enter"]);
    tmux.wait_until("only shop", |screen| screen.contains("shop-db-1") && !screen.contains("alone"));
    tmux.press(&["Escape"]);
    tmux.wait_for("alone");
    tmux.press(&["p"]);
    tmux.wait_until("projects", |screen| {
        let found = normalized(screen, &engine);
        ["▾ blog (0) 0 unwell", "▾ shop (0) 0 unwell", "▾ (no project) (0)"]
            .iter()
            .all(|wanted| found.iter().any(|line| line.starts_with(wanted)))
    });
    tmux.press(&["f"]);
    tmux.wait_until("folded projects", |screen| screen.contains("▸ blog (2)") && !screen.contains("alone"));
    tmux.press(&["f", "p", "?"]);
    tmux.wait_for("restart through restartgate; asks first");
    tmux.press(&["x"]);
    tmux.wait_until("the help is gone", |screen| !screen.contains("asks first"));

    // A click on the line of shop-web, a turn of the wheel, a click on a title (SGR: column and row count from 1).
    let screen = tmux.wait_for("shop-web-1");
    let row = screen.lines().position(|line| line.contains("shop-web-1")).unwrap() + 1;
    tmux.send(&format!("\x1b[<0;3;{row}M\x1b[<0;3;{row}m"));
    tmux.press(&["Enter"]);
    tmux.wait_until("the page of shop-web", |screen| {
        screen.starts_with("shop-web-1")
            && screen.contains("exit 1  refused")
            && screen.contains("last log lines")
    });
    tmux.press(&["Escape"]);
    let screen = tmux.wait_for("NAME");
    let titles = screen.lines().position(|line| line.contains("NAME")).unwrap() + 1;
    tmux.send(&format!("\x1b[<0;2;{titles}M"));
    tmux.wait_for("NAME▼");
    tmux.send(&format!("\x1b[<0;2;{titles}M"));
    tmux.wait_for("NAME▲");

    tmux.resize(200, 60);
    tmux.wait_until("the list at 200x60", |screen| {
        let found = normalized(screen, &engine);
        found.windows(TABLE_200.len()).any(|lines| lines == TABLE_200)
    });
    tmux.press(&["q"]);
    tmux.wait_for("ended 0");
    assert!(!tmux.has_mouse(), "the mouse is given back");
}

#[test]
fn strange_logs_and_a_container_that_vanishes_while_it_is_open() {
    let Some(engine) = strangers() else { return };
    let home = Home::new();
    let Some(tmux) = Tmux::run(&top(&engine, &home), 80, 24) else { return };
    tmux.wait_for("alone");
    tmux.press(&["n", "Home", "Enter"]);
    let screen = tmux.wait_for("[2J [31mred [0m    tab");
    assert!(screen.contains("no health check") && screen.contains("xxxxxxxxxx"), "{screen}");
    engine.docker(&["rm", "-f", "alone"]);
    let screen = tmux.wait_for("the container was removed");
    assert!(screen.starts_with("alone  ") && screen.contains("limits"), "{screen}");
    tmux.resize(30, 9);
    tmux.press(&["Escape"]);
    tmux.wait_until("the list without it", |screen| {
        screen.contains("shop-db-1") && !screen.contains("alone")
    });
    tmux.resize(80, 24);
    tmux.wait_for("RESTARTS");

    engine.kill9();
    tmux.wait_for("UNAVAILABLE");
    engine.restart();
    tmux.wait_for(" SAFE ");
    // The mouse is given back also where a signal ends it.
    let pid = tmux.program_pid();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    tmux.wait_for("ended 143");
    assert!(!tmux.has_mouse(), "the mouse is given back");
}

/// Two percent of a core at 300 containers is the aim: `DOCKWATCH_MANY=300 cargo test --release -p evenkeel-dockwatch --test
/// cli cost_of_the_live_view -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes and prints figures to read"]
fn cost_of_the_live_view() {
    let Some(engine) = OwnEngine::start() else { return };
    let home = Home::new();
    let many: usize = std::env::var("DOCKWATCH_MANY").ok().and_then(|n| n.parse().ok()).unwrap_or(30);
    for nth in 0..many {
        let project = format!("com.docker.compose.project=p{}", nth / 10);
        let name = format!("p{}-c{nth}", nth / 10);
        let options = ["run", "-d", "--network", "none", "--name", &name, "--label", &project];
        engine.docker(&[&options[..], &[BUSYBOX, "sleep", "3600"]].concat());
    }
    for (width, height) in [(80, 24), (200, 60)] {
        let Some(tmux) = Tmux::run(&top(&engine, &home), width, height) else { return };
        tmux.wait_for(&format!("{many}/20"));
        let before = cpu_ticks(&tmux.program_pid());
        let start = std::time::Instant::now();
        std::thread::sleep(std::time::Duration::from_secs(30));
        let ticks = cpu_ticks(&tmux.program_pid()) - before;
        // 100 ticks a second.
        let pct = ticks / start.elapsed().as_secs_f64();
        println!("{many} containers, {width}x{height}: {pct:.2} % of a core");
    }
}

/// CPU time of a process, user and system.
fn cpu_ticks(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
}
