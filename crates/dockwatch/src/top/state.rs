//! What the view knows, and what a key, a click or news does to it.

use std::time::{Duration, Instant};

use evenkeel_common::Timestamp;
use evenkeel_common::terminal::one_line;
use ratatui::layout::{Position, Rect};

use crate::model::container::{Container, StateReading};
use crate::model::facts::Facts;
use crate::model::inspection::Opened;
use crate::model::level::{Assessment, Budget, assess};
use crate::model::locks::{LockUse, Locks};
use crate::top::action::{Abilities, Action, ContainerId, Request, Ruling, judge};
use crate::top::columns::{self, Column};
use crate::top::history::History;
use crate::top::input::{Input, Key};
use crate::top::layout;
use crate::top::list::{Fold, Grouping, List, Row};
use crate::top::page::{Page, PageError};

/// Rows that one notch of the wheel scrolls.
const WHEEL_ROWS: i64 = 3;

/// What the user wants from the outside world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Quit,
    /// The user has confirmed it.
    Perform(Request),
}

/// What is asked or shown above the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dialog {
    /// The filter is being typed.
    Filter,
    Help,
    /// Its question is answered with y or n.
    Confirm(Request),
}

/// The last thing that the user has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Info(String),
    Problem(String),
}

/// The state of the view.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) budget: Budget,
    pub(super) interval: Duration,
    abilities: Abilities,
    pub(super) now: Timestamp,
    pub(super) facts: Facts,
    pub(super) assessment: Assessment,
    pub(super) locks: Locks,
    pub(super) history: History,
    pub(super) list: List,
    pub(super) page: Option<Page>,
    pub(super) dialog: Option<Dialog>,
    pub(super) message: Option<Message>,
    /// The action that is under way.
    pub(super) performing: Option<Request>,
    /// How the container was at this moment on which something was done last.
    reading: Option<(ContainerId, StateReading, Instant)>,
    area: Rect,
}

impl State {
    /// A view without a sample.
    pub(crate) fn new(budget: Budget, interval: Duration, abilities: Abilities, now: Timestamp) -> Self {
        let facts = Facts::default();
        Self {
            assessment: assess(&facts.usage(), &budget),
            budget,
            interval,
            abilities,
            now,
            facts,
            locks: Locks::Unknown,
            history: History::default(),
            list: List::new(),
            page: None,
            dialog: None,
            message: None,
            performing: None,
            reading: None,
            area: Rect::default(),
        }
    }

    /// Takes a new sample.
    pub(crate) fn update(&mut self, facts: Facts, now: Timestamp) {
        let usage = facts.usage();
        self.history.push(now, usage.memory_bytes);
        self.assessment = assess(&usage, &self.budget);
        (self.facts, self.now) = (facts, now);
        self.settle();
    }

    /// Takes over how a container was at this moment.
    pub(crate) fn follow(&mut self, container: ContainerId, reading: StateReading, at: Instant) {
        if let Some(found) = self.facts.containers.iter_mut().find(|found| container.is(found)) {
            found.follow(&reading);
        }
        self.reading = Some((container, reading, at));
        self.assessment = assess(&self.facts.usage(), &self.budget);
        self.settle();
    }

    /// Takes it over once more where the last sample was begun before it, and forgets it otherwise.
    pub(crate) fn follow_since(&mut self, sample_began: Instant) {
        if let Some((container, reading, at)) = self.reading.take().filter(|(_, _, at)| *at > sample_began) {
            self.follow(container, reading, at);
        }
    }

    /// Takes the locks that are in use.
    pub(crate) fn update_locks(&mut self, locks: Locks) {
        self.locks = locks;
    }

    /// Takes the engine's answer about the container that is open; one about another comes too late.
    pub(crate) fn update_page(&mut self, container: &ContainerId, answer: Result<Opened, PageError>) {
        if let Some(page) = self.page.as_mut().filter(|page| page.container == *container) {
            page.update(answer);
        }
    }

    /// Takes the size of the terminal.
    pub(crate) fn resize(&mut self, area: Rect) {
        if self.area != area {
            self.area = area;
            self.settle();
        }
    }

    /// The container that is open.
    pub(crate) fn open_container(&self) -> Option<&ContainerId> {
        self.page.as_ref().map(|page| &page.container)
    }

    /// Whether any container names an environment, which has a lock.
    pub(crate) fn has_environments(&self) -> bool {
        self.facts.containers.iter().any(|container| container.summary.environment().is_some())
    }

    /// Says how an action has ended.
    pub(crate) fn performed(&mut self, message: Message) {
        self.performing = None;
        self.message = Some(message);
    }

    /// Handles what the user does.
    pub(crate) fn handle(&mut self, input: Input) -> Effect {
        let effect = match (self.dialog.clone(), input) {
            (Some(Dialog::Confirm(request)), Input::Key(key)) => return self.answer(request, key),
            (Some(Dialog::Confirm(_)), _) => return Effect::Nothing,
            (Some(Dialog::Help), _) => self.close_dialog(),
            (Some(Dialog::Filter), Input::Key(key)) => self.type_filter(key),
            (_, Input::Key(key)) => self.press(key),
            (_, Input::Click { column, row }) => self.click(Position { x: column, y: row }),
            (_, Input::Wheel(notches)) => {
                self.move_by(i64::from(notches) * WHEEL_ROWS);
                Effect::Nothing
            }
        };
        self.settle();
        effect
    }

    fn settle(&mut self) {
        self.list.settle(&self.facts, layout::rows(self.area));
    }

    fn close_dialog(&mut self) -> Effect {
        self.dialog = None;
        Effect::Nothing
    }

    /// Only y is a yes.
    fn answer(&mut self, request: Request, key: Key) -> Effect {
        self.dialog = None;
        if key != Key::Char('y') {
            self.message = Some(Message::Info(format!("{} was left alone", request.name)));
            return Effect::Nothing;
        }
        self.performing = Some(request.clone());
        Effect::Perform(request)
    }

    fn type_filter(&mut self, key: Key) -> Effect {
        match key {
            Key::Char(c) => self.list.filter.push(c),
            Key::Backspace => drop(self.list.filter.pop()),
            Key::Enter => self.dialog = None,
            Key::Escape => {
                self.list.filter.clear();
                self.dialog = None;
            }
            other => return self.press(other),
        }
        Effect::Nothing
    }

    fn press(&mut self, key: Key) -> Effect {
        match key {
            Key::Char('q') => return Effect::Quit,
            Key::Char('?') => self.dialog = Some(Dialog::Help),
            Key::Char('R') => self.ask(Action::Restart),
            Key::Char('S') => self.ask(Action::Stop),
            Key::Up | Key::Char('k') => self.move_by(-1),
            Key::Down | Key::Char('j') => self.move_by(1),
            Key::PageUp => self.move_by(-self.page_rows()),
            Key::PageDown => self.move_by(self.page_rows()),
            Key::Home | Key::Char('g') => self.move_by(i64::MIN),
            Key::End | Key::Char('G') => self.move_by(i64::MAX),
            Key::Escape => self.go_back(),
            key if self.page.is_none() => self.press_in_list(key),
            _ => {}
        }
        Effect::Nothing
    }

    fn press_in_list(&mut self, key: Key) {
        self.message = None;
        match key {
            Key::Char('m') => self.list.order = self.list.order.select(Column::Memory),
            Key::Char('c') => self.list.order = self.list.order.select(Column::Cpu),
            Key::Char('n') => self.list.order = self.list.order.select(Column::Name),
            Key::Char('<') => self.list.order = self.list.order.moved(-1),
            Key::Char('>') => self.list.order = self.list.order.moved(1),
            Key::Char('r') => self.list.order = self.list.order.reversed(),
            Key::Char('p') => self.list.toggle_grouping(),
            Key::Char('f') => self.list.toggle_all_folds(&self.facts),
            Key::Char('a') => self.list.toggle_stopped(),
            Key::Char('/') => self.dialog = Some(Dialog::Filter),
            Key::Left => self.list.set_fold(&self.facts, Fold::Folded),
            Key::Right => self.list.set_fold(&self.facts, Fold::Open),
            Key::Enter | Key::Char(' ') => self.open_or_fold(),
            _ => {}
        }
    }

    /// Leaves the page; in the list, drops the filter.
    fn go_back(&mut self) {
        self.message = None;
        if self.page.take().is_none() {
            self.list.filter.clear();
        }
    }

    fn open_or_fold(&mut self) {
        match self.list.selected_row(&self.facts) {
            Some(Row::Container(container)) => {
                self.page = Some(Page::new(ContainerId::of(container), container.summary.name.clone()));
            }
            Some(Row::Project(group)) => {
                let fold = if group.fold == Fold::Open { Fold::Folded } else { Fold::Open };
                self.list.set_fold(&self.facts, fold);
            }
            None => {}
        }
    }

    fn page_rows(&self) -> i64 {
        let rows = if self.page.is_some() { self.area.height.into() } else { layout::rows(self.area) };
        i64::try_from(rows).unwrap_or(1).saturating_sub(1).max(1)
    }

    fn move_by(&mut self, rows: i64) {
        match &mut self.page {
            Some(page) => page.scroll_by(rows),
            None => self.list.move_by(&self.facts, rows),
        }
    }

    fn click(&mut self, at: Position) -> Effect {
        let table = layout::parts(self.area).table;
        if self.page.is_some() || !table.contains(at) {
            return Effect::Nothing;
        }
        match usize::from(at.y - table.y).checked_sub(1) {
            Some(place) => self.list.select(&self.facts, self.list.first + place),
            None => {
                if let Some(column) = columns::at(table.width, at.x - table.x) {
                    self.list.order = self.list.order.select(column);
                }
            }
        }
        Effect::Nothing
    }

    /// The container that is open, or selected.
    fn target(&self) -> Option<&Container> {
        match &self.page {
            Some(page) => self.facts.containers.iter().find(|container| page.container.is(container)),
            None => match self.list.selected_row(&self.facts) {
                Some(Row::Container(container)) => Some(container),
                _ => None,
            },
        }
    }

    fn ask(&mut self, action: Action) {
        if let Some(busy) = &self.performing {
            let text = format!("wait: {} {} is under way", busy.action.name(), busy.name);
            self.message = Some(Message::Problem(text));
            return;
        }
        let Some(container) = self.target() else {
            self.message = Some(Message::Problem("select a container first".into()));
            return;
        };
        let lock = self.lock_of(container);
        match judge(action, &container.summary, lock.as_ref(), &self.abilities) {
            Ruling::Ask(question) => {
                let (container, name) = (ContainerId::of(container), one_line(&container.summary.name));
                self.dialog = Some(Dialog::Confirm(Request { action, container, name, question }));
            }
            Ruling::Refuse(why) => self.message = Some(Message::Problem(why)),
        }
    }

    /// The use of the lock of a container's environment; `None` without an environment.
    fn lock_of(&self, container: &Container) -> Option<LockUse> {
        Some(self.locks.of(&container.engine, container.summary.environment()?))
    }

    pub(super) fn is_grouped(&self) -> bool {
        self.list.grouping == Grouping::ByProject
    }
}
