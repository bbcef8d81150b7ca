//! The locks in a store, to be taken.

use std::time::Duration;

use evenkeel_common::{Error, now};

use crate::commands::place::{About, Asker, Explanation, Place, Wanted, refuse_under_the_lock};
use crate::commands::queries_remote::status_of;
use crate::hold::Hold;
use crate::lock::acquire::LockTiming;
use crate::model::environment::Recorded;
use crate::model::queue::Mode;
use crate::model::record::{Phase, Record};
use crate::model::setup_key::SetupKey;
use crate::model::via::StoreUrl;
use crate::output::text;
use crate::remote::acquire::acquire;
use crate::remote::board::Owner;
use crate::remote::inherited::{covers, held_by_ancestors};
use crate::remote::keeper::Keeper;
use crate::remote::lock::{Claim, RemoteLock};
use crate::remote::renewal::Store;
use crate::remote::terms::Terms;
use crate::system::kernel_lock::WaitDeadline;
use crate::system::{current_process, user};

/// The lease time, where none is given.
const TTL: Duration = Duration::from_secs(15);

/// A lock in a store.
struct RemotePlace {
    claim: Claim,
    record: Record,
}

/// The lock `name`, unless an outer envlock holds it for this process. Starts the process that keeps it.
pub(super) fn find(
    url: &StoreUrl,
    name: &str,
    mode: Mode,
    outer: &str,
    ttl: Option<Duration>,
    about: About,
) -> Result<Option<Box<dyn Place>>, Error> {
    let mut store = Store::new(url, name, mode, Terms::new(ttl.unwrap_or(TTL)));
    if covers(&mut store, &url.prefix, outer)? {
        return Ok(None);
    }
    start(url, store, about).map(Some)
}

/// The lock `name`, where something is recorded of its environment.
pub(super) fn find_to_take_down(
    url: &StoreUrl,
    name: &str,
    outer: &str,
    about: About,
) -> Result<Option<Box<dyn Place>>, Error> {
    let mut store = Store::new(url, name, Mode::Exclusive, Terms::new(TTL));
    if !held_by_ancestors(&mut store, &url.prefix, outer)?.is_empty() {
        return Err(refuse_under_the_lock(name));
    }
    let look = store.look().map_err(|e| store.client.fatal(&e))?;
    if look.recorded == Recorded::Nothing {
        return Ok(None);
    }
    start(url, store, about).map(Some)
}

fn start(url: &StoreUrl, store: Store, about: About) -> Result<Box<dyn Place>, Error> {
    let process = current_process();
    let (pid, start) = (process.pid, process.start);
    let owner = Owner { name: store.keys.name().to_owned(), prefix: url.prefix.clone(), pid, start };
    let keeper = Keeper::start(owner.clone(), || store.clone())?;
    let record = Record {
        ticket: 0,
        mode: String::new(),
        slot: None,
        phase: Phase::Waiting,
        user: user(),
        process,
        command: about.command,
        purpose: about.purpose,
        queued_at: now(),
        entered_at: None,
        in_environment: false,
        owner: None,
    };
    let claim = Claim { url: url.clone(), store, keeper, owner };
    Ok(Box::new(RemotePlace { claim, record }))
}

impl Place for RemotePlace {
    fn name(&self) -> &str {
        &self.claim.owner.name
    }

    fn acquire<'p>(
        &'p mut self,
        wanted: Wanted,
        deadline: &mut WaitDeadline<'_>,
    ) -> Result<Option<Box<dyn Hold + 'p>>, Error> {
        let claim = &mut self.claim;
        claim.store.mode = wanted.mode;
        // How far it is once it is inside: who has an environment first has to pass its gate.
        let phase = match wanted.timing {
            LockTiming::Immediate => Phase::Running,
            LockTiming::UnderSetupLock => Phase::Waiting,
        };
        let record = Record { mode: wanted.mode.to_string(), phase, ..self.record.clone() };
        let acquired = acquire(&mut claim.store, &record, &mut claim.keeper, deadline)
            .map_err(|e| claim.store.client.fatal(&e))?;
        Ok(acquired.map(|acquired| Box::new(RemoteLock::new(claim, acquired)) as Box<dyn Hold + 'p>))
    }

    fn explanation(&self, key: Option<&SetupKey>, asker: Asker) -> Explanation {
        let (mut store, own) = (self.claim.store.clone(), self.record.process.clone());
        let (key, name) = (key.cloned(), self.name().to_owned());
        Box::new(move || {
            let mut look = store.look().map_err(|e| store.client.fatal(&e))?;
            // Another host may have a process with the same pid.
            let is_own = |record: &Record| record.process == own;
            let ahead = look.queue.iter().take_while(|record| !is_own(record)).count();
            match asker {
                Asker::Waiter => look.queue.truncate(ahead),
                Asker::Gone => look.queue.retain(|record| !is_own(record)),
            }
            let status = status_of(&name, look);
            Ok(text::explain_wait(&status, &[], key.as_ref(), (asker == Asker::Waiter).then_some(0)))
        })
    }
}
