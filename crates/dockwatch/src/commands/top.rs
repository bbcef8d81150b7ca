//! `dockwatch top`: the live view on a terminal, which is restored however the command ends.

use std::io::{self, IsTerminal as _};
use std::ops::ControlFlow;
use std::time::Duration;

use evenkeel_common::signals::Signals;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::MissedTickBehavior;

use crate::cli::TopArgs;
use crate::measure::collector::Collector;
use crate::measure::events::listen;
use crate::measure::fd_limit;
use crate::measure::sample::{Query, SampleMode};
use crate::model::facts::Facts;
use crate::output::top_view::{Key, TopView};

pub(crate) async fn run(args: &TopArgs, home: &Home) -> Result<Exit, Error> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::failed("show the live view", "stdin or stdout is not a terminal")
            .hint("use dockwatch, dockwatch --follow or dockwatch --json"));
    }
    fd_limit::raise();
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::REPEATED)?;
    let first = collector.collect(Query::EngineAndKernel).await?;
    if !first.is_reachable() {
        first.require_healthy()?;
    }
    let mut view = TopView::new(args.budget.budget(&args.scope.scope()));
    view.update(first);
    let mut signals = Signals::ending().map_err(|e| Error::failed("listen for signals", e))?;
    let mut screen = Screen::open()?;
    tokio::select! {
        shown = show(&mut screen, &mut view, &mut collector, args.interval) => shown.map(|()| Exit::Done),
        signal = signals.next() => Ok(Exit::Signal(signal.number())),
    }
}

/// The terminal in raw mode and on its alternate screen. Dropping it restores the terminal; ratatui does so on a panic.
struct Screen(DefaultTerminal);

impl Screen {
    fn open() -> Result<Self, Error> {
        ratatui::try_init().map(Self).map_err(|e| Error::failed("set up the terminal", e))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Fails where the terminal was closed, and then there is nothing to restore.
        let _ = ratatui::try_restore();
    }
}

/// Shows the view until the user quits it. The view obeys keys while a sample waits for an engine that hangs.
async fn show(
    screen: &mut Screen,
    view: &mut TopView,
    collector: &mut Collector,
    interval: Duration,
) -> Result<(), Error> {
    let (sender, samples) = unbounded_channel();
    tokio::select! {
        failed = sample(collector, interval, &sender) => failed,
        shown = draw(screen, view, samples) => shown,
    }
}

/// Takes a sample each interval. Ends only where that fails.
async fn sample(
    collector: &mut Collector,
    interval: Duration,
    samples: &UnboundedSender<Facts>,
) -> Result<(), Error> {
    let mut events = listen(collector.docker_args());
    let mut schedule = super::live_schedule(interval);
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        while events.try_recv().is_ok() {
            schedule.invalidate();
        }
        let facts = collector.collect(schedule.next_query()).await?;
        schedule.observe(&facts);
        // The receiver lives as long as this function.
        let _ = samples.send(facts);
    }
}

async fn draw(
    screen: &mut Screen,
    view: &mut TopView,
    mut samples: UnboundedReceiver<Facts>,
) -> Result<(), Error> {
    let mut inputs = inputs();
    loop {
        screen.0.draw(|frame| view.draw(frame)).map_err(|e| Error::failed("draw on the terminal", e))?;
        tokio::select! {
            biased;
            input = inputs.recv() => match input {
                Some(Input::Quit) | None => return Ok(()),
                Some(Input::Key(key)) if view.press(key) == ControlFlow::Break(()) => return Ok(()),
                Some(Input::Key(_) | Input::Resize) => {}
            },
            Some(facts) = samples.recv() => view.update(facts),
        }
    }
}

enum Input {
    Key(Key),
    Resize,
    /// Ctrl-C, which is a key in raw mode.
    Quit,
}

/// Reads the terminal on a thread, which ends with the terminal or with the process.
fn inputs() -> UnboundedReceiver<Input> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            let input = match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => to_input(key),
                Event::Resize(..) => Some(Input::Resize),
                _ => None,
            };
            if input.is_some_and(|input| sender.send(input).is_err()) {
                break;
            }
        }
    });
    receiver
}

fn to_input(key: KeyEvent) -> Option<Input> {
    let key = match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Some(Input::Quit),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Scroll(-1),
        KeyCode::Down => Key::Scroll(1),
        KeyCode::PageUp => Key::Scroll(-10),
        KeyCode::PageDown => Key::Scroll(10),
        _ => return None,
    };
    Some(Input::Key(key))
}
