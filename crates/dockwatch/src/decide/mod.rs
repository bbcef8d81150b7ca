//! Pure decisions.

pub mod fits;
pub mod hysteresis;
pub mod limits;
