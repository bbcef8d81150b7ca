//! What is recorded of an environment in a store. It is changed by nobody but who passed the gate or is alone, and only
//! while the store still has that holder's marker.

use evenkeel_common::Error;

use crate::model::environment::{Environment, Foreign, Recorded};
use crate::remote::etcd::message::{self, Content, Key};
use crate::remote::lock::RemoteLock;

impl RemoteLock<'_> {
    pub(in crate::remote) fn recorded(&mut self) -> Recorded {
        let get = message::get(&self.claim.store.keys.environment(), Content::Values);
        let found = self.ask(|store| store.txn(&[], std::slice::from_ref(&get), &[]));
        match found {
            Ok(answer) => parse(answer.found().first()),
            Err(error) => Recorded::Refused(error.cause().to_owned()),
        }
    }

    pub(in crate::remote) fn record_environment(&mut self, environment: &Environment) -> Result<(), Error> {
        let name = self.claim.store.keys.environment();
        let text = serde_json::to_vec(environment).map_err(|e| Error::failed(format!("write {name}"), e))?;
        self.change(&[message::put(&name, &text, 0)])
    }

    pub(in crate::remote) fn forget_environment(&mut self) -> Result<(), Error> {
        let name = self.claim.store.keys.environment();
        self.change(&[message::delete(&name)])
    }

    pub(in crate::remote) fn is_marked_dirty(&mut self) -> Result<bool, Error> {
        let get = message::get(&self.claim.store.keys.dirty(), Content::Keys);
        let found = self.ask(|store| store.txn(&[], std::slice::from_ref(&get), &[]))?;
        Ok(!found.found().is_empty())
    }
}

/// What a record says. Everybody who may write to the store can put a command there, so it is not run.
pub(in crate::remote) fn parse(record: Option<&Key>) -> Recorded {
    let Some(record) = record else { return Recorded::Nothing };
    serde_json::from_slice::<Environment>(&record.value).map_or(Recorded::Unreadable, |environment| {
        let foreign = environment.teardown.as_ref().map(|_| Foreign::Store);
        Recorded::Known(Box::new(Environment { foreign, ..environment }))
    })
}
