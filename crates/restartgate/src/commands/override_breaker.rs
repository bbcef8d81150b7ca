//! `restartgate trip` and `restartgate reset`: a person opens or closes the breaker of a service.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, print};

use super::find::connect;
use super::sharing::refuse_shared_engine;
use crate::cli::OverrideArgs;
use crate::edges::history::History;
use crate::model::record::{Action, Record};

/// Records a trip or a reset.
pub(super) async fn override_breaker(args: &OverrideArgs, action: Action) -> Result<Exit, Error> {
    refuse_shared_engine(&args.sharing)?;
    let (_, found) = connect(&args.docker, &args.target).await?;
    let mut record = Record::new(action, &found.service);
    record.reason = Some(args.reason.clone());
    History::open(&Home::from_env()?)?.append(&record)?;
    let result = match action {
        Action::Trip => "the breaker is open",
        _ => "the breaker is closed, and earlier restarts and failures do not count any more",
    };
    print(&format!("{}: {result}\n", found.service.shown()))?;
    Ok(Exit::Done)
}
