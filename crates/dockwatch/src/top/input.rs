//! What a user does.

/// A key that the view knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Left,
    Right,
}

/// A key or something done with the mouse; columns and rows count from 0 at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    Key(Key),
    Click {
        column: u16,
        row: u16,
    },
    /// Notches of the wheel, down; up where negative.
    Wheel(i32),
}
