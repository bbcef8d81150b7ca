//! What the command line and the file say together.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;
use evenkeel_common::Error;

use super::command_line::{DIRECTORY, STEP, WORDS, parse, refused};
use super::file;
use super::option::{Kind, Opt};
use super::table::{CONFIG, CONTRADICTIONS, DRY_RUN, INSTEAD_OF_EACH_OTHER, JSON, all};
use crate::output::project::shell_quoted;

/// The options of a call.
#[derive(Debug)]
pub(crate) struct Settings {
    command: ArgMatches,
    file: Option<ArgMatches>,
    /// Whether an environment is shared where no option says so, and whether the production file is used.
    defaults: Defaults,
}

/// What variables of the environment say where no option does.
#[derive(Clone, Copy, Debug, Default)]
struct Defaults {
    dedicated: bool,
    production: bool,
}

impl Settings {
    /// Reads the arguments, and the file that they name or else `found`.
    pub(crate) fn read(
        args: &[OsString],
        found: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let command = parse(args).map_err(|error| refused(&error))?;
        let named = command.get_one::<String>(CONFIG).cloned();
        let path = match named.as_deref() {
            Some("none") => None,
            Some(named) => Some(Path::new(named)),
            None => found,
        };
        let defaults = Defaults {
            dedicated: !truth("TEST_USE_SHARED_DOCKER", &variable)?.unwrap_or(true),
            production: truth("TEST_USE_PRODUCTION_IMAGES", &variable)?.unwrap_or(false),
        };
        let settings = Self { command, file: path.map(file::read).transpose()?, defaults };
        settings.check(path)?;
        Ok(settings)
    }

    /// Refuses what makes no sense together.
    fn check(&self, file: Option<&Path>) -> Result<(), Error> {
        let refuse = |action: String, cause: &str, hint: &str| Err(Error::usage(action, cause).hint(hint));
        let step = self.step();
        let has_words = self.command.contains_id(WORDS);
        if step != "run" && has_words {
            return refuse(format!("do '{step}'"), "a command is given, too", "leave out one of them");
        }
        if step == "run" && !has_words && !self.is_on("cleanup-old") {
            return refuse("run".into(), "no command is given", "add it after --: evenkeel -- make test");
        }
        let directory = self.command.contains_id(DIRECTORY);
        if directory != (step == "shim") {
            let cause = if directory { "only shim takes a directory" } else { "no directory is given" };
            return refuse(format!("do '{step}'"), cause, "see: evenkeel --help");
        }
        if step != "doctor" && self.is_on(JSON) {
            return refuse(
                format!("do '{step}'"),
                "--json is for doctor",
                "leave it out, or run: evenkeel doctor --json",
            );
        }
        if !matches!(step, "up" | "down" | "clean") || !self.is_dedicated() || self.is_set("slot") {
            return Ok(());
        }
        let origin = match (["dedicated", "jobs"].iter().any(|name| is_in(&self.command, name)), file) {
            (true, _) => "the command line",
            (false, Some(file)) if ["dedicated", "jobs"].iter().any(|name| self.is_set(name)) => {
                &*file.display().to_string()
            }
            _ => "TEST_USE_SHARED_DOCKER",
        };
        let cause = format!("{origin} asks for a dedicated environment, and which one is not said");
        refuse(format!("do '{step}'"), &cause, "add --slot N, or --shared")
    }

    fn step(&self) -> &str {
        self.command.get_one::<String>(STEP).map_or("run", String::as_str)
    }

    /// Where an option is given: on the command line, else in the file, unless the command line says the contrary.
    fn source(&self, name: &str) -> Option<&ArgMatches> {
        if is_in(&self.command, name) {
            return Some(&self.command);
        }
        let contrary = INSTEAD_OF_EACH_OTHER.iter().chain(&CONTRADICTIONS).any(|&(one, two)| {
            name == one && is_in(&self.command, two) || name == two && is_in(&self.command, one)
        });
        self.file.as_ref().filter(|file| !contrary && is_in(file, name))
    }

    fn is_set(&self, name: &str) -> bool {
        self.source(name).is_some()
    }

    fn is_on(&self, name: &str) -> bool {
        self.source(name).is_some_and(|source| source.get_flag(name))
    }

    fn is_dedicated(&self) -> bool {
        ["dedicated", "jobs", "slot"].iter().any(|name| self.is_set(name))
            || self.defaults.dedicated && !self.is_set("shared")
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let source = self.source(name).unwrap_or(&self.command);
        source.get_raw(name).into_iter().flatten().filter_map(|value| value.to_str()).collect()
    }

    /// The variables of the script, one assignment a line, for bash.
    pub(crate) fn to_shell(&self) -> String {
        let mut text = format!("step={}\n", assigned(self.step()));
        let directory = self.command.get_one::<String>(DIRECTORY).map_or("", String::as_str);
        let _ = writeln!(text, "directory={}", assigned(directory));
        for option in all() {
            let _ = writeln!(text, "{}={}", option.long.replace('-', "_"), self.shell_value(option));
        }
        text
    }

    fn shell_value(&self, option: &Opt) -> String {
        let name = option.long;
        let flag = |is_on| String::from(if is_on { "1" } else { "" });
        match option.kind {
            Kind::Switch if name == "dedicated" => flag(self.is_dedicated()),
            Kind::Switch if name == "production" => flag(self.is_on(name) || self.defaults.production),
            Kind::Switch => flag(self.is_on(name)),
            kind if kind.is_list() => {
                let items = self.values(name).into_iter().flat_map(items).map(shell_quoted);
                format!("({})", items.collect::<Vec<_>>().join(" "))
            }
            // The command line's is relative to a directory that the steps may have left.
            Kind::Path if name != CONFIG => {
                assigned(&self.values(name).first().map_or_else(String::new, |path| {
                    std::path::absolute(path)
                        .map_or_else(|_| (*path).to_owned(), |path| path.display().to_string())
                }))
            }
            _ => assigned(self.values(name).first().unwrap_or(&"")),
        }
    }

    /// The text of an `evenkeel.toml` in a directory, with the options of the command line.
    pub(crate) fn to_toml(&self, directory: &Path) -> String {
        let mut text = String::from(
            "# Options of evenkeel, each under the name of its long option: see evenkeel --help.\n\n",
        );
        let written = |option: &&Opt| {
            ![CONFIG, DRY_RUN, JSON].contains(&option.long) && is_in(&self.command, option.long)
        };
        for option in all().filter(written) {
            let _ = writeln!(text, "{} = {}", option.long, self.toml_value(option, directory));
        }
        for (name, example) in EXAMPLES {
            if !is_in(&self.command, name) {
                let _ = writeln!(text, "# {name} = {example}");
            }
        }
        text
    }

    fn toml_value(&self, option: &Opt, directory: &Path) -> String {
        let values = self.values(option.long);
        let path = |text: &str| match std::path::absolute(text) {
            Ok(path) => quoted(&path.strip_prefix(directory).unwrap_or(&path).display().to_string()),
            Err(_) => quoted(text),
        };
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        match option.kind {
            Kind::Switch => "true".to_owned(),
            Kind::Count => values.concat(),
            Kind::Paths => list(values.into_iter().flat_map(items).map(path).collect()),
            Kind::Texts => list(values.into_iter().flat_map(items).map(quoted).collect()),
            Kind::Path => path(&values.concat()),
            _ => quoted(&values.concat()),
        }
    }
}

/// Whether an option is given there.
fn is_in(matches: &ArgMatches, name: &str) -> bool {
    matches.value_source(name) == Some(ValueSource::CommandLine)
}

/// Options that many projects want, with what they do.
const EXAMPLES: [(&str, &str); 6] = [
    ("slots", "3                 # dedicated environments at a time"),
    ("start-timeout", "\"5m\"      # longest wait until all services are ready"),
    ("linger", "\"5m\"             # keep the environment warm between runs"),
    ("reset", "\"make reset-db\"   # what gives a warm environment a clean state"),
    ("budget", "\"4GiB\"           # memory that the services may use together"),
    ("strict", "true             # refuse files with errors"),
];

/// A basic string of TOML: JSON's strings are a part of them.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value to assign: nothing stands for an empty one, so that a line of settings stays readable.
fn assigned(value: &str) -> String {
    if value.is_empty() { String::new() } else { shell_quoted(value) }
}

/// The items of one value of a list: several with commas, unless there is a file of that name.
fn items(value: &str) -> Vec<&str> {
    if Path::new(value).exists() { vec![value] } else { value.split(',').collect() }
}

/// The value of a variable that is true or false; none where it is not set or empty.
fn truth(name: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<Option<bool>, Error> {
    let Some(value) = variable(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    match value.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(Some(true)),
        "0" | "false" | "no" | "off" => Ok(Some(false)),
        _ => Err(Error::usage(format!("read {name}"), format!("'{value}' is neither true nor false"))
            .hint(format!("set {name} to true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads arguments and the text of a file. The variable is that of `TEST_USE_SHARED_DOCKER`.
    fn read(args: &str, file: &str, shared: Option<&str>) -> Result<Settings, Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("evenkeel.toml");
        std::fs::write(&path, file).unwrap();
        let args: Vec<OsString> =
            args.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect();
        let variable = |name: &str| shared.filter(|_| name == "TEST_USE_SHARED_DOCKER").map(str::to_owned);
        Settings::read(&args, Some(&path), variable)
    }

    fn shell(args: &str, file: &str, shared: Option<&str>) -> String {
        read(args, file, shared).unwrap().to_shell()
    }

    #[test]
    fn all_spellings_of_an_option_mean_the_same() {
        for args in ["-j2 -- x", "-j 2 -- x", "-j=2 -- x", "--jobs 2 -- x", "--jobs=2 -- x"] {
            let text = shell(args, "", None);
            assert!(text.contains("\njobs=2\n") && text.contains("\ndedicated=1\n"), "{args}: {text}");
        }
    }

    #[test]
    fn the_command_line_replaces_the_file() {
        for (args, file, shared, wanted) in [
            ("-- x", "", None, &["step=run", "dedicated=", "jobs=", "slots=3", "wait=10m", "files=()"][..]),
            ("-- x", "jobs = 3", None, &["dedicated=1", "jobs=3"]),
            ("--shared -- x", "jobs = 3", None, &["dedicated=", "jobs="]),
            ("--slot 2 -- x", "jobs = 3", None, &["dedicated=1", "jobs=", "slot=2"]),
            ("--dedicated -- x", "jobs = 3", None, &["dedicated=1", "jobs=3"]),
            ("--dedicated --shared -- x", "", None, &["dedicated="]),
            ("-- x", "", Some("false"), &["dedicated=1"]),
            ("-- x", "shared = true", Some("false"), &["dedicated="]),
            ("--slot 2 up", "shared = true", None, &["dedicated=1", "slot=2", "step=up"]),
            ("-n -- x", "linger = '5m'", None, &["no_cleanup=1", "linger="]),
            ("--no-artifacts -- x", "artifacts = 'a'", None, &["no_artifacts=1", "artifacts="]),
            ("-f a.yml,b.yml -f c.yml -- x", "files = ['d.yml']", None, &["files=(a.yml b.yml c.yml)"]),
            ("-w 1m -w 2m -- x", "wait = '3m'", None, &["wait=2m"]),
            (
                "-- x",
                "reset = \"it's\"\nstrict = true\nstats = false",
                None,
                &["reset='it'\\''s'", "strict=1", "stats="],
            ),
            ("--config none -- x", "jobs = 3", None, &["jobs=", "config=none"]),
            ("shim /d", "", None, &["step=shim", "directory=/d"]),
        ] {
            let text = format!("\n{}", shell(args, file, shared));
            for line in wanted {
                assert!(text.contains(&format!("\n{line}\n")), "{args} with {file}: no {line} in {text}");
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        for (args, file, shared, wanted) in [
            ("", "", None, "no command is given"),
            ("up -- x", "", None, "a command is given, too"),
            ("up", "jobs = 3", None, "evenkeel.toml asks for a dedicated environment"),
            ("down --dedicated", "", None, "the command line asks for a dedicated environment"),
            ("clean", "", Some("no"), "TEST_USE_SHARED_DOCKER asks for a dedicated environment"),
            ("-- x", "", Some("perhaps"), "'perhaps' is neither true nor false"),
            ("shim", "", None, "no directory is given"),
            ("--json status", "", None, "--json is for doctor"),
            ("up there", "", None, "only shim takes a directory"),
            ("make", "", None, "evenkeel -- CMD"),
            ("--job 2 -- x", "", None, "--jobs"),
            ("-e Nightly -- x", "", None, "up to 30 of a-z"),
            ("-n --linger 5m -- x", "", None, "cannot be used with"),
            ("-- x", "lingr = '5m'", None, "evenkeel.toml:1:1: there is no option 'lingr'"),
        ] {
            let error = read(args, file, shared).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(wanted) && text.contains("\nhint: "), "{args} with {file}: {text}");
            assert_eq!(error.exit(), evenkeel_common::Exit::Usage);
        }
    }

    /// `evenkeel` is a script of bash: its paths are those of Unix.
    #[cfg(unix)]
    #[test]
    fn init_writes_every_option_and_the_file_is_read_as_the_same() {
        let here = std::path::absolute(".").unwrap();
        let value = |option: &Opt| match option.kind {
            Kind::Switch => String::new(),
            Kind::Count => "=7".into(),
            Kind::Duration => "=90s".into(),
            Kind::Size => "=2GiB".into(),
            Kind::OneOf(values) => format!("={}", values[1]),
            Kind::Text => "=say\\\"hello\"ä".into(),
            _ => "=some".into(),
        };
        for option in all().filter(|option| ![CONFIG, JSON].contains(&option.long)) {
            let word = format!("--{}{}", option.long, value(option));
            let given = read(&format!("{word} init"), "", None).unwrap();
            let text = given.to_toml(&here);
            let is_written = text.lines().any(|line| line.starts_with(&format!("{} = ", option.long)));
            assert_eq!(is_written, option.long != DRY_RUN, "{word}: {text}");
            let path = here.join("evenkeel.toml");
            let again = file::read_text(&text, &here).unwrap_or_else(|error| panic!("{path:?}: {error:?}"));
            let again = Settings { command: parse(&["init".into()]).unwrap(), file: Some(again), ..given };
            let line = |settings: &Settings| {
                settings.shell_value(option).replace(&format!("{}/", here.display()), "")
            };
            if is_written {
                let first = read(&format!("{word} init"), "", None).unwrap();
                assert_eq!(line(&again), line(&first), "{word}");
            }
        }
    }
}
