//! Passing the gate, to enter an environment or to leave it.

use std::time::{Duration, Instant};

use evenkeel_common::Error;

use crate::hold::Company;
use crate::model::queue::Mode;
use crate::remote::environment::view::{GateStep, GateView, Purpose};
use crate::remote::etcd::client::CallError;
use crate::remote::etcd::message::{self, Content};
use crate::remote::etcd::watch::{Target, Watched, wait_for};
use crate::remote::lock::RemoteLock;
use crate::remote::orphans::Dead;
use crate::system::kernel_lock::WaitDeadline;

impl RemoteLock<'_> {
    /// Waits at the gate to enter, until no plain holder is inside where no user is. None: the deadline passed first.
    pub(in crate::remote) fn pass_to_enter(
        &mut self,
        deadline: &mut WaitDeadline<'_>,
    ) -> Result<Option<Company>, Error> {
        self.pass(Purpose::Enter, deadline)
    }

    /// Waits at the gate to leave.
    pub(in crate::remote) fn pass_to_leave(&mut self) -> Result<Company, Error> {
        // Without a deadline there always is an answer.
        self.pass(Purpose::Leave, &mut WaitDeadline::new(None))
            .map(|company| company.unwrap_or(Company::Users))
    }

    fn pass(&mut self, purpose: Purpose, deadline: &mut WaitDeadline<'_>) -> Result<Option<Company>, Error> {
        let at_gate = message::put(&self.claim.store.keys.gate(self.lease), b"", self.lease);
        self.change(&[at_gate])?;
        let mut dead = Dead::default();
        loop {
            let view = self.look_around()?;
            let keys = &self.claim.store.keys;
            match view.next(self.lease, purpose) {
                GateStep::Lost => return Err(self.ticket_gone()),
                GateStep::WaitFor(ahead) => {
                    let target = Target::deleted(&keys.gate(ahead));
                    self.wait_at_gate(&target, view.revision, None, deadline);
                }
                GateStep::Bury(orphans) => {
                    let until = self.trusted_until();
                    let buried = dead.bury(&mut self.claim.store, &orphans, until);
                    if !buried.map_err(|e| self.failed(&e))? {
                        let target = Target::deleted_in(&self.claim.store.keys.markers(None));
                        self.wait_at_gate(&target, view.revision, dead.next_due(&orphans), deadline);
                    }
                }
                GateStep::WaitForPlainHolders => {
                    let target = Target::deleted_in(&keys.markers(None));
                    self.wait_at_gate(&target, view.revision, None, deadline);
                }
                GateStep::StayAlone if self.stay_alone(&view)? => return Ok(Some(Company::Alone)),
                // Somebody came in meanwhile.
                GateStep::StayAlone => {}
                GateStep::BesideUsers => return Ok(Some(Company::Users)),
                GateStep::BesidePlainHolders => return Ok(Some(Company::PlainHolders)),
            }
            if !deadline.poll() {
                return Ok(None);
            }
        }
    }

    fn look_around(&mut self) -> Result<GateView, Error> {
        let keys = self.claim.store.keys.clone();
        let reads = [
            message::range(&keys.markers(None), Content::Values),
            message::range(&keys.tickets(None), Content::Keys),
            message::range(&keys.gates(), Content::Keys),
        ];
        self.ask(|store| {
            let answer = store.txn(&[], &reads, &[])?;
            let revision = answer.header.revision;
            GateView::new(&keys, revision, &answer.found()).map_err(CallError::Refused)
        })
    }

    /// Puts a marker that keeps all others out, where nobody came in since the look. Returns whether that was so.
    fn stay_alone(&mut self, seen: &GateView) -> Result<bool, Error> {
        let (keys, lease) = (self.claim.store.keys.clone(), self.lease);
        let compare = [
            message::exists(&keys.gate(lease)),
            message::exists(&keys.marker(self.claim.store.mode, lease)),
            message::is_unchanged_since(&keys.markers(None), seen.revision),
        ];
        let put = [message::put(&keys.marker(Mode::Exclusive, lease), &self.marker(), 0)];
        self.ask(|store| store.txn(&compare, &put, &[])).map(|answer| answer.succeeded)
    }

    /// A watch is a hint only, so the store is looked at from time to time all the same.
    fn wait_at_gate(
        &mut self,
        target: &Target,
        since: u64,
        due: Option<Duration>,
        deadline: &WaitDeadline<'_>,
    ) {
        let most = self.claim.store.terms.renewal();
        let limit = [Some(most), deadline.next_wakeup(), due].into_iter().flatten().min().unwrap_or(most);
        let started = Instant::now();
        let watched =
            wait_for(&mut self.claim.store.client, target, since, limit.max(Duration::from_millis(1)));
        if watched == Watched::Broken {
            let rest = limit.saturating_sub(started.elapsed());
            std::thread::sleep(rest.min(Duration::from_millis(100)));
        }
    }
}
