//! The page that a person reads first: what went wrong, with the last lines of its log, and a table of all containers.

use std::fmt::Write as _;

use evenkeel_common::terminal::{lines, one_line};
use evenkeel_common::{Timestamp, to_milliseconds};

use crate::decide::diagnosis::Diagnosis;
use crate::model::container::Health;
use crate::model::evidence::Evidence;
use crate::model::fault::Fault;
use crate::output::collect::{CollectReport, EVENTS_FILE};

/// The page in Markdown.
pub(crate) fn page(report: &CollectReport<'_>) -> String {
    let mut page = heading(report);
    if let Some((found, fault)) = report.first() {
        page += &first(found, fault);
        page += &last_lines(report, found.evidence);
    }
    page += &table(report);
    page += &failures(report);
    page += &format!(
        "\nCollected at {} from containers of {}. The directory has logs/, inspect/, health/ and {EVENTS_FILE}. Values of \
         environment variables that are named like secrets, and passwords in their URLs, are masked in inspect/; logs, \
         commands and labels are as they are.\n",
        report.at,
        text(&report.scope.to_string())
    );
    page
}

fn heading(report: &CollectReport<'_>) -> String {
    match report.first() {
        Some((found, _)) => format!("# First to go wrong: {}\n\n", text(found.evidence.service_or_name())),
        None if report.diagnoses.is_empty() => "# There are no containers\n\n".into(),
        None => "# No container went wrong\n\n".into(),
    }
}

fn first(found: &Diagnosis<'_>, fault: &Fault) -> String {
    let name = text(&found.evidence.summary.name);
    let at = found.at.map_or_else(String::new, |at| format!(" (at {})", to_milliseconds(at)));
    format!("**{name}** {}{at}.\n\n", text(&fault.describe()))
}

fn last_lines(report: &CollectReport<'_>, evidence: &Evidence) -> String {
    let log = report.files.get(&evidence.summary.id).and_then(|files| files.log.as_ref());
    let Some(log) = log.filter(|log| !log.last_lines.trim().is_empty()) else {
        return String::new();
    };
    // Indented text is shown as it is, whatever it contains.
    let indented: String = lines(&log.last_lines).lines().flat_map(|line| ["    ", line, "\n"]).collect();
    format!("The last lines of its log ({}):\n\n{indented}\n", text(&log.name))
}

fn table(report: &CollectReport<'_>) -> String {
    if report.diagnoses.is_empty() {
        return String::new();
    }
    let mut table = "| went wrong at | service | container | state | what is wrong | log |\n\
                     |---|---|---|---|---|---|\n"
        .to_owned();
    for found in report.diagnoses {
        let summary = &found.evidence.summary;
        let log = report.files.get(&summary.id).and_then(|files| files.log.as_ref());
        let log = log.map_or_else(String::new, |log| {
            format!("{}{}", log.name, if log.is_cut { " (cut)" } else { "" })
        });
        let row = [
            found.at.map(to_milliseconds).as_ref().map(Timestamp::to_string).unwrap_or_default(),
            summary.service().unwrap_or_default().to_owned(),
            summary.name.clone(),
            state(found.evidence),
            found.fault.as_ref().map(Fault::describe).unwrap_or_default(),
            log,
        ];
        let _ = writeln!(table, "| {} |", row.map(|cell| text(&cell)).join(" | "));
    }
    table
}

fn state(evidence: &Evidence) -> String {
    let state = evidence.summary.state.name();
    match (evidence.exit_code(), evidence.health()) {
        (Some(exit_code), _) if !evidence.summary.is_live() => format!("{state} ({exit_code})"),
        (_, Some(health)) if evidence.summary.is_live() => format!("{state}, {}", Health::name(health)),
        _ => state.to_owned(),
    }
}

fn failures(report: &CollectReport<'_>) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let items = report
        .failures
        .iter()
        .flat_map(|found| ["- ".to_owned(), text(&found.what), ": ".into(), text(&found.cause), "\n".into()]);
    format!("\nNot collected:\n\n{}", items.collect::<String>())
}

/// Untrusted text on one line, without Markdown syntax.
fn text(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '|' | '<' | '[' | ']' | '#') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::Path;

    use super::*;
    use crate::decide::diagnosis::diagnose;
    use crate::model::collected::{Failure, SavedFiles, SavedLog};
    use crate::model::container::{ContainerState, ContainerSummary};
    use crate::model::scope::Scope;

    #[test]
    fn names_the_first_and_lists_all() {
        let container = |name: &str, state, exit_code| Evidence {
            summary: ContainerSummary {
                id: name.into(),
                name: name.into(),
                state,
                exit_code,
                ..ContainerSummary::default()
            },
            ..Evidence::default()
        };
        let evidence = [
            container("a|<b>", ContainerState::Exited, Some(3)),
            container("well", ContainerState::Running, None),
        ];
        let log = SavedLog { name: "logs/a.log".into(), is_cut: true, last_lines: "x\x1b[2J\n# y".into() };
        let files =
            HashMap::from([("a|<b>".to_owned(), SavedFiles { log: Some(log), ..SavedFiles::default() })]);
        let failures = [Failure { what: "inspect of well".into(), cause: "no answer".into() }];
        let report = CollectReport {
            at: Timestamp::UNIX_EPOCH,
            scope: &Scope::new(Vec::new(), Some("shop")),
            directory: Path::new("dir"),
            diagnoses: &diagnose(&evidence),
            files: &files,
            events: Some(0),
            failures: &failures,
        };
        let page = page(&report);
        for wanted in [
            "# First to go wrong: a\\|\\<b>\n",
            "**a\\|\\<b>** ended with exit code 3.\n",
            "    x [2J\n    # y\n",
            "|  |  | a\\|\\<b> | exited (3) | ended with exit code 3 | logs/a.log (cut) |\n",
            "|  |  | well | running |  |  |\n",
            "- inspect of well: no answer\n",
            "com.docker.compose.project=shop",
        ] {
            assert!(page.contains(wanted), "{wanted}\n{page}");
        }
    }
}
