//! The command line end to end: exit codes, positions, JSON, the reference stacks.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde::Deserialize;

fn composecheck(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_composecheck"));
    command.env_clear().current_dir(stack()).args(args).output().expect("composecheck starts")
}

fn stack() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/stack")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Report {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    files: Vec<String>,
    errors: usize,
    warnings: usize,
    infos: usize,
    known: usize,
    findings: Vec<Finding>,
    suppressed: Vec<Suppressed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Suppressed {
    code: String,
    subject: String,
    file: String,
    line: usize,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Finding {
    code: String,
    level: String,
    subject: String,
    message: String,
    fix: String,
    fixable: bool,
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    start_byte: usize,
    end_byte: usize,
    related: Vec<serde_json::Value>,
}

#[test]
fn the_reference_stack_is_clean() {
    for second in ["compose.test.yml", "compose.dev.yml"] {
        let output = composecheck(&["-f", "compose.base.yml", "-f", second, "--fail-on", "warning"]);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
        assert_eq!(stdout(&output), "no findings\n");
    }
}

#[test]
fn the_crashing_stack_is_found_line_by_line() {
    let output = composecheck(&["-f", "compose.crashing.yml", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((report.schema.as_str(), report.verdict.as_str()), ("composecheck.report/1", "fail"));
    let text = std::fs::read_to_string(stack().join("compose.crashing.yml")).unwrap();
    let found: Vec<(&str, &str)> =
        report.findings.iter().map(|f| (f.code.as_str(), &text[f.start_byte..f.end_byte])).collect();
    for wanted in [
        ("CC103", "/var/lib/postgresql/data:size=3g,uid=70,gid=70,mode=0700"),
        ("CC103", "tmpfs"),
        ("CC101", "postgres"),
        ("CC101", "redis"),
        ("CC102", "postgres"),
        ("CC202", "2s"),
        ("CC301", "postgres"),
        ("CC301", "redis-data"),
        ("CC301", "services"),
        ("CC601", "redis"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
    for finding in &report.findings {
        let line = text.lines().nth(finding.line - 1).unwrap();
        let word = &text[finding.start_byte..finding.end_byte];
        assert!(line[finding.column - 1..].starts_with(word), "{finding:?}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Table {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    budget_bytes: u64,
    total_bytes: u64,
    unlimited: bool,
    services: Vec<BudgetRow>,
    volumes: Vec<BudgetRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct BudgetRow {
    name: String,
    replicas: u64,
    limit_bytes: Option<u64>,
    reservation_bytes: Option<u64>,
    tmpfs_bytes: Option<u64>,
    shm_bytes: u64,
    total_bytes: Option<u64>,
}

#[test]
fn the_budget_is_added_up() {
    let output = composecheck(&["budget", "-f", "compose.base.yml", "-f", "compose.test.yml", "--json"]);
    let budget: Table = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), budget.verdict.as_str()), (Some(0), "pass"));
    assert_eq!((budget.schema.as_str(), budget.unlimited), ("composecheck.budget/1", false));
    assert_eq!(budget.total_bytes, (512 + 256 + 512 + 512 + 1024 + 256) << 20);
    assert_eq!(budget.services[0].total_bytes, Some(512 << 20));

    let output =
        composecheck(&["budget", "-f", "compose.base.yml", "-f", "compose.test.yml", "--budget", "3000MiB"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).ends_with("3.0 GiB of 2.9 GiB: over the budget\n"), "{}", stdout(&output));

    let output = composecheck(&["budget", "-f", "compose.crashing.yml", "--json"]);
    let budget: Table = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), budget.unlimited), (Some(1), true));
    assert_eq!(budget.services[0].total_bytes, None);
    assert_eq!(
        (budget.volumes[0].name.as_str(), budget.volumes[0].tmpfs_bytes),
        ("redis-data", Some(2500 << 20))
    );
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Listing {
    schema: String,
    tool_version: String,
    at: String,
    verdict: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the fields are the schema")]
struct Rule {
    code: String,
    name: String,
    level: String,
    what: String,
    why: String,
    example: String,
    good: String,
    fix: String,
    references: Vec<String>,
}

#[test]
fn every_rule_is_listed_and_explained() {
    let rules: Listing = serde_json::from_slice(&composecheck(&["rules", "--json"]).stdout).unwrap();
    assert_eq!(rules.schema, "composecheck.rules/1");
    for rule in &rules.rules {
        let output = composecheck(&["explain", &rule.code]);
        assert!(output.status.success() && stdout(&output).contains(&rule.why), "{}", rule.code);
    }
    assert_eq!(stdout(&composecheck(&["rules"])).lines().count(), rules.rules.len());
    let unknown = composecheck(&["explain", "CC999"]);
    assert!(unknown.status.code() == Some(2) && stderr(&unknown).contains("hint: "), "{}", stderr(&unknown));
}

#[test]
fn rules_depend_on_the_environment() {
    let base = ["-f", "compose.base.yml", "-f", "compose.dev.yml", "--fail-on", "warning"];
    let with = |more: &[&str]| stdout(&composecheck(&[&base, more].concat()));
    assert!(with(&["--env", "test"]).contains("warning[CC501]"));
    assert!(with(&["--profile", "fast"]).contains("warning[CC804]"));
    assert!(with(&["--budget", "2GiB"]).contains("error[CC105]"));
    // Dev and prod agree about databases and restarts; only the rules on security differ.
    let prod = with(&["--env", "prod"]);
    for code in prod.match_indices("[CC").map(|(at, _)| &prod[at + 1..at + 6]) {
        assert!(("CC911".."CC930").contains(&code), "{prod}");
    }
    assert!(prod.contains("warning[CC921]") && !prod.contains("error["), "{prod}");
}

/// The known causes of the crashes, with the rules that find them.
const CAUSES: [(&str, &str); 13] = [
    ("databases in RAM", "CC103"),
    ("their sum", "CC106"),
    ("no memory limit", "CC101"),
    ("no CPU limit", "CC102"),
    ("health checks of 2 s", "CC202"),
    ("no health check", "CC201"),
    ("not waiting for health", "CC204"),
    ("no labels", "CC301"),
    ("fixed container names", "CC302"),
    ("ports of dev", "CC402"),
    ("ports that nothing moves", "CC403"),
    ("restarts for ever", "CC501"),
    ("logs without limit", "CC601"),
];

#[test]
fn every_cause_is_found_in_the_crashing_stack_only() {
    let codes = |args: &[&str]| -> Vec<String> {
        let report: Report = serde_json::from_slice(&composecheck(args).stdout).unwrap();
        report.findings.into_iter().map(|finding| finding.code).collect()
    };
    let crashing = codes(&["-f", "compose.crashing.yml", "--json"]);
    for (cause, code) in CAUSES {
        assert!(crashing.iter().any(|found| found == code), "{cause} ({code}) is not among {crashing:?}");
    }
    for second in ["compose.test.yml", "compose.dev.yml"] {
        assert_eq!(codes(&["-f", "compose.base.yml", "-f", second, "--json"]), [""; 0], "{second}");
    }
}

#[test]
fn text_output_shows_the_line() {
    let shown = stdout(&composecheck(&["-f", "compose.crashing.yml"]));
    assert!(shown.contains("compose.crashing.yml:4:13"), "{shown}");
    assert!(shown.contains("interval: 2s") && shown.contains("^^"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colours in a pipe: {shown}");
}

#[test]
fn load_errors_have_a_position() {
    let dir = tempfile::tempdir().unwrap();
    for (bytes, said) in [
        (&b"services:\n  a: [1\n"[..], "a.yml:"),
        (b"services:\n  a: 1\n", "a.yml:2:6: 'services.a' must be a mapping"),
        (b"services: {}\nservices: {}\n", "a.yml:2:1: duplicate key 'services'"),
        (b"services:\n  a: {image: \"${}\"}\n", "a.yml:2:14: '${}' is not a valid variable"),
        (b"services:\n  a\0: {}\n", "a.yml:2:4: the file contains a NUL byte"),
        (b"services:\n  \xff: {}\n", "a.yml:2:3: it is not UTF-8"),
        (b"servces: {}\n", "a.yml:1:1: unknown key 'servces'"),
        (b"# nothing\n", "a.yml:1:1: the file is empty"),
        (b"include: [b.yml]\n", "a.yml:1:11: cannot read "),
        (b"include: {a: b}\n", "a.yml:1:1: 'include' must be a list"),
        (b"include: [a.yml]\n", "includes itself"),
        (b"services:\n  a: {extends: {service: b}}\n", "a.yml:2:26: it extends service 'b', which "),
        (b"services:\n  a: {extends: a}\n", "a.yml:2:16: it extends itself: a -> a"),
        (b"services:\n  a: {extends: {file: x.yml}}\n", "a.yml:2:7: 'extends' names no service"),
        (
            b"services:\n  a: {depends_on: [b]}\n  b: {depends_on: [a]}\n",
            "a.yml:3:20: services depend on each other in a cycle: a -> b -> a",
        ),
        (
            b"services:\n  a: {depends_on: [x]}\n",
            "a.yml:2:20: service 'a' refers to the undefined service 'x'",
        ),
        (b"services:\n  a: {networks: [x]}\n", "a.yml:2:18: service 'a' refers to the undefined network 'x'"),
        (
            b"services:\n  a: {volumes: ['data:/d']}\n",
            "a.yml:2:17: service 'a' refers to the undefined volume 'data'",
        ),
        (b"services:\n  a: {secrets: [x]}\n", "a.yml:2:17: service 'a' refers to the undefined secret 'x'"),
    ] {
        let path = dir.path().join("a.yml");
        std::fs::write(&path, bytes).unwrap();
        let output = composecheck(&["-f", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(3), "{said}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{said}: {}", stderr(&output));
        // A file that is not UTF-8 cannot be shown.
        let shown = stdout(&output);
        assert!(shown.starts_with("error[CC000]: ") != said.contains("UTF-8"), "{said}: {shown}");
    }
    let path = dir.path().join("a.yml");
    std::fs::write(&path, "services:\n  a: {env_file: no.env}\n").unwrap();
    let said = stderr(&composecheck(&["config", "-f", path.to_str().unwrap()]));
    assert!(said.contains("a.yml:2:17: service 'a' refers to the file 'no.env'"), "{said}");
    let output = composecheck(&["-f", dir.path().to_str().unwrap()]);
    assert!(output.status.code() == Some(3) && stderr(&output).contains("directory"), "{}", stderr(&output));
    assert_eq!(composecheck(&["-f", "/nonexistent.yml"]).status.code(), Some(3));
    assert_eq!(composecheck(&["--nonsense"]).status.code(), Some(2));
}

/// Checks a file. The kernel ends the process after five seconds of processor time, however busy the machine is.
fn within_five_seconds(file: &std::path::Path) -> Output {
    if cfg!(windows) {
        return composecheck(&["-f", file.to_str().unwrap()]);
    }
    let limited = "ulimit -t 5; exec \"$0\" -f \"$1\"";
    Command::new("sh").args(["-c", limited, env!("CARGO_BIN_EXE_composecheck")]).arg(file).output().unwrap()
}

/// Input that is made to exhaust time or memory is rejected, with a position, within seconds.
#[test]
fn harmful_input_is_rejected_quickly() {
    let dir = tempfile::tempdir().unwrap();
    let mut bomb = String::from("x-0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        bomb += &format!("x-{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(","));
    }
    let pools = "networks: {n: {ipam: {config: [{}".to_owned() + &",{}".repeat(20_000) + "]}}}\n";
    let sparse = |name: &str| {
        let file = std::fs::File::create(dir.path().join(name)).unwrap();
        file.set_len(100 << 20).unwrap();
    };
    for (name, text) in [
        ("bomb.yml", bomb.as_str()),
        ("deep.yml", &"- ".repeat(50_000)),
        ("flow.yml", &format!("a: {}", "[".repeat(50_000))),
        ("keys.yml", &format!("services: {{{}}}", "a,".repeat(50_000))),
        ("self.yml", "services:\n  a: {extends: {file: other.yml, service: a}}\n"),
        ("other.yml", "services:\n  a: {extends: {file: self.yml, service: a}}\n"),
        ("in.yml", "include: [out.yml]\n"),
        ("out.yml", "include: [in.yml]\n"),
        ("folder.yml", "include: [.]\n"),
        ("pools.yml", &format!("{pools}---\n{pools}")),
        ("large.yml", "include: [sparse.yml]\n"),
        ("anchors.yml", "a: &a {b: *a}\n"),
        ("defaults.yml", &format!("name: '{}{}'\n", "${A:-".repeat(5_000), "}".repeat(5_000))),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    sparse("sparse.yml");
    std::fs::write(dir.path().join("utf16.yml"), b"\xff\xfea\0").unwrap();
    std::fs::write(dir.path().join("utf16be.yml"), b"\0a\0:\0b").unwrap();
    for (name, said) in [
        ("bomb.yml", "bomb.yml:6:11: more than 100000 values"),
        ("deep.yml", "deep.yml:1:"),
        ("flow.yml", "flow.yml:1:"),
        ("keys.yml", "keys.yml:1:14: duplicate key 'a'"),
        ("self.yml", "other.yml:2:42: it extends itself: a -> a -> a"),
        ("in.yml", "in.yml:1:11: "),
        ("folder.yml", "folder.yml:1:11: cannot read "),
        ("large.yml", "large.yml:1:11: cannot read "),
        ("pools.yml", "more than 200 address pools"),
        ("sparse.yml", "it is larger than 8 MiB"),
        (
            "utf16.yml",
            "utf16.yml:1:1: it is UTF-16 (little-endian), not UTF-8\nhint: convert it: iconv -f UTF-16 -t UTF-8 ",
        ),
        (
            "utf16be.yml",
            "utf16be.yml:1:1: it is UTF-16 (big-endian, without a byte order mark), not UTF-8\nhint: ",
        ),
        ("anchors.yml", "anchors.yml:1:11: this alias refers to itself"),
        ("defaults.yml", "defaults.yml:1:7: its defaults are nested deeper than 32 levels"),
    ] {
        let output = within_five_seconds(&dir.path().join(name));
        assert_eq!(output.status.code(), Some(3), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{name}: {}", stderr(&output));
    }
}

#[test]
#[cfg(unix)]
fn files_that_cannot_be_read_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::os::unix::fs::symlink("loop.yml", path("loop.yml")).unwrap();
    std::os::unix::fs::symlink("nowhere", path("dangling.yml")).unwrap();
    for name in ["loop.yml", "dangling.yml"] {
        let output = composecheck(&["-f", path(name).to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(3), "{name}");
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
    #[cfg(target_os = "linux")]
    assert_eq!(composecheck(&["-f", "/proc/self/mem"]).status.code(), Some(3));
}

#[test]
fn variables_come_from_files_and_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yml");
    std::fs::write(
        &path,
        "services: {a: {image: \"i:1\", hostname: \"${NAME}\", mem_limit: \"${LIMIT:-1m}\"}}\n",
    )
    .unwrap();
    let run = || stdout(&composecheck(&["-f", path.to_str().unwrap()]));
    assert!(run().contains("CC001"));
    std::fs::write(dir.path().join(".env"), "NAME=db\nLIMIT=512m\n").unwrap();
    assert!(!run().contains("CC001"));
    std::fs::write(dir.path().join(".env"), "NAME=db\nLIMIT=lots\n").unwrap();
    assert_eq!(composecheck(&["-f", path.to_str().unwrap()]).status.code(), Some(3));
    std::fs::write(&path, "services: {a: {image: \"i:1\", mem_limit: \"${NO_LIMIT}\"}}\n").unwrap();
    let said = stderr(&composecheck(&["config", "-f", path.to_str().unwrap()]));
    assert!(said.contains("must be a size such as 512m (the variable NO_LIMIT is not set)"), "{said}");
    let shown = run();
    assert!(shown.contains("the variable NO_LIMIT is not set") && !shown.contains("CC000"), "{shown}");
}

/// Most projects keep `.env` and other files out of their repository. They can be checked without; Compose would refuse them.
#[test]
fn a_fresh_clone_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("compose.yml").display().to_string();
    let text = "services:\n  a:\n    image: ${IMAGE}\n    env_file: .env\n    ports: [\"${PORT}:${PORT}\"]\n    \
                environment:\n      KEY: ${KEY:?set a key}\n  b:\n    image: ${B_IMAGE:?}\n    env_file: [.env]\n";
    std::fs::write(&path, text).unwrap();
    for (args, code) in [
        (["-f", &path].as_slice(), 0),
        (&["--fail-on", "warning", "-f", &path], 1),
        (&["--env", "test", "-f", &path], 1),
        (&["budget", "-f", &path], 1),
        (&["init", "--dry-run", "-f", &path], 0),
        (&["compare", &path, &path], 0),
        (&["config", "-f", &path], 3),
        (&["project", "-f", &path], 3),
        (&["isolate", "-f", &path], 3),
    ] {
        let output = composecheck(args);
        let said = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    }
    let report = stdout(&composecheck(&["--json", "-f", &path]));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let mut absent = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["code"] != "CC000" && finding["code"] != "CC701", "{finding}");
        if finding["code"] == "CC006" {
            absent.push(finding["message"].as_str().unwrap());
        }
    }
    let wanted = [
        "service 'a' refers to the file '.env', which does not exist",
        "the variable KEY must be set: set a key",
        "the variable B_IMAGE must be set",
    ];
    assert_eq!(absent, wanted);

    let values = "IMAGE=i:1\nPORT=80\nKEY=x\nB_IMAGE=b:1\n";
    std::fs::write(dir.path().join(".env"), values).unwrap();
    assert!(!stdout(&composecheck(&["-f", &path])).contains("CC006"));
    assert_eq!(composecheck(&["config", "-f", &path]).status.code(), Some(0));
}

/// Keys and values may contain any character through YAML escapes, and comments may contain it as it is.
#[test]
fn texts_of_files_cannot_control_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let text = "services:\n  a:\n    image: \"x\\e[31m\" # \u{202e}comment\n    restart: \"\\e[2J\\u202e\"\n    tmpfs: \"/\\e]0;t\\a\"\n    \
                labels: {\"\\e[31mk\": \"\\x9b2J\", m: \"a\\nb\"}\n\"x-\\e[2J\": 1\n";
    std::fs::write(path("a.yml"), text).unwrap();
    std::fs::write(path("b.yml"), "services: {a: {image: y, \"\\e[2J\": 1}}\n").unwrap();
    std::fs::write(path("c.yml"), "services: {a: {image: y}}\n").unwrap();
    let (a, b, c) = (path("a.yml"), path("b.yml"), path("c.yml"));
    for args in [
        ["-f", &a].as_slice(),
        &["-f", &a, "--format", "github"],
        &["-f", &b],
        &["config", "-f", &a],
        &["compare", &a, &c],
        &["compare", &c, &a],
        &["budget", "-f", &a],
        &["-f", "\u{1b}[2J"],
    ] {
        let output = composecheck(args);
        let shown = stdout(&output) + &stderr(&output);
        assert!(shown.len() > 20, "{args:?}: {shown}");
        let unsafe_char = shown.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
        assert_eq!(unsafe_char, None, "{args:?}: {shown:?}");
    }
}
