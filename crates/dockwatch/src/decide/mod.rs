//! Pure decisions: functions of facts, budgets and a clock that is passed in.

pub(crate) mod diagnosis;
pub(crate) mod fits;
pub(crate) mod hysteresis;
pub(crate) mod image_uses;
pub(crate) mod limits;
