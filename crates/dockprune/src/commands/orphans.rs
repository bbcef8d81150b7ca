//! `dockprune --orphans`: lists, and removes nothing.

use evenkeel_common::docker::Engine;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, Timestamp, print, print_json};

use super::shared::{address_pool, colour, list, unreached, warn};
use crate::cli::Cli;
use crate::decide::orphans;
use crate::edges::locks::Locks;
use crate::model::policy::Policy;
use crate::output::orphans_json::{OrphanJson, OrphansJson};
use crate::output::place_json::PlaceJson;
use crate::output::text;

pub(super) async fn orphans(cli: &Cli, engine: &Engine, mut policy: Policy) -> Result<Exit, Error> {
    let listing = list(engine, &policy.kinds).await?;
    let mut locks = Locks::new(&Home::from_env()?, &engine.host)?;
    locks.probe(&orphans::environments(&listing.resources)).await?;
    let place = PlaceJson::from(locks.dir());
    policy.busy = locks.busy;
    let now = Timestamp::now();
    let found = orphans::find(&listing.resources, &policy, now);
    let mut found: Vec<_> =
        found.iter().map(|(&index, decision)| (&listing.resources[index], decision)).collect();
    found.sort_by_key(|(resource, _)| resource.sort_key());
    let items: Vec<_> =
        found.iter().map(|(resource, decision)| OrphanJson::new(resource, &decision.reason, now)).collect();
    let nothing = items.is_empty();
    let mut report = OrphansJson::new(engine.host.clone(), now, items, place);
    report.unreached = unreached(&listing);
    let pool = address_pool(engine, &listing, 0).await;
    report.address_pool = pool.map(Into::into);
    warn(&listing, pool);
    if !(cli.quiet_if_nothing && nothing) {
        if cli.json { print_json(&report)? } else { print(&text::orphans(&report, colour()))? }
    }
    Ok(match (listing.unreached.is_empty(), nothing) {
        (false, _) => Exit::Partial,
        (true, false) => Exit::No,
        (true, true) => Exit::Done,
    })
}
