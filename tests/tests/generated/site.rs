//! Pages of the documentation site that are made from the command definitions and from the rules' own words.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Arg, Command};
use evenkeel_common::manual::SIGNAL_ROW;

use super::Tool;

const EXIT_CODES: &str = "# Exit codes

The same for all tools:

| code | meaning |
|---|---|
| 0 | done, or the verdict is yes |
| 1 | it worked and the verdict is no: findings, level at or over `--fail-on`, still over the cap |
| 2 | bad arguments |
| 3 | could not decide or act: file, I/O, protocol, corrupt state |
| 4 | Docker not reachable, or not answering within the deadline |
| 5 | partial: some actions failed; the JSON lists each |
| 69 | gate open (circuit tripped): retrying is useless until it closes or a person resets it |
| 75 | busy, try again later: lock held past the timeout, cooling down (`retry_after_s` is given) |
| 125, 126, 127 | a wrapper's own failure, command not runnable, not found |
| 128+n | the command, or the tool itself, died of signal n |

A wrapper (`envlock … -- CMD`, `restartgate … -- CMD`, `evenkeel -- CMD`) passes the command's own code through unchanged. What each
tool means by them:
";

const JSON: &str = "# JSON

`--json` prints one object and a newline, also where the exit code is not 0; a stream has one object a line, each with a `type`. Every
object begins with `schema`, `tool_version`, `at` and `verdict`. Units stand in names (`_bytes`, `_ms`, `_s`, `_pct`), times are
RFC 3339 in UTC, and what is unknown is `null`. [What stays as it is](stability.md) says what a schema's number promises.
";

/// Every page, by its path.
pub(super) fn pages(tools: &[Tool]) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut pages = BTreeMap::new();
    let mut add =
        |path: String, text: String| pages.insert(PathBuf::from("docs/src").join(path), text.into_bytes());
    for (name, text) in evenkeel_composecheck::output::rule_pages::pages() {
        add(format!("rules/{name}"), text);
    }
    add("reference/exit-codes.md".into(), exit_codes(tools));
    add("reference/json.md".into(), json(tools));
    add("manual/index.md".into(), index(tools));
    for tool in tools {
        add(format!("manual/{}.md", tool.command.get_name()), manual(tool));
    }
    pages
}

fn exit_codes(tools: &[Tool]) -> String {
    let mut text = EXIT_CODES.to_owned();
    for tool in tools {
        let _ = write!(text, "\n## {}\n\n{}", tool.command.get_name(), exit_table(tool));
    }
    text
}

fn exit_table(tool: &Tool) -> String {
    let rows = tool.manual.exits.iter().map(|(exit, meaning)| (exit.code().to_string(), *meaning));
    let mut text = String::from("| code | meaning |\n|---|---|\n");
    for (code, meaning) in rows.chain([(SIGNAL_ROW.0.to_owned(), SIGNAL_ROW.1)]) {
        let _ = writeln!(text, "| {code} | {} |", plain(meaning));
    }
    text
}

fn json(tools: &[Tool]) -> String {
    let mut text = JSON.to_owned();
    for tool in tools {
        for (title, body) in tool.manual.sections {
            if *title == "JSON" {
                let _ = write!(text, "\n## {}\n\n{}", tool.command.get_name(), paragraphs(body));
            }
        }
    }
    text
}

fn index(tools: &[Tool]) -> String {
    let mut text = String::from(
        "# Manual\n\nThe man pages of the tools: every option, exit code, file and variable. `man TOOL` and `TOOL --help` say the \
         same.\n\n",
    );
    for tool in tools {
        let name = tool.command.get_name();
        let about = tool.command.get_about().unwrap_or_default();
        let _ = writeln!(text, "- [{name}]({name}.md): {}", plain(&about.to_string()));
    }
    text
}

/// A man page and those of its subcommands.
fn manual(tool: &Tool) -> String {
    let mut command = tool.command.clone().disable_help_subcommand(true);
    command.build();
    let mut text = format!("# {}\n{}", command.get_name(), described(&command));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("{} {}", command.get_name(), sub.get_name());
        let _ = write!(text, "\n## {name}\n{}", described(sub));
    }
    let _ = write!(text, "\n## Exit status\n\n{}\n## Examples\n\n", exit_table(tool));
    for (example, what) in tool.manual.examples {
        let _ = write!(text, "```sh\n{example}\n```\n\n{}\n\n", plain(what));
    }
    for (title, body) in tool.manual.sections {
        let _ = write!(text, "## {}\n\n{}\n", sentence_case(title), paragraphs(body));
    }
    text.trim_end().to_owned() + "\n"
}

/// What a command is for, how it is called, and its options.
fn described(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let mut text = format!("\n{}\n\n```text\n{}\n```\n", paragraphs(&about).trim_end(), usage.trim());
    let mut heading: Option<&str> = None;
    text.push('\n');
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        if arg.get_help_heading() != heading {
            heading = arg.get_help_heading();
            let _ = write!(
                text,
                "\n{}\n\n",
                plain(heading.unwrap_or("Options")).trim_end_matches(':').to_owned() + ":"
            );
        }
        text.push_str(&option(arg));
    }
    text
}

fn option(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = format!("- `{}`: {}", arg.to_string().replace('`', ""), plain(&help.replace('\n', " ")));
    if let Some(short) = arg.get_short().filter(|_| arg.get_long().is_some()) {
        text = text.replacen("- `", &format!("- `-{short}`, `"), 1);
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() && !arg.is_hide_default_value_set() {
        let _ = write!(text, " \\[default: {}\\]", plain(&defaults.join(" ")));
    }
    text.push('\n');
    for value in arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values() && !arg.is_hide_possible_values_set())
    {
        let help = value.get_help().map(|help| format!(": {}", plain(&help.to_string()))).unwrap_or_default();
        let _ = writeln!(text, "  - `{}`{help}", value.get_name());
    }
    text
}

/// Paragraphs flow; those that are indented keep their lines.
fn paragraphs(body: &str) -> String {
    let mut text = String::new();
    for paragraph in body.split("\n\n") {
        if paragraph.lines().all(|line| line.starts_with("  ")) {
            let lines: Vec<&str> = paragraph.lines().map(|line| &line[2..]).collect();
            let _ = write!(text, "```text\n{}\n```\n\n", lines.join("\n"));
        } else {
            let words: Vec<&str> = paragraph.split_whitespace().collect();
            let _ = write!(text, "{}\n\n", plain(&words.join(" ")));
        }
    }
    text.trim_end().to_owned() + "\n"
}

/// Text without a meaning in Markdown.
fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if "\\`*_[]<>|#".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// As headings are written: `SET-UP AND TAKE-DOWN` becomes `Set-up and take-down`.
fn sentence_case(title: &str) -> String {
    if title.contains('.') || title == "JSON" {
        return title.to_lowercase().replace("json", "JSON");
    }
    let mut letters = title.chars();
    letters.next().map(|first| format!("{first}{}", letters.as_str().to_lowercase())).unwrap_or_default()
}
