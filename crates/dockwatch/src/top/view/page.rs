//! The page of one container: state, limits, ports, mounts, health checks and the end of its log.

use evenkeel_common::Timestamp;
use evenkeel_common::terminal::{clip, lines, one_line};
use evenkeel_common::units::{show_duration, show_size};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::time::Duration;

use crate::model::evidence::HealthLog;
use crate::model::inspection::{Access, Inspection, Mount, Opened, Port};
use crate::top::page::Page;
use crate::top::view::theme::Theme;

/// From this width on the log stands beside the rest.
const WIDE: u16 = 140;
/// Characters of a line that are drawn; more does not fit on any terminal.
const LONGEST_LINE: usize = 1000;

pub(super) fn draw(page: &mut Page, now: Timestamp, theme: Theme, frame: &mut Frame<'_>) {
    let places = Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]);
    let [title, body, _] = places.areas(frame.area());
    frame.render_widget(Paragraph::new(title_line(page, theme)), title);
    let columns = match &page.opened {
        None => vec![vec![Line::raw("…")]],
        Some(opened) if body.width >= WIDE => vec![facts(&opened.inspection, now, theme), log(opened, theme)],
        Some(opened) => vec![[facts(&opened.inspection, now, theme), log(opened, theme)].concat()],
    };
    draw_columns(columns, &mut page.scroll, body, frame);
}

fn draw_columns(columns: Vec<Vec<Line<'static>>>, scroll: &mut u16, body: Rect, frame: &mut Frame<'_>) {
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let most = longest.saturating_sub(body.height.into());
    *scroll = (*scroll).min(u16::try_from(most).unwrap_or(u16::MAX));
    let places = Layout::horizontal(columns.iter().map(|_| Constraint::Fill(1))).spacing(2).split(body);
    for (lines, place) in columns.into_iter().zip(places.iter()) {
        let shown: Vec<Line<'_>> =
            lines.into_iter().skip((*scroll).into()).take(place.height.into()).collect();
        frame.render_widget(Paragraph::new(shown), *place);
    }
}

fn title_line(page: &Page, theme: Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(one_line(&page.name), theme.title())];
    if let Some(problem) = &page.problem {
        spans.push(Span::styled(format!("  {}", one_line(problem)), theme.alarm()));
    }
    Line::from(spans)
}

fn facts(found: &Inspection, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let mut shown = state(found, now, theme);
    shown.push(entry("limits", &limits(found)));
    shown.push(entry("ports", &list(&found.ports, port)));
    shown.extend(
        found
            .mounts
            .iter()
            .enumerate()
            .map(|(place, found)| entry(if place == 0 { "mounts" } else { "" }, &mount(found))),
    );
    if found.mounts.is_empty() {
        shown.push(entry("mounts", "none"));
    }
    shown.push(Line::default());
    shown.extend(health(found.inspected.health.as_ref(), theme));
    shown.push(Line::default());
    shown
}

fn entry(name: &str, text: &str) -> Line<'static> {
    Line::raw(format!("{name:<10}{text}"))
}

fn state(found: &Inspection, now: Timestamp, theme: Theme) -> Vec<Line<'static>> {
    let (summary, inspected) = (&found.summary, &found.inspected);
    let since = |at: Option<Timestamp>| {
        let seconds = at.and_then(|at| u64::try_from(now.duration_since(at).as_secs()).ok());
        seconds.map(|seconds| show_duration(Duration::from_secs(seconds)))
    };
    let mut state = one_line(summary.state.name());
    let moment = if summary.is_live() { inspected.started_at } else { inspected.finished_at };
    if let Some(time) = since(moment) {
        state += &format!(" for {time}");
    }
    if let Some(code) = inspected.exit_code {
        state += &format!(", exit code {code}");
    }
    state += &format!(", {} restarts (policy {})", inspected.restarts, one_line(&found.restart_policy));
    let mut shown = vec![entry("state", &state)];
    if inspected.oom_killed {
        shown.push(Line::styled(format!("{:<10}killed for lack of memory", ""), theme.alarm()));
    }
    if !inspected.start_error.is_empty() {
        shown.push(Line::styled(format!("{:<10}{}", "", one_line(&inspected.start_error)), theme.alarm()));
    }
    shown.push(entry("image", &one_line(&summary.image)));
    let belongs =
        [("project", summary.project()), ("service", summary.service()), ("env", summary.environment())];
    let belongs = belongs.iter().filter_map(|(kind, name)| Some(format!("{kind} {}", one_line((*name)?))));
    let belongs: Vec<String> = belongs.collect();
    if !belongs.is_empty() {
        shown.push(entry("belongs to", &format!(" {}", belongs.join(", "))));
    }
    shown
}

fn limits(found: &Inspection) -> String {
    let memory = found.inspected.memory_limit.map_or_else(|| "unlimited".to_owned(), show_size);
    let cpus = found.cpus.map_or_else(|| "all".to_owned(), |cpus| format!("{cpus:.2}"));
    let pids = found.pids_limit.map_or_else(|| "unlimited".to_owned(), |pids| pids.to_string());
    format!("memory {memory}, CPUs {cpus}, processes {pids}")
}

fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    if items.is_empty() { "none".into() } else { items.iter().map(show).collect::<Vec<_>>().join(", ") }
}

fn port(port: &Port) -> String {
    if port.published.is_empty() {
        one_line(&port.container)
    } else {
        one_line(&format!("{} → {}", port.published.join(" "), port.container))
    }
}

fn mount(mount: &Mount) -> String {
    let access = if mount.access == Access::ReadOnly { ", read-only" } else { "" };
    let source = if mount.source.is_empty() { String::new() } else { format!(" {}", mount.source) };
    one_line(&format!("{} ({}{source}{access})", mount.destination, mount.kind))
}

fn health(found: Option<&HealthLog>, theme: Theme) -> Vec<Line<'static>> {
    let Some(found) = found else { return vec![Line::styled("no health check", theme.title())] };
    let streak = match found.failing_streak {
        0 => String::new(),
        count => format!(", failed {count} times in a row"),
    };
    let title = format!("health checks: {}{streak}", one_line(&found.status));
    let mut shown = vec![Line::styled(title, theme.title())];
    // The newest first.
    for check in found.checks.iter().rev() {
        let at = check.started_at.map_or_else(|| "-".to_owned(), time_of_day);
        let text = clip(&one_line(&check.output), LONGEST_LINE);
        let style = if check.exit_code == 0 { ratatui::style::Style::new() } else { theme.alarm() };
        let code = Span::styled(format!("exit {}", check.exit_code), style);
        shown.push(Line::from(vec![
            Span::styled(format!("{at} "), theme.dim()),
            code,
            Span::raw(format!("  {text}")),
        ]));
    }
    shown
}

fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

fn log(opened: &Opened, theme: Theme) -> Vec<Line<'static>> {
    let mut shown = vec![Line::styled("last log lines", theme.title())];
    match &opened.log {
        Ok(lines) if lines.is_empty() => shown.push(Line::styled("none", theme.dim())),
        Ok(lines) => shown.extend(lines.iter().map(|line| log_line(line, theme))),
        Err(cause) => shown.push(Line::styled(one_line(cause), theme.alarm())),
    }
    shown
}

/// A line begins with its time, as RFC 3339 has it.
fn log_line(line: &str, theme: Theme) -> Line<'static> {
    let (time, text) = line.split_once(' ').unwrap_or(("", line));
    let (time, text) = match time.parse::<Timestamp>() {
        Ok(at) => (time_of_day(at), text),
        Err(_) => (String::new(), line),
    };
    // Before anything else: a line can be megabytes long.
    let text = lines(&clip(text, LONGEST_LINE)).replace('\t', "    ");
    Line::from(vec![Span::styled(format!("{time} "), theme.dim()), Span::raw(text.trim_end().to_owned())])
}
