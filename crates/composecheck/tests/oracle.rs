//! Compose is the judge: what it accepts is accepted, what it refuses is refused, and what comes out is the same.
//!
//! The files of COMPOSE_CORPUS, a generator of projects of two files, projects that bring other files in, and a list of fragments. Where Compose v2 is not
//! there, the fragments are held against what it said before.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![expect(clippy::print_stdout, reason = "the agreement is told to whoever runs it")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use evenkeel_tests::skip;
use serde_json::Value;

/// Where Compose 2.26 refuses and newer versions do not, or what it refuses is its own mistake.
const EXPLAINED: [(&str, &str); 3] = [
    ("cannot override services.a.gpus", "`all` over a list: it has brought only the first file to one shape"),
    ("invalid size: '-1'", "newer versions take -1 as text for no limit"),
    ("labels array items", "the same label in two files: it puts the two lists together and finds it twice"),
];

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

/// With an empty environment; no engine, which Compose would ask first.
fn run(words: &[&str], folder: &Path) -> Output {
    Command::new(words[0])
        .args(&words[1..])
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", std::env::var_os("HOME").unwrap_or_default())
        .env("DOCKER_HOST", "unix:///nonexistent")
        .output()
        .unwrap()
}

fn named<'a>(files: &[&'a str]) -> Vec<&'a str> {
    files.iter().flat_map(|file| ["-f", file]).collect()
}

fn ours(folder: &Path, files: &[&str]) -> Output {
    let composecheck = [env!("CARGO_BIN_EXE_composecheck"), "config", "--format", "json"];
    run(&[composecheck.as_slice(), &named(files)].concat(), folder)
}

/// How the two differ over a project, if they do.
fn difference(compose: &[&str], folder: &Path, files: &[&str]) -> Option<String> {
    let (ours, named) = (ours(folder, files), named(files));
    let theirs = run(&[compose, named.as_slice(), &["config", "--format", "json"]].concat(), folder);
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match (ours.status.code(), theirs.status.success()) {
        (Some(0), true) => {
            let [ours, theirs] =
                [ours, theirs].map(|output| serde_json::from_slice::<Value>(&output.stdout).unwrap());
            first_difference(&ours, &theirs, "")
        }
        // What is refused is refused with its place.
        (Some(3), false) if said(&ours).contains(".y") => None,
        (Some(3), true) => Some(format!("only we refuse it: {}", said(&ours))),
        (Some(0), false) => Some(format!("only Compose refuses it: {}", said(&theirs))),
        _ => Some(format!("{ours:?}")),
    }
}

fn first_difference(ours: &Value, theirs: &Value, path: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| {
            let [a, b] = [a, b].map(|object| object.get(key).unwrap_or(&Value::Bool(false)));
            first_difference(a, b, &format!("{path}.{key}"))
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| first_difference(a, b, &format!("{path}[{at}]")))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (a, b) if a == b => None,
        (a, b) => Some(format!("{path}: ours {a}, theirs {b}")),
    }
}

/// What differs over many cases, looked at by as many threads as there are processors.
fn differing(cases: usize, look: impl Fn(usize) -> Option<String> + Sync) -> Vec<String> {
    let (next, (send, receive)) = (AtomicUsize::new(0), mpsc::channel());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            let (send, next, look) = (send.clone(), &next, &look);
            scope.spawn(move || {
                while let case = next.fetch_add(1, Ordering::Relaxed)
                    && case < cases
                {
                    if let Some(difference) = look(case) {
                        send.send((case, difference)).unwrap();
                    }
                }
            });
        }
    });
    drop(send);
    let mut found: Vec<(usize, String)> = receive.iter().collect();
    found.sort();
    found.into_iter().map(|(case, difference)| format!("case {case}: {difference}")).collect()
}

/// Sets aside what is explained; prints the agreement.
fn judge(what: &str, cases: usize, differing: Vec<String>) {
    let is_explained = |difference: &String| EXPLAINED.iter().any(|(part, _)| difference.contains(part));
    let (explained, left): (Vec<String>, Vec<String>) = differing.into_iter().partition(is_explained);
    println!(
        "{what}: {} of {cases} the same, {} explained",
        cases - explained.len() - left.len(),
        explained.len()
    );
    assert!(left.is_empty(), "{what}:\n{}", left.join("\n"));
}

#[test]
fn the_corpus_comes_out_the_same() {
    let Some(corpus) = std::env::var_os("COMPOSE_CORPUS").map(PathBuf::from).filter(|path| path.is_dir())
    else {
        return skip("COMPOSE_CORPUS names no folder");
    };
    let Some(compose) = compose() else { return skip("there is no Compose v2") };
    let mut files = Vec::new();
    files_below(&corpus, &mut files);
    assert!(files.len() > 50, "{} files", files.len());
    files.sort();
    let look = |case: usize| {
        let file = &files[case];
        let name = file.file_name().unwrap().to_str().unwrap();
        let difference = difference(compose, file.parent().unwrap(), &[name])?;
        Some(format!("{}: {difference}", file.display()))
    };
    let found = differing(files.len(), look);
    assert!(found.is_empty(), "{}", found.join("\n"));
    judge("corpus", files.len(), found);
}

/// Places and values of `oracle/fields.txt`.
fn fields() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in include_str!("oracle/fields.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(place) if place.contains('.') && !place.contains(['"', ' ']) => {
                fields.push((place, Vec::new()));
            }
            _ => fields.last_mut().unwrap().1.push(line),
        }
    }
    fields
}

/// Random numbers that are the same in each run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// What one file of a generated project says beside what is always there.
#[derive(Default)]
struct Said {
    /// Keys of the service `a`.
    service: Vec<(&'static str, String)>,
    /// A section, an item of it, and its value.
    top: Option<(&'static str, &'static str, &'static str)>,
}

impl Said {
    fn say(&mut self, key: &'static str, value: String) {
        if !self.service.iter().any(|(said, _)| *said == key) {
            self.service.push((key, value));
        }
    }

    fn service(&self) -> String {
        let mut keys: Vec<String> =
            self.service.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        if !self.service.iter().any(|(key, _)| *key == "image") {
            keys.push("image: i".to_owned());
        }
        format!("{{{}}}", keys.join(", "))
    }

    fn base(&self) -> String {
        let mut text = format!("services: {{a: {}, o1: {{image: o}}, o2: {{image: o}}}}\n", self.service());
        for (section, items) in [
            ("networks", [("n1", "null"), ("n2", "{}")]),
            ("volumes", [("v1", "null"), ("v2", "{}")]),
            ("secrets", [("s1", "{file: s1}"), ("s2", "{file: s2}")]),
            ("configs", [("c1", "{file: c1}"), ("c2", "{file: c2}")]),
        ] {
            let own = self.top.filter(|(said, ..)| *said == section).map(|(_, item, value)| (item, value));
            let others = items.into_iter().filter(|(item, _)| own.is_none_or(|(own, _)| own != *item));
            let all: Vec<String> = own.into_iter().chain(others).map(|(k, v)| format!("{k}: {v}")).collect();
            let _ = writeln!(text, "{section}: {{{}}}", all.join(", "));
        }
        text
    }

    fn over(&self) -> String {
        let mut text = format!("services: {{a: {}}}\n", self.service());
        if let Some((section, item, value)) = self.top {
            let _ = writeln!(text, "{section}: {{{item}: {value}}}");
        }
        text
    }
}

/// One project of two files: a field said in the first, in the second, or in both, with other fields beside it.
fn project(
    fields: &[(&'static str, Vec<&'static str>)],
    case: usize,
    random: &mut Random,
) -> (String, String) {
    let (mut base, mut over) = (Said::default(), Said::default());
    let (place, values) = &fields[case % fields.len()];
    let (first, second) = (random.pick(values), random.pick(values));
    let (section, item) = place.split_once('.').unwrap();
    if let Some(key) = item.strip_prefix("a.") {
        let tag = ["", "", "", "", "", "!reset ", "!override "][random.below(7)];
        let which = random.below(6);
        if which != 0 {
            base.say(key, first.to_owned());
        }
        if which != 1 {
            over.say(key, format!("{tag}{second}"));
        }
        if random.below(5) < 2 {
            let (other, values) =
                random.pick(&fields.iter().map(|(p, v)| (*p, v.as_slice())).collect::<Vec<_>>());
            if let Some(other) = other.strip_prefix("services.a.") {
                let side = if random.below(2) == 0 { &mut base } else { &mut over };
                side.say(other, random.pick(values).to_owned());
            }
        }
    } else {
        (base.top, over.top) = (Some((section, item, first)), Some((section, item, second)));
        let user = if section == "volumes" { format!("['{item}:/d']") } else { format!("[{item}]") };
        base.say(section, user);
    }
    (base.base(), over.over())
}

#[test]
fn generated_projects_come_out_the_same() {
    let Some(compose) = compose() else { return skip("there is no Compose v2") };
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (cases, seed) = (number("ORACLE_CASES", 1000), number("ORACLE_SEED", 1));
    let (fields, dir) = (fields(), tempfile::tempdir().unwrap());
    let mut random = Random(seed as u64);
    let projects: Vec<(String, String)> =
        (0..cases).map(|case| project(&fields, case, &mut random)).collect();
    let look = |case: usize| {
        let folder = dir.path().join(format!("p{case}"));
        std::fs::create_dir(&folder).unwrap();
        let (base, over) = &projects[case];
        for (name, text) in [
            ("a.yml", base.as_str()),
            ("b.yml", over),
            ("e1.env", "A=e1\nX=\"q $HOME\"\n"),
            ("e2.env", "A=e2\nY=${A}\n"),
            ("l.lab", "a=1\nb=x y\n"),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let difference = difference(compose, &folder, &["a.yml", "b.yml"])?;
        std::fs::remove_dir_all(&folder).unwrap();
        Some(format!("{difference}\n{base}---\n{over}"))
    };
    judge("two files", cases, differing(cases, look));
}

/// Projects of `oracle/projects.txt`: a name, and files by their paths.
fn projects() -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let mut projects: Vec<(&str, Vec<(&str, String)>)> = Vec::new();
    for line in include_str!("oracle/projects.txt").lines() {
        if let Some(name) = line.strip_prefix("== ") {
            projects.push((name, Vec::new()));
        } else if let Some((_, files)) = projects.last_mut() {
            match (line.strip_prefix("-- "), files.last_mut()) {
                (Some(path), _) => files.push((path, String::new())),
                (None, Some((_, text))) => *text += &format!("{line}\n"),
                (None, None) => {}
            }
        }
    }
    projects
}

#[test]
fn what_is_brought_in_comes_out_the_same() {
    let Some(compose) = compose() else { return skip("there is no Compose v2") };
    let (projects, dir) = (projects(), tempfile::tempdir().unwrap());
    let (everywhere, projects) = projects.split_first().unwrap();
    let look = |case: usize| {
        let (name, files) = &projects[case];
        let folder = dir.path().join(format!("b{case}"));
        for (path, text) in everywhere.1.iter().chain(files) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let difference = difference(compose, &folder, &["c.yml"])?;
        Some(format!("{name}: {difference}"))
    };
    judge("brought in", projects.len(), differing(projects.len(), look));
}

/// A file around a fragment.
fn around(section: &str, fragment: &str) -> String {
    match section {
        "[whole]" | "[over]" => fragment.replace("\\n", "\n").replace("\\t", "\t"),
        "[file]" => format!("services: {{a: {{image: x}}}}\n{fragment}\n"),
        _ => format!(
            "services: {{o: {{image: x}}, a: {{image: x, {fragment}}}}}\nnetworks: {{n: }}\nsecrets: {{s: {{file: x}}}}\n\
             configs: {{c: {{file: x}}}}\nvolumes: {{vol: }}\n"
        ),
    }
}

#[test]
fn fragments_are_taken_and_refused_as_compose_does() {
    let dir = tempfile::tempdir().unwrap();
    let (mut section, mut fragments) = ("", Vec::new());
    for line in include_str!("oracle/fragments.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some((sign, fragment)) => fragments.push((sign == "+", around(section, fragment), fragment)),
            None => section = line,
        }
    }
    let compose = compose();
    let look = |case: usize| {
        let (accepted, text, fragment) = &fragments[case];
        let folder = dir.path().join(format!("f{case}"));
        std::fs::create_dir(&folder).unwrap();
        let (base, over) = text.split_once(" +++ ").unwrap_or((text, ""));
        std::fs::write(folder.join("a.yml"), base).unwrap();
        std::fs::write(folder.join("b.yml"), over).unwrap();
        std::fs::write(folder.join("e.env"), "").unwrap();
        let files: &[&str] = if over.is_empty() { &["a.yml"] } else { &["a.yml", "b.yml"] };
        let ours = ours(&folder, files);
        let said = String::from_utf8_lossy(&ours.stderr).into_owned();
        if ours.status.code() != Some(if *accepted { 0 } else { 3 }) || !*accepted && !said.contains(".yml:")
        {
            return Some(format!("{fragment}: accepted by Compose: {accepted}; {said}"));
        }
        let difference = difference(compose?, &folder, files)?;
        Some(format!("{fragment}: {difference}"))
    };
    let found = differing(fragments.len(), look);
    judge("fragments", fragments.len(), found);
}
