//! The terminal: raw mode, alternate screen and mouse, all of which end with this, also after a panic; and what the user
//! does on it.

use std::io::{self, stdout};
use std::panic;

use crossterm::event::{
    self, DisableMouseCapture, EnableMouseCapture, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
    MouseButton, MouseEvent, MouseEventKind,
};
use crossterm::execute;
use evenkeel_common::Error;
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::top::input::{Input, Key};

/// The terminal while the view is shown. Dropping it restores the terminal.
pub(super) struct Screen(DefaultTerminal);

impl Screen {
    pub(super) fn open() -> Result<Self, Error> {
        release_mouse_on_panic();
        let failed = |e: io::Error| Error::failed("set up the terminal", e);
        let screen = ratatui::try_init().map(Self).map_err(failed)?;
        execute!(stdout(), EnableMouseCapture).map_err(failed)?;
        Ok(screen)
    }

    /// Draws; only what has changed is sent to the terminal.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        self.0.draw(draw).map(|_| ()).map_err(|e| Error::failed("draw on the terminal", e))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        release_mouse();
        // Fails where the terminal was closed, and then there is nothing to restore.
        let _ = ratatui::try_restore();
    }
}

fn release_mouse() {
    let _ = execute!(stdout(), DisableMouseCapture);
}

/// ratatui's own hook restores the rest of the terminal.
fn release_mouse_on_panic() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        release_mouse();
        previous(info);
    }));
}

/// What the user does.
#[derive(Clone, Copy)]
pub(super) enum UserInput {
    Input(Input),
    Resize,
    /// Ctrl-C, which is a key in raw mode.
    Quit,
}

/// Reads the terminal on a thread, which ends with the terminal or with the process.
pub(super) fn inputs() -> UnboundedReceiver<UserInput> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            let input = match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => of_key(key),
                Event::Mouse(mouse) => of_mouse(mouse).map(UserInput::Input),
                Event::Resize(..) => Some(UserInput::Resize),
                _ => None,
            };
            if input.is_some_and(|input| sender.send(input).is_err()) {
                break;
            }
        }
    });
    receiver
}

fn of_key(key: KeyEvent) -> Option<UserInput> {
    let has_control = key.modifiers.contains(KeyModifiers::CONTROL);
    let key = match key.code {
        KeyCode::Char('c') if has_control => return Some(UserInput::Quit),
        // Ctrl-R is not R.
        KeyCode::Char(_) if has_control || key.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    };
    Some(UserInput::Input(Input::Key(key)))
}

fn of_mouse(mouse: MouseEvent) -> Option<Input> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            Some(Input::Click { column: mouse.column, row: mouse.row })
        }
        MouseEventKind::ScrollUp => Some(Input::Wheel(-1)),
        MouseEventKind::ScrollDown => Some(Input::Wheel(1)),
        _ => None,
    }
}
