//! The engine's answers, translated into the model.
//!
//! They are read leniently: an engine may leave out what another sends, and has states that are not known here. bollard's
//! types are strict: one container in an unknown state would make a whole list unreadable.

pub(crate) mod containers;
pub(crate) mod disk_usage;
pub(crate) mod events;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod images;
pub(crate) mod info;
pub(crate) mod inspect;
pub(crate) mod inspection;
pub(crate) mod networks;
pub(crate) mod stats;
pub(crate) mod stop;
pub(crate) mod volumes;

/// Engines send sizes and counts as signed numbers, and some as -1 where they do not know.
fn unsigned(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}
