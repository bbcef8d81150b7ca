//! A page with transcripts: what is shown of a session in a terminal.

use std::path::{Path, PathBuf};

/// A command of a page and what it prints there, standard error included.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Without prompts; of several lines where the page continues it with `> `.
    pub(super) command: String,
    pub(super) output: Vec<String>,
}

/// Lines of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text, and blocks that are not run.
    Text(Vec<String>),
    /// A comment `<!-- setup`: commands that readers are not shown.
    Setup(Vec<String>),
    /// A block with the fence `console`.
    Session { first_line: usize, steps: Vec<Step> },
}

/// A page, in parts that give its text again.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) path: PathBuf,
    pub(super) parts: Vec<Part>,
}

impl Page {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        Self { path: path.to_owned(), parts: parts(&text) }
    }

    pub(super) fn has_sessions(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Session { .. }))
    }

    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => lines.extend(text.iter().cloned()),
                Part::Setup(commands) => {
                    lines.push("<!-- setup".to_owned());
                    lines.extend(commands.iter().cloned());
                    lines.push("-->".to_owned());
                }
                Part::Session { steps, .. } => {
                    lines.push("```console".to_owned());
                    for step in steps {
                        lines.extend(prompted(&step.command));
                        lines.extend(step.output.iter().cloned());
                    }
                    lines.push("```".to_owned());
                }
            }
        }
        lines.join("\n") + "\n"
    }
}

fn prompted(command: &str) -> impl Iterator<Item = String> {
    command.lines().enumerate().map(|(at, line)| format!("{} {line}", if at == 0 { '$' } else { '>' }))
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let end = match line {
            "```console" => "```",
            "<!-- setup" => "-->",
            _ => {
                plain.push(line.to_owned());
                continue;
            }
        };
        let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != end).collect();
        parts.push(Part::Text(std::mem::take(&mut plain)));
        parts.push(if end == "-->" {
            Part::Setup(block.into_iter().map(str::to_owned).collect())
        } else {
            Part::Session { first_line: at + 1, steps: steps(&block) }
        });
    }
    parts.push(Part::Text(plain));
    parts
}

fn steps(block: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), output: Vec::new() });
            continue;
        }
        let step = steps.last_mut().expect("a block begins with a command");
        match line.strip_prefix("> ") {
            Some(more) if step.output.is_empty() => step.command += &format!("\n{more}"),
            _ => step.output.push((*line).to_owned()),
        }
    }
    steps
}

#[test]
fn a_page_comes_apart_and_together_again() {
    let text = "# A\n\n<!-- setup\ntrue\n-->\n```console\n$ one \\\n>   two\nout\n\n$ three\n```\n\n```sh\n$ no\n```\n";
    let page = Page { path: PathBuf::new(), parts: parts(text) };
    let steps = page.parts.iter().find_map(|part| match part {
        Part::Session { first_line, steps } => Some((*first_line, steps)),
        _ => None,
    });
    let (first_line, steps) = steps.unwrap();
    assert_eq!(first_line, 6);
    assert_eq!(steps[0].command, "one \\\n  two");
    assert_eq!(steps[0].output, ["out", ""]);
    assert_eq!(steps[1], Step { command: "three".into(), output: vec![] });
    assert_eq!(page.text(), text);
}
