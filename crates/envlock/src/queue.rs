//! Who goes before whom: the pure rules of the queue.
//!
//! Every process that wants a lock takes a ticket with the next number. A ticket is a file that its owner keeps
//! locked until it is done, so the kernel knows who is alive and wakes whoever waits for that ticket. Nobody
//! overtakes: a ticket looks only at lower numbers.

use std::fmt;

/// What a ticket asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Alone.
    Exclusive,
    /// Together with any number of others that share.
    Shared,
    /// One of a number of slots, beside others that have slots or share.
    Slots(u16),
}

impl Mode {
    /// The letter that stands for the mode in file names and in `ENVLOCK_HELD`.
    pub const fn letter(self) -> char {
        match self {
            Self::Exclusive => 'x',
            Self::Shared => 's',
            Self::Slots(_) => 'n',
        }
    }

    /// Reads the letter back. How many slots there are does not matter to others and is not kept.
    pub const fn from_letter(letter: &str) -> Option<Self> {
        match letter.as_bytes() {
            b"x" => Some(Self::Exclusive),
            b"s" => Some(Self::Shared),
            b"n" => Some(Self::Slots(0)),
            _ => None,
        }
    }

    /// Whether a holder of this mode may do everything that `wanted` would allow.
    pub const fn covers(self, wanted: Self) -> bool {
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

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Rises by one with every arrival.
    pub number: u64,
    /// What the ticket asks for.
    pub mode: Mode,
}

impl Place {
    /// The tickets that must be gone before this one may enter, nearest first. Waiting for the nearest that lives
    /// is enough to sleep: it waits for the others in turn.
    pub fn must_outlast(self, all: &[Self]) -> Vec<Self> {
        let conflicts = |other: &Self| self.mode == Mode::Exclusive || other.mode == Mode::Exclusive;
        self.lower(all, conflicts)
    }

    /// The tickets that must have chosen their slot before this one may choose, nearest first.
    pub fn choose_before(self, all: &[Self]) -> Vec<Self> {
        let chooses = |place: &Self| matches!(place.mode, Mode::Slots(_));
        if chooses(&self) { self.lower(all, chooses) } else { Vec::new() }
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

    fn place(number: u64, mode: Mode) -> Place {
        Place { number, mode }
    }

    fn numbers(places: &[Place]) -> Vec<u64> {
        places.iter().map(|p| p.number).collect()
    }

    #[test]
    fn a_writer_waits_for_all_before_it_and_a_reader_for_writers_only() {
        use Mode::{Exclusive, Shared, Slots};
        let all = [
            place(1, Shared),
            place(2, Exclusive),
            place(3, Slots(2)),
            place(4, Shared),
            place(5, Slots(2)),
            place(6, Exclusive),
        ];
        assert_eq!(numbers(&all[5].must_outlast(&all)), [5, 4, 3, 2, 1]);
        assert_eq!(numbers(&all[3].must_outlast(&all)), [2]);
        assert_eq!(numbers(&all[4].must_outlast(&all)), [2]);
        assert_eq!(numbers(&all[4].choose_before(&all)), [3]);
        assert_eq!(numbers(&all[3].choose_before(&all)), Vec::<u64>::new());
        assert_eq!(numbers(&all[0].must_outlast(&all)), Vec::<u64>::new());
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
        /// Two tickets that exclude each other are never both free to enter.
        #[test]
        fn of_two_that_conflict_the_later_one_waits(modes in proptest::collection::vec(0..3_u8, 2..20)) {
            let all: Vec<Place> = (0..).zip(&modes).map(|(number, mode)| place(number, match mode {
                0 => Mode::Exclusive,
                1 => Mode::Shared,
                _ => Mode::Slots(3),
            })).collect();
            for (i, early) in all.iter().enumerate() {
                for late in &all[i + 1..] {
                    let conflict = early.mode == Mode::Exclusive || late.mode == Mode::Exclusive;
                    proptest::prop_assert_eq!(late.must_outlast(&all).contains(early), conflict);
                    proptest::prop_assert!(!early.must_outlast(&all).contains(late));
                }
            }
        }
    }
}
