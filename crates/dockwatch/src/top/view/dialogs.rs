//! The last line, and what is asked or shown above the rest.

use evenkeel_common::terminal::one_line;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use crate::top::state::{Dialog, Message, State};
use crate::top::view::theme::Theme;

const LIST_KEYS: &str = "? keys  q quit  Enter open  / filter  p projects  R restart  S stop  < > sort";
const PAGE_KEYS: &str = "Esc back  q quit  ↑↓ scroll  R restart  S stop  ? keys";

const HELP: [(&str, &str); 19] = [
    ("↑ ↓ j k", "select a container, or scroll its page"),
    ("PgUp PgDn", "a page up or down"),
    ("Home End g G", "to the beginning or the end"),
    ("Enter", "open the container: state, health, log, limits"),
    ("Esc", "back to the list; in it, drop the filter"),
    ("m c n", "sort by memory, CPU, name; once more: reversed"),
    ("< >", "sort by the column to the left or right"),
    ("r", "reverse the order"),
    ("/", "filter by name, project or image"),
    ("a", "hide or show stopped containers"),
    ("p", "group by Compose project, or not"),
    ("← →", "fold or open the project"),
    ("f", "fold or open all projects"),
    ("R", "restart through restartgate; asks first"),
    ("S", "stop; asks first"),
    ("mouse", "click: select, or sort; wheel: scroll"),
    ("q Ctrl-C", "quit"),
    ("", "bars: CPU of one core; memory of the container's"),
    ("", "limit, or without one of the budget"),
];
const HELP_WIDTH: u16 = 66;

pub(super) fn draw(state: &State, theme: Theme, footer: Rect, frame: &mut Frame<'_>) {
    frame.render_widget(Paragraph::new(last_line(state, theme)), footer);
    match &state.dialog {
        Some(Dialog::Help) => draw_help(theme, frame),
        Some(Dialog::Confirm(request)) => draw_question(&request.question, theme, frame),
        Some(Dialog::Filter) | None => {}
    }
}

fn last_line(state: &State, theme: Theme) -> Line<'static> {
    let filter = one_line(&state.list.filter);
    if state.dialog == Some(Dialog::Filter) {
        return Line::styled(format!("filter: {filter}_  (Enter keeps it, Esc drops it)"), theme.title());
    }
    match &state.message {
        Some(Message::Problem(text)) => return Line::styled(one_line(text), theme.alarm()),
        Some(Message::Info(text)) => return Line::styled(one_line(text), theme.title()),
        None => {}
    }
    if let Some(request) = &state.performing {
        return Line::styled(format!("{} {} …", request.action.name(), request.name), theme.title());
    }
    if state.page.is_some() {
        return Line::styled(PAGE_KEYS, theme.dim());
    }
    let mut spans = Vec::new();
    if !filter.is_empty() {
        spans.push(Span::styled(format!("filter: {filter}  "), theme.title()));
    }
    if state.list.hides_stopped() {
        spans.push(Span::styled("running only  ", theme.title()));
    }
    spans.push(Span::styled(LIST_KEYS, theme.dim()));
    Line::from(spans)
}

fn draw_help(theme: Theme, frame: &mut Frame<'_>) {
    let keys = HELP.iter().map(|(key, what)| {
        Line::from(vec![Span::styled(format!("{key:<14}"), theme.title()), Span::raw(*what)])
    });
    let height = u16::try_from(HELP.len() + 2).unwrap_or(u16::MAX);
    let area = frame.area();
    let place = Rect {
        x: area.width.saturating_sub(HELP_WIDTH) / 2,
        y: area.height.saturating_sub(height) / 2,
        width: HELP_WIDTH,
        height,
    };
    let place = place.intersection(area);
    let block = Block::bordered().title(" keys (any key closes this) ");
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(keys.collect::<Vec<_>>()).block(block), place);
}

/// At the bottom, on as many lines as the question needs.
fn draw_question(question: &str, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let width = usize::from(area.width.max(1));
    // Words do not fill the lines: one more than the characters need.
    let lines = question.chars().count() / width + 2;
    let height = u16::try_from(lines).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { y: area.height - height, height, ..area };
    let asked = Paragraph::new(one_line(question)).wrap(Wrap { trim: true }).style(theme.selected());
    frame.render_widget(Clear, place);
    frame.render_widget(asked, place);
}
