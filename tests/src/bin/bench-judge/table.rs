//! What people read: Markdown tables of all tools.

use std::collections::BTreeSet;

use crate::growth;
use crate::judge::{Estimate, Judged, JudgedRow};
use crate::samples::Bar;

/// One table of all rows, one of all growths, and on what they were measured.
pub(crate) fn tables(judged: &[Judged<'_>]) -> String {
    let mut text = String::new();
    if judged.iter().any(|tool| !tool.rows.is_empty()) {
        text += "| tool | what | ours | peer | ratio [95 %] | at most | verdict |\n|---|---|---|---|---|---|---|\n";
        for tool in judged {
            text.extend(tool.rows.iter().map(|row| line(&tool.measured.tool, row)));
        }
        text += "\n";
    }
    text += &growth_table(judged);
    for tool in judged {
        text += &format!("- {}: {}\n", tool.measured.tool, tool.measured.about);
    }
    text
}

fn line(tool: &str, judged: &JudgedRow<'_>) -> String {
    let row = judged.row;
    let peer = match judged.peer {
        Some(peer) => format!("{} {}", row.peer_name, figure(peer, &row.unit)),
        None => row.peer_name.clone(),
    };
    let ours = format!("{} {}", row.ours_name, figure(judged.ours, &row.unit));
    let bar = match row.bar {
        Bar::Ratio(_) => row.bar_text.trim_end_matches('x').to_owned(),
        Bar::Figure(_) => format!("{} {}", row.bar_text, row.unit).trim().to_owned(),
        Bar::None => String::new(),
    };
    let sure = match (row.bar, judged.peer) {
        (Bar::Figure(_), _) | (_, None) => between(judged.estimate, number),
        _ => format!("{} {}", ratio(judged.estimate.value), between(judged.estimate, ratio)),
    };
    format!(
        "| {tool} | {} | {} | {} | {sure} | {bar} | {} |\n",
        row.title,
        ours.trim(),
        peer.trim(),
        judged.verdict.name()
    )
}

fn between(estimate: Estimate, show: impl Fn(f64) -> String) -> String {
    format!("[{}, {}]", show(estimate.low), show(estimate.high))
}

/// Small ones as `1/198`.
fn ratio(value: f64) -> String {
    if value > 0.0 && value < 0.1 { format!("1/{}", number(1.0 / value)) } else { format!("{value:.2}") }
}

fn figure(value: f64, unit: &str) -> String {
    format!("{} {unit}", number(value)).trim().to_owned()
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1e6 => format!("{:.1}M", value / 1e6),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn growth_table(judged: &[Judged<'_>]) -> String {
    let all: Vec<(&str, &growth::Judged<'_>)> = judged
        .iter()
        .flat_map(|tool| tool.growths.iter().map(|one| (tool.measured.tool.as_str(), one)))
        .collect();
    let sizes: BTreeSet<u64> = all.iter().flat_map(|(_, one)| one.growth.by_size.keys().copied()).collect();
    if all.is_empty() {
        return String::new();
    }
    let heads: String =
        sizes.iter().flat_map(|size| [" ".to_owned(), size.to_string(), " |".to_owned()]).collect();
    let mut text = format!("| growth of | unit |{heads} exponent | last decade | at most | verdict |\n");
    text += &format!("|---|---|{}---|---|---|---|\n", "---|".repeat(sizes.len()));
    for (_, one) in all {
        let cells: String = sizes
            .iter()
            .map(|size| {
                one.growth.by_size.get(size).map_or(" |".to_owned(), |value| format!(" {} |", number(*value)))
            })
            .collect();
        text += &format!(
            "| {} | {} |{cells} {:.2} | {:.2} | {} | {} |\n",
            one.growth.title,
            one.growth.unit,
            one.exponent,
            one.last,
            one.growth.bar,
            one.verdict.name()
        );
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::samples::Measured;

    #[test]
    fn a_row_shows_both_sides_the_ratio_and_the_verdict() {
        let text = "about\tdockwatch\there\nrow\ta\tsnapshot\t\tdocker stats\tms\t1/150\nrow\tb\tof a thousand\t\t\tms\t200\n\
                    sample\ta\tours\t0\t10\nsample\ta\tpeer\t0\t2000\nsample\tb\tours\t0\t57\n";
        let measured = Measured::parse(text).expect("it is understood");
        let shown = tables(&[judge(&measured).expect("it was measured")]);
        assert!(
            shown.contains("| dockwatch | snapshot | 10.0 ms | docker stats 2000 ms | 1/200 [1/200, 1/200] | 1/150 | met |\n"),
            "{shown}"
        );
        assert!(
            shown.contains("| dockwatch | of a thousand | 57.0 ms |  | [57.0, 57.0] | 200 ms | met |\n"),
            "{shown}"
        );
        assert!(shown.ends_with("- dockwatch: here\n"), "{shown}");
    }
}
