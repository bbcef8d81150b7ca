//! Whether output is the one that a page shows, but for what is different each time.
//!
//! Pages show real times, sizes and ids, so placeholders, as trycmd's pages have them, would not do: both sides are
//! brought into the same form instead.

use regex_lite::Regex;

/// What differs from run to run, and what stands for it. The order matters.
const VARYING: [(&str, &str); 17] = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?", "TIME"),
    (r"\b[a-z_][a-z0-9_-]*@[A-Za-z0-9_.-]+", "USER@HOST"),
    (r"\b[0-9a-f]{12}([0-9a-f]{52})?\b", "ID"),
    // The environment of a checkout: the project's name and a hash of its path.
    (r"\b(shop|other)-[0-9a-f]{6}\b", "$1-HASH"),
    (r"\b20\d{6}T?-?\d{6}[a-z0-9-]*", "RUN"),
    (r"\b(pid|ticket|process) \d+", "$1 N"),
    (r"-?\d+(\.\d+)? ?(B|KiB|MiB|GiB|TiB)(/s)?\b", "SIZE"),
    // A health check is a process too while it runs.
    (r"\b\d+ +SIZE / SIZE", "N SIZE / SIZE"),
    (r"\bload \d+\.\d+", "load N"),
    (r"\bengine \S+ at\b", "engine VERSION at"),
    (r"\d+(\.\d+)? ?%", "PERCENT"),
    // 2s, 1m 30s, 480 ms, 5.2 s
    (r"\b\d+(\.\d+)? ?(ms|s|m|h|d)\b( \d+(\.\d+)?(ms|s|m|h)\b)*", "TIME"),
    (r"\b\d+ of TIME\b", "TIME of TIME"),
    (r"\b\d+ samples?\b", "N samples"),
    // Host ports that were free.
    (r"\b[1-6]\d{4}\b", "PORT"),
    // Columns are as wide as what they hold.
    (r"\s+", " "),
];

/// Brings lines into the form in which they are compared.
pub(super) struct Form {
    varying: Vec<(Regex, &'static str)>,
}

impl Form {
    pub(super) fn new() -> Self {
        let compile = |(pattern, name): &(&str, &'static str)| (Regex::new(pattern).unwrap(), *name);
        Self { varying: VARYING.iter().map(compile).collect() }
    }

    fn of(&self, line: &str) -> String {
        let replace =
            |line: String, (pattern, name): &(Regex, &str)| pattern.replace_all(&line, *name).into_owned();
        self.varying.iter().fold(line.to_owned(), replace).trim_end().to_owned()
    }

    /// Whether a page that shows the one lines shows the other ones. A line `…` stands for any number of lines.
    pub(super) fn shows(&self, shown: &[String], printed: &[String]) -> bool {
        let form = |lines: &[String]| -> Vec<String> { lines.iter().map(|line| self.of(line)).collect() };
        matches(&form(shown), &form(printed))
    }
}

fn matches(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| first == line && matches(rest, others))
        }
    }
}

#[test]
fn only_what_varies_may_differ() {
    let form = Form::new();
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let same = |shown: &str, printed: &str| form.shows(&lines(shown), &lines(printed));
    assert!(same(
        "held by alice@vm (ticket 4, pid 23172) for 707ms",
        "held by root@x-1 (ticket 12, pid 7) for 1.2s"
    ));
    assert!(same("NAME  AGE\na     1m 1s", "NAME AGE\na    3s"));
    assert!(same("first\n…\nlast", "first\na\nb\nlast") && same("first\n…", "first"));
    assert!(!same("removed  test-redis  1m", "kept     test-redis  1m"));
    assert!(!same("2 removed, 4 kept", "3 removed, 4 kept"));
    assert!(!same("a\nb", "a") && !same("a", "a\nb"));
}
