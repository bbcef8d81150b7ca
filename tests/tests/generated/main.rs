//! `man/`, `completions/`, the JSON Schema of `composecheck.toml`, and pages of the site are made from the code and checked in;
//! this finds them stale.
//!
//! `make generate` (`EVENKEEL_GENERATE=1`) writes them.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod site;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use evenkeel_common::manual::{Manual, SIGNAL_ROW};
use roff::{Inline, Roff, bold, roman};

/// A tool as its man page sees it.
struct Tool {
    command: Command,
    manual: Manual,
}

fn tools() -> Vec<Tool> {
    vec![
        Tool {
            command: evenkeel_composecheck::cli::Cli::command(),
            manual: evenkeel_composecheck::cli::MANUAL,
        },
        Tool {
            command: evenkeel_composecheck::entry_point::command(),
            manual: evenkeel_composecheck::entry_point::MANUAL,
        },
        Tool { command: evenkeel_dockprune::cli::Cli::command(), manual: evenkeel_dockprune::cli::MANUAL },
        Tool { command: evenkeel_dockwatch::cli::Cli::command(), manual: evenkeel_dockwatch::cli::MANUAL },
        Tool { command: evenkeel_envlock::cli::Cli::command(), manual: evenkeel_envlock::cli::MANUAL },
        Tool {
            command: evenkeel_restartgate::cli::Cli::command(),
            manual: evenkeel_restartgate::cli::MANUAL,
        },
    ]
}

/// Where everything is made from the code.
const DIRECTORIES: [&str; 4] = ["man", "completions", "docs/src/rules", "docs/src/manual"];

#[test]
fn man_pages_completions_and_site_are_fresh() {
    let root = evenkeel_tests::root();
    let wanted = generate();
    if std::env::var_os("EVENKEEL_GENERATE").is_some() {
        for dir in DIRECTORIES {
            let _ = std::fs::remove_dir_all(root.join(dir));
            std::fs::create_dir(root.join(dir)).unwrap();
        }
        for (path, text) in &wanted {
            std::fs::write(root.join(path), text).unwrap();
        }
    }
    for (path, text) in &wanted {
        let found = std::fs::read(root.join(path)).unwrap_or_default();
        assert!(found == *text, "{} is stale: run 'make generate'", path.display());
    }
    for dir in DIRECTORIES {
        for file in std::fs::read_dir(root.join(dir)).unwrap() {
            let path = PathBuf::from(dir).join(file.unwrap().file_name());
            assert!(
                wanted.contains_key(&path),
                "{} belongs to no command: run 'make generate'",
                path.display()
            );
        }
    }
}

#[test]
fn every_command_and_argument_is_documented() {
    for tool in tools() {
        tool.command.clone().debug_assert();
        check_help(&tool.command);
        let codes: Vec<u8> = tool.manual.exits.iter().map(|(exit, _)| exit.code()).collect();
        assert!(codes.is_sorted(), "{}: exit codes are not in order", tool.command.get_name());
        assert!(!tool.manual.examples.is_empty(), "{}: no examples", tool.command.get_name());
    }
}

fn check_help(command: &Command) {
    let name = command.get_name();
    assert!(command.get_about().is_some(), "{name}: no summary");
    for arg in command.get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(!help.is_empty() && !help.ends_with('.'), "{name}: --{}: help '{help}'", arg.get_id());
    }
    command.get_subcommands().for_each(check_help);
}

fn generate() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = site::pages(&tools());
    for tool in tools() {
        let name = tool.command.get_name().to_owned();
        files.extend(completions(tool.command.clone()));
        // disable_help_subcommand: a page about "help" helps nobody.
        let mut command = tool.command.disable_help_subcommand(true);
        command.build();
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            // clap wants names that live for ever; a test may leak a few.
            let page: &'static str = format!("{name}-{}", sub.get_name()).leak();
            let text = page_of(sub.clone().name(page), None, &name);
            files.insert(PathBuf::from(format!("man/{page}.1")), text);
        }
        let text = page_of(command, Some(tool.manual), &name);
        files.insert(PathBuf::from(format!("man/{name}.1")), text);
    }
    let schema = evenkeel_composecheck::lint::config_schema::text();
    files.insert(PathBuf::from("crates/composecheck/composecheck.schema.json"), schema.into_bytes());
    files
}

fn completions(mut command: Command) -> Vec<(PathBuf, Vec<u8>)> {
    let name = command.get_name().to_owned();
    let one = |(suffix, shell)| {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, &name, &mut text);
        (PathBuf::from(format!("completions/{name}.{suffix}")), text)
    };
    [("bash", Shell::Bash), ("zsh", Shell::Zsh), ("fish", Shell::Fish)].map(one).into()
}

/// One page. Sections are rendered singly: clap_mangen would put the rest of `--help` under a heading EXTRA.
fn page_of(command: Command, manual: Option<Manual>, tool: &str) -> Vec<u8> {
    let has_subcommands = command.get_subcommands().any(|sub| !sub.is_hide_set());
    // Without version and date no release makes the pages stale.
    let man = Man::new(command.version(None::<&str>)).source("evenkeel").manual("evenkeel").date("");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if has_subcommands {
        man.render_subcommands_section(&mut page).unwrap();
    }
    if let Some(manual) = manual {
        sections_of(manual).to_writer(&mut page).unwrap();
    }
    see_also(tool, manual.is_some()).to_writer(&mut page).unwrap();
    page
}

fn sections_of(manual: Manual) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    let rows = manual.exits.iter().map(|(exit, meaning)| (exit.code().to_string(), *meaning));
    for (code, meaning) in rows.chain([(SIGNAL_ROW.0.to_owned(), SIGNAL_ROW.1)]) {
        roff.control("TP", []).text([bold(code)]).text([roman(meaning)]);
    }
    roff.control("SH", ["EXAMPLES"]);
    for (example, what) in manual.examples {
        roff.control("TP", []).text([bold(*example)]).text([roman(*what)]);
    }
    for (title, body) in manual.sections {
        roff.control("SH", [*title]);
        for (index, paragraph) in body.split("\n\n").enumerate() {
            if index > 0 {
                roff.control("PP", []);
            }
            paragraph_of(&mut roff, paragraph);
        }
    }
    roff
}

/// Lines that are indented keep their breaks; others flow.
fn paragraph_of(roff: &mut Roff, paragraph: &str) {
    if paragraph.lines().all(|line| line.starts_with("  ")) {
        roff.control("nf", []);
        for line in paragraph.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    } else {
        let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        roff.text([roman(line)]);
    }
}

fn see_also(tool: &str, is_main: bool) -> Roff {
    let family = ["composecheck", "dockprune", "dockwatch", "envlock", "evenkeel", "restartgate"];
    let others = family.into_iter().filter(|name| !is_main || *name != tool);
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let names: Vec<&str> = if is_main { others.collect() } else { vec![tool] };
    let last = names.len() - 1;
    let words: Vec<Inline> = names
        .iter()
        .enumerate()
        .flat_map(|(at, name)| [bold(*name), roman(if at == last { "(1)" } else { "(1), " })])
        .collect();
    roff.text(words);
    roff
}
