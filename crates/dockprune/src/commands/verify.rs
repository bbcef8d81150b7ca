//! `dockprune --verify`: lists what is left of the scope, and removes nothing.

use evenkeel_common::docker::Engine;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, Timestamp, print, print_json};

use super::shared::{colour, list};
use crate::cli::Cli;
use crate::decide::leftovers;
use crate::model::policy::Policy;
use crate::output::place_json::PlaceJson;
use crate::output::text;
use crate::output::verify_json::{LeftoverJson, VerifyJson};

pub(super) async fn verify(cli: &Cli, engine: &Engine, policy: &Policy) -> Result<Exit, Error> {
    let mut listing = list(engine, &policy.kinds).await?;
    // What was not listed may hold something: that is never 'clean'.
    if let Some((kind, error)) = listing.unreached.pop() {
        return Err(error.into_error(format!("list the {}s", kind.name())));
    }
    let now = Timestamp::now();
    let found = leftovers::find(&listing.resources, &policy.scope);
    let items: Vec<_> =
        found.into_iter().map(|(resource, reason)| LeftoverJson::new(resource, reason, now)).collect();
    let nothing = items.is_empty();
    // It takes no lock, so that a state directory which cannot be used stops nobody.
    let place = Home::from_env().map(|home| PlaceJson::from(&home)).unwrap_or_default();
    let report = VerifyJson::new(engine.host.clone(), now, items, place);
    if !(cli.quiet_if_nothing && nothing) {
        if cli.json { print_json(&report)? } else { print(&text::leftovers(&report, colour()))? }
    }
    Ok(if nothing { Exit::Done } else { Exit::No })
}
