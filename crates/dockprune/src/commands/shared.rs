//! What both commands do: list, count addresses, warn.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};

use evenkeel_common::Error;
use evenkeel_common::docker::Engine;

use crate::decide::address_pool::{self, AddressPool};
use crate::edges::engine::{self, Listing};
use crate::model::resource::Kind;
use crate::output::report_json::UnreachedJson;
use crate::output::text::Colour;

/// Lists resources. Where the containers cannot be listed, nothing can be decided.
pub(super) async fn list(engine: &Engine, kinds: &BTreeSet<Kind>) -> Result<Listing, Error> {
    Box::pin(engine::list(engine, kinds)).await.map_err(|e| e.into_error("list the containers"))
}

/// How many more networks fit, after some were removed; `None` where networks were not listed.
pub(super) async fn address_pool(engine: &Engine, listing: &Listing, removed: u64) -> Option<AddressPool> {
    if listing.error_of(Kind::Network).is_some() {
        return None;
    }
    let less = |pool: AddressPool| AddressPool { used: pool.used.saturating_sub(removed), ..pool };
    let pool = less(address_pool::count(&listing.resources, &[]));
    // Only an engine that looks full is worth another call: it may be configured with more addresses.
    if !pool.is_nearly_full() {
        return Some(pool);
    }
    Some(less(address_pool::count(&listing.resources, &engine::address_ranges(engine).await)))
}

/// Warns on stderr of what makes the result incomplete, and of an address pool that is nearly full.
pub(super) fn warn(listing: &Listing, pool: Option<AddressPool>) {
    let mut stderr = std::io::stderr();
    // A closed stderr leaves nobody to warn; the report says the same.
    for (kind, error) in &listing.unreached {
        let _ = writeln!(stderr, "dockprune: warning: the engine did not list the {}s: {error}", kind.name());
    }
    if let Some(AddressPool { used, room }) = pool.filter(|pool| pool.is_nearly_full()) {
        let _ = writeln!(
            stderr,
            "dockprune: warning: {used} bridge networks, and the engine has addresses for {room}\n\
             hint: 'dockprune --orphans' lists those that nobody needs"
        );
    }
}

pub(super) fn unreached(listing: &Listing) -> Vec<UnreachedJson> {
    listing.unreached.iter().map(|(kind, error)| UnreachedJson::new(*kind, error)).collect()
}

pub(super) fn colour() -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stdout().is_terminal() && !unwanted { Colour::On } else { Colour::Off }
}
