//! The man page and the completions of `evenkeel`, made from what its `--help` prints.

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use roff::{Roff, bold, roman};

/// A step, option or variable, and what it means.
type Entry = (&'static str, &'static str);

/// The text of `evenkeel --help`, in its parts.
struct Help {
    about: String,
    usage: Vec<String>,
    description: String,
    /// Steps and options as they are printed, under their headings.
    groups: Vec<(&'static str, Vec<Entry>)>,
    /// `Exit status: …` and the paragraph on what CMD sees.
    paragraphs: Vec<String>,
    examples: Vec<String>,
}

fn read() -> Help {
    // clap wants names that live for ever; a test may leak a few.
    let path = evenkeel_tests::root().join("scripts/evenkeel.d/help");
    let text: &'static str = std::fs::read_to_string(path).unwrap().leak();
    let mut blocks = text.split("\n\n").map(|block| block.lines().collect::<Vec<_>>());
    let about = blocks.next().unwrap().concat();
    let usage = blocks.next().unwrap();
    let usage = usage.iter().map(|line| line.trim_start_matches("Usage:").trim().to_owned()).collect();
    let description = blocks.next().unwrap().join(" ");
    let mut help = Help { about, usage, description, groups: vec![], paragraphs: vec![], examples: vec![] };
    for block in blocks {
        match block[0].strip_suffix(':') {
            Some("Examples") => {
                help.examples = block[1..].iter().map(|line| line.trim().to_owned()).collect();
            }
            Some(title) => help.groups.push((title, block[1..].iter().map(|line| entry(line)).collect())),
            None => help.paragraphs.push(block.join(" ")),
        }
    }
    help
}

/// A name and what it means, in two columns.
fn entry(line: &'static str) -> Entry {
    let (name, meaning) = line.trim().split_once("  ").unwrap_or_else(|| panic!("no two columns: {line:?}"));
    (name, meaning.trim())
}

/// The options and steps as clap knows them.
pub(crate) fn command() -> Command {
    let help = read();
    let mut command =
        Command::new("evenkeel").about(help.about).disable_help_flag(true).disable_version_flag(true);
    for (title, entries) in help.groups {
        for (name, meaning) in entries {
            if name.starts_with('-') {
                command = command.arg(option(name, meaning).help_heading(title));
            } else if title.ends_with("steps") {
                let step = name.split(' ').next().unwrap();
                command = command.subcommand(Command::new(step).about(meaning).disable_help_flag(true));
            }
        }
    }
    command.disable_help_subcommand(true).arg(Arg::new("CMD").last(true).num_args(1..).help("Command to run"))
}

fn option(spec: &'static str, meaning: &'static str) -> Arg {
    let (flags, value) = match spec.rsplit_once(' ') {
        Some((flags, value)) if !value.starts_with('-') => (flags, Some(value)),
        _ => (spec, None),
    };
    let (short, long) = flags.split_once(", ").map_or((None, flags), |(short, long)| (Some(short), long));
    let long = long.trim_start_matches('-');
    let mut arg = Arg::new(long).long(long).help(meaning);
    if let Some(short) = short {
        arg = arg.short(short.chars().nth(1).unwrap());
    }
    match value {
        Some(value) => arg.value_name(value).action(ArgAction::Append),
        None => arg.action(ArgAction::SetTrue),
    }
}

pub(crate) fn page() -> Vec<u8> {
    let help = read();
    let mut command = command();
    command.build();
    let man = Man::new(command).source("evenkeel").manual("evenkeel").date("");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for line in help.usage {
        roff.text([roman(line)]).control("br", []);
    }
    roff.control("SH", ["DESCRIPTION"]).text([roman(help.description)]);
    for paragraph in &help.paragraphs {
        let (title, body) = paragraph
            .split_once(": ")
            .filter(|(title, _)| *title == "Exit status")
            .unwrap_or(("", paragraph));
        if title.is_empty() {
            roff.control("PP", [])
        } else {
            roff.control("SH", ["EXIT STATUS"])
        };
        roff.text([roman(body)]);
    }
    for (title, entries) in &help.groups {
        roff.control("SH", [title.to_uppercase().as_str()]);
        for (name, meaning) in entries {
            roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
        }
    }
    roff.control("SH", ["EXAMPLES"]).control("nf", []);
    for line in help.examples {
        roff.text([roman(line)]);
    }
    roff.control("fi", []).to_writer(&mut page).unwrap();
    page
}
