//! `dockwatch top`: the live view on a terminal, which is given back as it was whatever happens.

use std::io::{self, IsTerminal as _};

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::MissedTickBehavior;

use crate::cli::TopArgs;
use crate::commands::child::Signals;
use crate::commands::follow::ASK_INTERVAL;
use crate::measure::collector::Gatherer;
use crate::measure::events::{Happening, listen};
use crate::measure::poll_schedule::Pace;
use crate::measure::sampler::{Ask, Manner};
use crate::output::top_view::{Flow, Key, View};

/// Shows the view until it is left.
pub async fn top(args: TopArgs, home: &Home) -> Result<Exit, Error> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::failed("show the live view", "stdin or stdout is no terminal")
            .hint("use dockwatch, dockwatch --follow or dockwatch --json"));
    }
    crate::measure::fd_limit::raise();
    let mut gatherer = Gatherer::new(&args.engines, &args.scope, home, Manner::VIEW)?;
    let first = gatherer.facts(Ask::Everyone).await?;
    if !first.is_reachable() {
        first.require_healthy()?;
    }
    let mut view = View::new(args.budget.budget());
    view.update(first);
    let mut signals = Signals::new().map_err(|e| Error::failed("listen for signals", e))?;
    let happenings = listen(gatherer.args());
    let mut screen = Screen::take()?;
    tokio::select! {
        shown = show(&mut screen, &mut view, &mut gatherer, happenings, args.interval) => shown.map(|()| Exit::Done),
        signal = signals.next() => Ok(Exit::Signal(signal.number())),
    }
}

/// The terminal while it is ours. ratatui gives it back on a panic, this on every other way out.
struct Screen(DefaultTerminal);

impl Screen {
    fn take() -> Result<Self, Error> {
        ratatui::try_init().map(Self).map_err(|e| Error::failed("take the terminal", e))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that was closed cannot be given back.
        let _ = ratatui::try_restore();
    }
}

async fn show(
    screen: &mut Screen,
    view: &mut View,
    gatherer: &mut Gatherer,
    mut happenings: UnboundedReceiver<Happening>,
    interval: std::time::Duration,
) -> Result<(), Error> {
    let mut inputs = inputs();
    let mut pace = Pace::new(ASK_INTERVAL);
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        screen.0.draw(|frame| view.draw(frame)).map_err(|e| Error::failed("draw on the terminal", e))?;
        tokio::select! {
            biased;
            input = inputs.recv() => match input {
                Some(Input::Leave) | None => return Ok(()),
                Some(Input::Key(key)) if view.press(key) == Flow::Leave => return Ok(()),
                Some(Input::Key(_) | Input::Redraw) => {}
            },
            Some(_) = happenings.recv() => pace.hurry(),
            _ = ticks.tick() => {
                let facts = gatherer.facts(pace.whom()).await?;
                pace.learn(&facts);
                view.update(facts);
            }
        }
    }
}

enum Input {
    Key(Key),
    /// The terminal has another size.
    Redraw,
    Leave,
}

/// Keys come from a thread that waits for them: it ends with the terminal or with the process.
fn inputs() -> UnboundedReceiver<Input> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            let input = match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => understand(key),
                Event::Resize(..) => Some(Input::Redraw),
                _ => None,
            };
            if input.is_some_and(|input| sender.send(input).is_err()) {
                break;
            }
        }
    });
    receiver
}

fn understand(key: KeyEvent) -> Option<Input> {
    let key = match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Some(Input::Leave),
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
