//! All that can happen next, and what must never be.

use crate::scenario::{Cast, Role, Scenario};
use crate::state::{Actor, Container, Engine, Faults, Lock, MOST_ACTORS, Process, Recorded, State, Step};
use crate::{decide, envlock, heal, prune};

/// Something that happens: who does what, and the state after it.
#[derive(Clone, Debug)]
pub struct Event {
    /// The number of the process; none: the machine itself.
    pub actor: Option<usize>,
    /// What it does.
    pub said: &'static str,
    /// Whether something goes wrong that need not.
    pub is_fault: bool,
    /// The state after it.
    pub state: State,
}

impl Scenario {
    /// Nothing is up, and nobody has begun.
    pub fn initial(&self) -> State {
        let mut actors = [Actor { process: Process::Ended, ..Actor::default() }; MOST_ACTORS];
        for (actor, cast) in actors.iter_mut().zip(&self.cast) {
            *actor = Actor { passes_left: cast.passes - 1, ..Actor::default() };
        }
        State {
            engine: Engine::Up,
            container: Container::Absent,
            has_network: false,
            recorded: Recorded::Nothing,
            is_marked_dirty: false,
            history: crate::state::History::default(),
            restarts: 0,
            faults: self.faults,
            actors,
        }
    }

    /// All that can happen next.
    pub fn events(&self, state: &State) -> Vec<Event> {
        let mut events = Vec::new();
        for me in 0..self.cast.len() {
            events.extend(self.own_step(state, me));
            events.extend(self.crashes(state, me));
        }
        events.extend(machine(state));
        events
    }

    fn own_step(&self, state: &State, me: usize) -> Option<Event> {
        let actor = &state.actors[me];
        if matches!(actor.process, Process::Ended | Process::Dead) || !self.may_begin(state, me) {
            return None;
        }
        let (said, mut state) = match self.cast[me].role {
            Role::Prune => prune::step(self, state, me),
            Role::Heal => heal::step(self, state, me),
            _ => envlock::step(self, state, me),
        }?;
        let actor = &mut state.actors[me];
        if actor.process == Process::Leftover && !actor.step.is_of_script() {
            kill(actor);
        }
        Some(Event { actor: Some(me), said, is_fault: false, state })
    }

    /// Whether all that it begins after have ended, and the engine is there again.
    fn may_begin(&self, state: &State, me: usize) -> bool {
        let is_over = |(other, cast): (usize, &Cast)| {
            let comes_first = if cast.is_afterwards { other < me } else { other != me };
            !comes_first || matches!(state.actors[other].process, Process::Ended | Process::Dead)
        };
        !self.cast[me].is_afterwards
            || (state.engine == Engine::Up && self.cast.iter().enumerate().all(is_over))
    }

    /// How a process can die: with what it has started, or without.
    fn crashes(&self, state: &State, me: usize) -> Vec<Event> {
        let actor = &state.actors[me];
        let may_die =
            actor.process == Process::Alive && actor.step != Step::Begin && !self.cast[me].is_afterwards;
        if state.faults.crashes == 0 || !may_die {
            return Vec::new();
        }
        let mut after = *state;
        after.faults.crashes -= 1;
        let event = |said, state| Event { actor: Some(me), said, is_fault: true, state };
        let mut all = after;
        kill(&mut all.actors[me]);
        let mut events = vec![event("dies with all that it started", all)];
        if actor.step.is_of_script() {
            let mut envlock = after;
            let left = &mut envlock.actors[me];
            left.process = Process::Leftover;
            left.has_setup_lock = false;
            left.passes_left = 0;
            if self.has(crate::scenario::SeededBug::LockNotInherited) {
                left.lock = Lock::Free;
            }
            events.push(event("dies, and what it started goes on", envlock));
        }
        events
    }

    /// What must never be, and is.
    pub fn violation(&self, state: &State) -> Option<&'static str> {
        let is_empty = state.container == Container::Absent && !state.has_network;
        let is_whole = state.container != Container::Absent && state.has_network;
        let is_used = |who: usize| self.is_user(state, who);
        if (0..self.cast.len()).any(is_used) && !is_whole {
            return Some("an environment is gone while its user's command runs");
        }
        if state.recorded == Recorded::Kept && !is_whole && !self.is_changing(state) {
            return Some("an environment that is kept until told is gone");
        }
        if self.has_two_at_work(state) {
            return Some("two at once that exclude each other");
        }
        if self.sets_up_on_remains(state) {
            return Some("an environment is set up on what another one left");
        }
        if state.restarts > decide::MOST_RESTARTS {
            return Some("more restarts than the limit");
        }
        if state.actors.iter().filter(|actor| actor.step == Step::HealRestart).count() > 1 {
            return Some("a service is restarted by two at once");
        }
        if self.all_went_well(state) && !is_empty && state.recorded != Recorded::Kept {
            return Some("all went well, and something is left");
        }
        None
    }

    /// Whether all have ended, so that nothing can happen any more, as it should be: nothing is left but what is kept.
    pub fn is_quiet(&self, state: &State) -> bool {
        let is_over = |actor: &Actor| matches!(actor.process, Process::Ended | Process::Dead);
        state.actors.iter().all(is_over) && is_clean(state)
    }

    fn is_user(&self, state: &State, who: usize) -> bool {
        let actor = &state.actors[who];
        actor.step == Step::Command && self.cast[who].role.has_setup()
    }

    fn is_changing(&self, state: &State) -> bool {
        (0..self.cast.len()).any(|who| {
            matches!(state.actors[who].step, Step::RecordTeardown)
                || state.actors[who].step.changes_environment()
        })
    }

    /// Whether two change the environment at once, or one does while another has it alone.
    fn has_two_at_work(&self, state: &State) -> bool {
        let at_work = |who: &usize| state.actors[*who].step.changes_environment();
        let has_it_alone = |who: &usize| {
            let actor = &state.actors[*who];
            actor.step == Step::Command && self.cast[*who].role.is_exclusive()
        };
        let in_command = |who: &usize| state.actors[*who].step == Step::Command;
        let all = || 0..self.cast.len();
        let alone = all().filter(has_it_alone).count();
        let busy = all().filter(|who| at_work(who) || has_it_alone(who)).count();
        busy > 1 || (alone > 0 && all().filter(in_command).count() > 1)
    }

    fn sets_up_on_remains(&self, state: &State) -> bool {
        let creates = |who: usize| state.actors[who].step == Step::CreateNetwork;
        (0..self.cast.len()).any(creates) && (state.has_network || state.container != Container::Absent)
    }

    /// Whether everybody has ended but those that begin afterwards, and nothing went wrong.
    fn all_went_well(&self, state: &State) -> bool {
        let no_faults = Faults { service_failures: self.faults.service_failures, ..self.faults };
        let faults = Faults { service_failures: self.faults.service_failures, ..state.faults };
        let is_over = |(actor, cast): (&Actor, &Cast)| cast.is_afterwards || actor.process == Process::Ended;
        let shares_with_strangers = self.cast.iter().any(|cast| cast.role == Role::PlainReader);
        faults == no_faults && !shares_with_strangers && state.actors.iter().zip(&self.cast).all(is_over)
    }
}

/// Whether nothing is left, or a whole environment that is kept.
fn is_clean(state: &State) -> bool {
    match state.recorded {
        Recorded::Nothing => state.container == Container::Absent && !state.has_network,
        Recorded::Kept => state.container != Container::Absent && state.has_network,
        Recorded::Setup | Recorded::Up | Recorded::Teardown => false,
    }
}

/// A process dies; the kernel releases its locks, and its ticket stays.
fn kill(actor: &mut Actor) {
    *actor = Actor { process: Process::Dead, ticket: actor.ticket, phase: actor.phase, ..Actor::default() };
}

/// What the machine does: its engine ends and comes back, its service ends.
fn machine(state: &State) -> Vec<Event> {
    let mut events = Vec::new();
    let mut push = |said, is_fault, state| events.push(Event { actor: None, said, is_fault, state });
    if state.engine == Engine::Down {
        push("the engine comes back", false, State { engine: Engine::Up, ..*state });
    } else if state.faults.engine_restarts > 0 {
        let mut after = State { engine: Engine::Down, ..*state };
        after.faults.engine_restarts -= 1;
        if state.container == Container::Running {
            after.container = Container::Crashed;
        }
        push("the engine goes down", true, after);
    }
    if state.faults.service_failures > 0 && state.container == Container::Running {
        let mut after = State { container: Container::Crashed, ..*state };
        after.faults.service_failures -= 1;
        push("the service ends by itself", true, after);
    }
    events
}
