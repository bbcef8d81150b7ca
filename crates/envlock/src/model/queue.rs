//! The order of the queue: which tickets a ticket waits for.
//!
//! Every process that wants a lock takes a ticket with the next number. A ticket is a file that its owner keeps locked
//! until it is done, so the kernel knows which owners are alive and wakes those that wait for a ticket. Nobody
//! overtakes: a ticket waits for lower numbers only.

use std::fmt;

/// How a ticket wants the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// Alone.
    Exclusive,
    /// Together with any number of others that share it.
    Shared,
    /// One of so many slots, beside others that have a slot or share the lock.
    Slots(u16),
}

impl Mode {
    /// The letter for it in file names and in `ENVLOCK_HELD`.
    pub(crate) const fn letter(self) -> char {
        match self {
            Self::Exclusive => 'x',
            Self::Shared => 's',
            Self::Slots(_) => 'n',
        }
    }

    /// Reads the letter back. The number of slots is not kept.
    pub(crate) const fn from_letter(letter: &str) -> Option<Self> {
        match letter.as_bytes() {
            b"x" => Some(Self::Exclusive),
            b"s" => Some(Self::Shared),
            b"n" => Some(Self::Slots(0)),
            _ => None,
        }
    }

    /// Whether a holder of this mode may do everything that `wanted` would allow.
    pub(crate) const fn covers(self, wanted: Self) -> bool {
        match (self, wanted) {
            (Self::Exclusive, _) | (_, Self::Shared) | (Self::Slots(_), Self::Slots(_)) => true,
            (Self::Shared | Self::Slots(_), _) => false,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exclusive => "exclusive",
            Self::Shared => "shared",
            Self::Slots(_) => "slot",
        })
    }
}

/// A ticket's number and mode, which its file name consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TicketId {
    /// Rises by one with every ticket.
    pub(crate) number: u64,
    pub(crate) mode: Mode,
}

impl TicketId {
    /// The tickets that must be gone before this one may take the lock, nearest first. To sleep it is enough to wait
    /// for the nearest one that is held, because that one waits for the others.
    pub(crate) fn blocked_by(self, all: &[Self]) -> Vec<Self> {
        let conflicts = |other: &Self| self.mode == Mode::Exclusive || other.mode == Mode::Exclusive;
        self.lower(all, conflicts)
    }

    /// The tickets that must have chosen their slot before this one may choose, nearest first.
    pub(crate) fn chooses_after(self, all: &[Self]) -> Vec<Self> {
        let has_slot = |id: &Self| matches!(id.mode, Mode::Slots(_));
        if has_slot(&self) { self.lower(all, has_slot) } else { Vec::new() }
    }

    fn lower(self, all: &[Self], wanted: impl Fn(&Self) -> bool) -> Vec<Self> {
        let mut lower: Vec<Self> =
            all.iter().copied().filter(|other| other.number < self.number && wanted(other)).collect();
        lower.sort_unstable_by(|a, b| b.cmp(a));
        lower
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64, mode: Mode) -> TicketId {
        TicketId { number, mode }
    }

    fn numbers(ids: &[TicketId]) -> Vec<u64> {
        ids.iter().map(|id| id.number).collect()
    }

    #[test]
    fn a_writer_waits_for_all_before_it_and_a_reader_for_writers_only() {
        use Mode::{Exclusive, Shared, Slots};
        let all = [
            id(1, Shared),
            id(2, Exclusive),
            id(3, Slots(2)),
            id(4, Shared),
            id(5, Slots(2)),
            id(6, Exclusive),
        ];
        assert_eq!(numbers(&all[5].blocked_by(&all)), [5, 4, 3, 2, 1]);
        assert_eq!(numbers(&all[3].blocked_by(&all)), [2]);
        assert_eq!(numbers(&all[4].blocked_by(&all)), [2]);
        assert_eq!(numbers(&all[4].chooses_after(&all)), [3]);
        assert_eq!(numbers(&all[3].chooses_after(&all)), Vec::<u64>::new());
        assert_eq!(numbers(&all[0].blocked_by(&all)), Vec::<u64>::new());
    }

    #[test]
    fn modes_are_written_as_letters_and_as_words() {
        let modes = [Mode::Exclusive, Mode::Shared, Mode::Slots(3)];
        assert_eq!(modes.map(Mode::letter), ['x', 's', 'n']);
        assert_eq!(modes.map(|mode| mode.to_string()), ["exclusive", "shared", "slot"]);
        let read = ["x", "s", "n"].map(Mode::from_letter);
        assert_eq!(read, [Some(Mode::Exclusive), Some(Mode::Shared), Some(Mode::Slots(0))]);
        for other in ["", "y", "xs", "X"] {
            assert_eq!(Mode::from_letter(other), None, "{other}");
        }
    }

    #[test]
    fn less_than_what_is_held_is_covered() {
        use Mode::{Exclusive, Shared, Slots};
        for (held, wanted, covered) in [
            (Exclusive, Exclusive, true),
            (Exclusive, Shared, true),
            (Exclusive, Slots(1), true),
            (Shared, Shared, true),
            (Shared, Exclusive, false),
            (Shared, Slots(1), false),
            (Slots(0), Slots(4), true),
            (Slots(0), Shared, true),
            (Slots(0), Exclusive, false),
        ] {
            assert_eq!(held.covers(wanted), covered, "{held} {wanted}");
        }
    }

    proptest::proptest! {
        /// Of two tickets that exclude each other, only the later one waits for the other.
        #[test]
        fn of_two_that_conflict_the_later_one_waits(modes in proptest::collection::vec(0..3_u8, 2..20)) {
            let all: Vec<TicketId> = (0..).zip(&modes).map(|(number, mode)| id(number, match mode {
                0 => Mode::Exclusive,
                1 => Mode::Shared,
                _ => Mode::Slots(3),
            })).collect();
            for (i, early) in all.iter().enumerate() {
                for late in &all[i + 1..] {
                    let conflict = early.mode == Mode::Exclusive || late.mode == Mode::Exclusive;
                    proptest::prop_assert_eq!(late.blocked_by(&all).contains(early), conflict);
                    proptest::prop_assert!(!early.blocked_by(&all).contains(late));
                }
            }
        }
    }
}
