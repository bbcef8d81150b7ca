//! Compose is the oracle: the same files are accepted and rejected, and the rendered projects are equal.
//!
//! The inputs are the files of COMPOSE_CORPUS, generated projects of two files, projects that include and extend other
//! files, and a list of fragments. Without Compose v2, the fragments are compared with its recorded verdicts.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]
#![expect(clippy::print_stdout, reason = "the numbers are part of the result")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, mpsc};
use std::thread;

use evenkeel_tests::skip;
use serde_json::Value;

/// Differences that are accepted: a part of the difference, the version of Compose that has it, and the reason. What
/// `config --format json` prints is what the newest Compose prints, so most are of the older one.
const ACCEPTED: &[(&str, Version, &str)] = &[
    ("cannot override services.a.gpus", Version::Old, "`all` over a list: it normalizes only the first file"),
    (
        "labels array items",
        Version::Old,
        "the same label in two files: it joins the two lists and finds a duplicate",
    ),
    ("Additional property models", Version::Old, "since 2.38"),
    ("Additional property provider", Version::Old, "since 2.36"),
    ("Additional property use_api_socket", Version::Old, "since 2.37"),
    ("Additional property interface_name", Version::Old, "since 2.36"),
    ("Additional property include", Version::Old, "of develop.watch, since 2.35"),
    ("Additional property initial_sync", Version::Old, "since 2.36"),
    ("Additional property image", Version::Old, "of mounts, since 2.35"),
    ("Additional property labels", Version::Old, "of mounts, since 2.36"),
    ("Additional property provenance", Version::Old, "since 2.39"),
    ("Additional property sbom", Version::Old, "since 2.39"),
    ("Additional property pre_start", Version::Old, "of the newest schema"),
    ("properties 'pre_start'", Version::New, "of the newest schema"),
    ("properties 'no_cache_filter'", Version::New, "of the newest schema"),
    ("unsupported env_file format \"raw\"", Version::Old, "since 2.30"),
    (
        ".i1.environment.Z: ours \"inc\"",
        Version::Old,
        "files of variables of an included project use its variables since 2.40",
    ),
    (".environment.Y: ours", Version::Old, "which file's variable another file uses, changed before 2.40"),
    ("ipam.config must be a list", Version::Old, "an empty list in one of two files, accepted since 2.40"),
    (".x-y", Version::Old, "extensions are merged since 2.40"),
    ("'x-y", Version::Old, "extensions are merged since 2.40, and so keep their type"),
    ("must be one of: bind", Version::Old, "types of mounts are checked since 2.40"),
    ("must be a non-negative integer", Version::Old, "replicas are checked since 2.40"),
    ("infinity and NaN are not supported", Version::New, "it takes them for text; JSON cannot have them"),
    ("true or false", Version::New, "a date in a second file, where it checks only the first"),
    ("watch.0.ignore must be a list", Version::Old, "a text is accepted since 2.35"),
    ("unknown unit \"d\"", Version::Old, "days and weeks are accepted since 2.27"),
    ("overflows uint", Version::Old, "negative permissions, accepted since 2.40"),
    ("must be an octal number", Version::Old, "permissions are octal since 2.40"),
    (".gw_priority: ours", Version::Old, "since 2.33"),
    ("must be a name of at least two", Version::Old, "the name of a container, refused since 2.40"),
    ("of another service", Version::Old, "one container_name twice, refused since 2.40"),
    ("].mode: ours \"0", Version::Old, "printed as an octal number since 2.40"),
    ("].mode: ours", Version::Old, "a text is octal since 2.40"),
    ("must be a string", Version::Old, "a date, refused since 2.40"),
    ("a string or a number", Version::Old, "a date, refused since 2.40"),
    ("true or false", Version::Old, "a date, refused since 2.40"),
    ("' twice", Version::Old, "two mounts of one directory, refused since 2.40"),
    (
        "labels must be a mapping",
        Version::New,
        "labels as a list in two files: it normalizes only the first file",
    ),
    ("invalid size: '-1'", Version::New, "the newest versions accept the string -1 for no limit"),
    ("invalid size: '-1'", Version::Old, "the newest versions accept the string -1 for no limit"),
];

/// A version of Compose that this is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// Before 2.40.
    Old,
    /// 2.40 or newer.
    New,
}

/// A Compose that is there.
#[derive(Debug)]
struct Oracle {
    words: Vec<String>,
    version: Version,
}

/// Where the docker command looks for its plugins. Compose answers without it too, and sooner.
const PLUGIN_FOLDERS: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// The installed Compose v2, a plugin or a program, and the one that EVENKEEL_COMPOSE_NEWEST names, which
/// `scripts/platforms/compose-newest` gets.
fn oracles() -> Vec<Oracle> {
    let plugins = PLUGIN_FOLDERS.iter().map(|folder| vec![format!("{folder}/docker-compose")]);
    let commands = [vec!["docker".to_owned(), "compose".to_owned()], vec!["docker-compose".to_owned()]];
    let mut known: Vec<Vec<String>> = plugins.chain(commands).collect();
    let cache = std::env::var("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|_| std::env::var("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let newest = std::env::var("EVENKEEL_COMPOSE_NEWEST");
    let in_cache = cache.map(|cache| cache.join("evenkeel/compose-newest").display().to_string());
    known.extend(newest.or(in_cache).into_iter().map(|path| vec![path]));
    let mut found: Vec<Oracle> = Vec::new();
    for oracle in known.into_iter().filter_map(|words| Some(Oracle { version: version(&words)?, words })) {
        if found.iter().all(|other| other.version != oracle.version) {
            found.push(oracle);
        }
    }
    found
}

/// The version of a program, if it is a Compose v2.
fn version(words: &[String]) -> Option<Version> {
    let asked = Command::new(&words[0]).args(&words[1..]).args(["version", "--short"]).output().ok()?;
    let text = String::from_utf8_lossy(&asked.stdout).trim().trim_start_matches('v').to_owned();
    let mut numbers = text.split('.').map_while(|part| part.parse::<u32>().ok());
    match (asked.status.success(), numbers.next()?, numbers.next()?) {
        (true, 2, minor) => Some(if minor < 40 { Version::Old } else { Version::New }),
        (true, major, _) if major > 2 => Some(Version::New),
        _ => None,
    }
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

/// Runs a command with an empty environment and without an engine, which Compose would ask first.
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

/// The results of composecheck for cases that are compared with several versions of Compose.
struct Ours(Vec<OnceLock<Output>>);

impl Ours {
    fn new(cases: usize) -> Self {
        Self((0..cases).map(|_| OnceLock::new()).collect())
    }

    fn of(&self, case: usize, folder: &Path, files: &[&str]) -> &Output {
        self.0[case].get_or_init(|| ours(folder, files))
    }
}

/// The first difference between the two results for a project.
fn difference(oracle: &Oracle, ours: &Output, folder: &Path, files: &[&str]) -> Option<String> {
    let named = named(files);
    let compose: Vec<&str> = oracle.words.iter().map(String::as_str).collect();
    let theirs = run(&[compose.as_slice(), &named, &["config", "--format", "json"]].concat(), folder);
    let stderr = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match (ours.status.code(), theirs.status.success()) {
        (Some(0), true) => {
            let [ours, theirs] =
                [ours, &theirs].map(|output| serde_json::from_slice::<Value>(&output.stdout).unwrap());
            first_difference(&ours, &theirs, "")
        }
        // The error has a position.
        (Some(3), false) if stderr(ours).contains(".y") => None,
        (Some(3), true) => Some(format!("only composecheck rejects it: {}", stderr(ours))),
        (Some(0), false) => Some(format!("only Compose rejects it: {}", stderr(&theirs))),
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

/// Compares with each Compose that is there.
fn for_each_oracle(compare: impl Fn(&Oracle)) {
    let oracles = oracles();
    if oracles.is_empty() {
        return skip("there is no Compose v2");
    }
    if oracles.iter().all(|oracle| oracle.version == Version::Old) {
        println!("only with the older Compose: scripts/platforms/compose-newest gets the newest");
    }
    oracles.iter().for_each(compare);
}

/// The differences of many cases, which are compared by one thread for each processor.
fn differing(cases: usize, compare: impl Fn(usize) -> Option<String> + Sync) -> Vec<String> {
    let (next, (send, receive)) = (AtomicUsize::new(0), mpsc::channel());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            let (send, next, compare) = (send.clone(), &next, &compare);
            scope.spawn(move || {
                while let case = next.fetch_add(1, Ordering::Relaxed)
                    && case < cases
                {
                    if let Some(difference) = compare(case) {
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

/// Fails if there are differences other than the accepted ones. Prints the numbers.
fn report(what: &str, oracle: Option<&Oracle>, cases: usize, differing: Vec<String>) {
    let is_accepted = |difference: &String| {
        let mut known =
            ACCEPTED.iter().filter(|(_, version, _)| oracle.is_some_and(|own| own.version == *version));
        known.any(|(part, ..)| difference.contains(part))
    };
    let (explained, left): (Vec<String>, Vec<String>) = differing.into_iter().partition(is_accepted);
    println!(
        "{what}, {}: {} of {cases} equal, {} accepted differences",
        oracle.map_or("recorded".to_owned(), |oracle| format!("{:?}", oracle.version)),
        cases - explained.len() - left.len(),
        explained.len()
    );
    assert!(left.is_empty(), "{what}:\n{}", left.join("\n"));
}

#[test]
fn the_corpus_is_rendered_as_by_compose() {
    let Some(corpus) = std::env::var_os("COMPOSE_CORPUS").map(PathBuf::from).filter(|path| path.is_dir())
    else {
        return skip("COMPOSE_CORPUS names no folder");
    };
    let mut files = Vec::new();
    files_below(&corpus, &mut files);
    assert!(files.len() > 50, "{} files", files.len());
    files.sort();
    let ours = Ours::new(files.len());
    for_each_oracle(|oracle| {
        let compare = |case: usize| {
            let file = &files[case];
            let name = file.file_name().unwrap().to_str().unwrap();
            let folder = file.parent().unwrap();
            let difference = difference(oracle, ours.of(case, folder, &[name]), folder, &[name])?;
            Some(format!("{}: {difference}", file.display()))
        };
        report("corpus", Some(oracle), files.len(), differing(files.len(), compare));
    });
}

/// The paths and values of `oracle/fields.txt`.
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

/// The content of one file of a generated project, beside what every project has.
#[derive(Default)]
struct FileContent {
    /// Keys of the service `a`.
    service: Vec<(&'static str, String)>,
    /// A section, an item of it, and the value of the item.
    top: Option<(&'static str, &'static str, &'static str)>,
}

impl FileContent {
    fn set(&mut self, key: &'static str, value: String) {
        if !self.service.iter().any(|(known, _)| *known == key) {
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
            let own = self.top.filter(|(known, ..)| *known == section).map(|(_, item, value)| (item, value));
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

/// A project of two files: a field is set in the first, in the second, or in both; sometimes with another field.
fn project(
    fields: &[(&'static str, Vec<&'static str>)],
    case: usize,
    random: &mut Random,
) -> (String, String) {
    let (mut base, mut over) = (FileContent::default(), FileContent::default());
    let (place, values) = &fields[case % fields.len()];
    let (first, second) = (random.pick(values), random.pick(values));
    let (section, item) = place.split_once('.').unwrap();
    if let Some(key) = item.strip_prefix("a.") {
        let tag = ["", "", "", "", "", "!reset ", "!override "][random.below(7)];
        let which = random.below(6);
        if which != 0 {
            base.set(key, first.to_owned());
        }
        if which != 1 {
            over.set(key, format!("{tag}{second}"));
        }
        if random.below(5) < 2 {
            let (other, values) =
                random.pick(&fields.iter().map(|(p, v)| (*p, v.as_slice())).collect::<Vec<_>>());
            if let Some(other) = other.strip_prefix("services.a.") {
                let side = if random.below(2) == 0 { &mut base } else { &mut over };
                side.set(other, random.pick(values).to_owned());
            }
        }
    } else {
        (base.top, over.top) = (Some((section, item, first)), Some((section, item, second)));
        let user = if section == "volumes" { format!("['{item}:/d']") } else { format!("[{item}]") };
        base.set(section, user);
    }
    (base.base(), over.over())
}

#[test]
fn generated_projects_are_rendered_as_by_compose() {
    // More than there are fields, so that each is set at least once; ORACLE_CASES=1000 and more take minutes.
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (cases, seed) = (number("ORACLE_CASES", 300), number("ORACLE_SEED", 1));
    let (fields, dir) = (fields(), tempfile::tempdir().unwrap());
    let mut random = Random(seed as u64);
    let projects: Vec<(String, String)> =
        (0..cases).map(|case| project(&fields, case, &mut random)).collect();
    let ours = Ours::new(cases);
    let compare = |oracle: &Oracle, case: usize| {
        let folder = dir.path().join(format!("p{case}"));
        let _ = std::fs::remove_dir_all(&folder);
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
        let files = ["a.yml", "b.yml"];
        let difference = difference(oracle, ours.of(case, &folder, &files), &folder, &files);
        std::fs::remove_dir_all(&folder).unwrap();
        Some(format!("{}\n{base}---\n{over}", difference?))
    };
    for_each_oracle(|oracle| {
        report(
            &format!("two files, seed {seed}"),
            Some(oracle),
            cases,
            differing(cases, |case| compare(oracle, case)),
        );
    });
}

/// The projects of `oracle/projects.txt`: name, and files with their paths.
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
fn included_and_extended_files_are_rendered_as_by_compose() {
    let (projects, dir) = (projects(), tempfile::tempdir().unwrap());
    let (everywhere, projects) = projects.split_first().unwrap();
    let ours = Ours::new(projects.len());
    let compare = |oracle: &Oracle, case: usize| {
        let (name, files) = &projects[case];
        let folder = dir.path().join(format!("b{case}"));
        for (path, text) in everywhere.1.iter().chain(files) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let difference = difference(oracle, ours.of(case, &folder, &["c.yml"]), &folder, &["c.yml"])?;
        Some(format!("{name}: {difference}"))
    };
    for_each_oracle(|oracle| {
        let found = differing(projects.len(), |case| compare(oracle, case));
        report("include and extends", Some(oracle), projects.len(), found);
    });
}

/// A complete file that contains a fragment.
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
fn fragments_are_accepted_and_rejected_as_by_compose() {
    let dir = tempfile::tempdir().unwrap();
    let (mut section, mut fragments) = ("", Vec::new());
    for line in include_str!("oracle/fragments.txt").lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some((sign, fragment)) => fragments.push((sign == "+", around(section, fragment), fragment)),
            None => section = line,
        }
    }
    let all_ours = Ours::new(fragments.len());
    let compare = |oracle: Option<&Oracle>, case: usize| {
        let (accepted, text, fragment) = &fragments[case];
        let folder = dir.path().join(format!("f{case}"));
        std::fs::create_dir_all(&folder).unwrap();
        let (base, over) = text.split_once(" +++ ").unwrap_or((text, ""));
        std::fs::write(folder.join("a.yml"), base).unwrap();
        std::fs::write(folder.join("b.yml"), over).unwrap();
        std::fs::write(folder.join("e.env"), "").unwrap();
        let files: &[&str] = if over.is_empty() { &["a.yml"] } else { &["a.yml", "b.yml"] };
        let ours = all_ours.of(case, &folder, files);
        let said = String::from_utf8_lossy(&ours.stderr).into_owned();
        if ours.status.code() != Some(if *accepted { 0 } else { 3 }) || !*accepted && !said.contains(".yml:")
        {
            return Some(format!("{fragment}: accepted by Compose: {accepted}; {said}"));
        }
        let difference = difference(oracle?, ours, &folder, files)?;
        Some(format!("{fragment}: {difference}"))
    };
    report("fragments", None, fragments.len(), differing(fragments.len(), |case| compare(None, case)));
    for oracle in &oracles() {
        let found = differing(fragments.len(), |case| compare(Some(oracle), case));
        report("fragments", Some(oracle), fragments.len(), found);
    }
}
