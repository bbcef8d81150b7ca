//! What goes on beside the conversation with the user. Each job sends its news to it.

use std::time::Duration;

use evenkeel_common::Error;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::world::World;
use crate::measure::collector::Collector;
use crate::measure::events::listen;
use crate::model::container::StateReading;
use crate::model::facts::Facts;
use crate::model::inspection::Opened;
use crate::model::locks::Locks;
use crate::top::action::{ContainerId, Request};
use crate::top::page::PageError;
use crate::top::state::{Message, State};

/// Time between two questions to envlock.
const LOCKS_INTERVAL: Duration = Duration::from_secs(5);
/// Shortest time between two looks at the container that is open.
const MIN_PAGE_INTERVAL: Duration = Duration::from_secs(1);

/// What a job has found.
pub(super) enum News {
    /// With the moment at which it was begun.
    Sample(Box<Facts>, Instant),
    Page(ContainerId, Box<Result<Opened, PageError>>),
    Locks(Locks),
    /// How a container was at this moment, after an action on it.
    Reading(ContainerId, StateReading, Instant),
    Performed(Message),
}

/// What the user looks at, and so what has to be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interest {
    page: Option<ContainerId>,
    has_environments: bool,
}

impl Interest {
    pub(super) fn of(state: &State) -> Self {
        Self { page: state.open_container().cloned(), has_environments: state.has_environments() }
    }

    /// Takes a new value; says whether it is another one.
    pub(super) fn replace(&mut self, new: Self) -> bool {
        let is_other = *self != new;
        *self = new;
        is_other
    }
}

/// The receiver lives as long as the jobs do.
fn send(news: &UnboundedSender<News>, one: News) {
    let _ = news.send(one);
}

/// Takes a sample each interval. Ends only where that fails.
pub(super) async fn sample(
    collector: &mut Collector,
    interval: Duration,
    news: &UnboundedSender<News>,
) -> Result<(), Error> {
    let mut events = listen(collector.docker_args());
    let mut schedule = crate::commands::live_schedule(interval);
    let mut ticks = interval_at(Instant::now() + interval, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        while events.try_recv().is_ok() {
            schedule.invalidate();
        }
        let began = Instant::now();
        let facts = collector.collect(schedule.next_query()).await?;
        schedule.observe(&facts);
        send(news, News::Sample(Box::new(facts), began));
    }
}

/// Looks at the container that is open, each interval and as soon as another one is opened.
pub(super) async fn watch_page(
    world: &World,
    mut interest: watch::Receiver<Interest>,
    interval: Duration,
    news: &UnboundedSender<News>,
) {
    loop {
        let open = interest.borrow_and_update().page.clone();
        let look = async {
            let Some(container) = open else { return std::future::pending().await };
            let answer = world.open(&container).await;
            send(news, News::Page(container, Box::new(answer)));
            sleep(interval.max(MIN_PAGE_INTERVAL)).await;
        };
        tokio::select! {
            () = look => {}
            changed = interest.changed() => if changed.is_err() { return },
        }
    }
}

/// Asks for the locks that are in use, as long as any container names an environment.
pub(super) async fn watch_locks(
    world: &World,
    mut interest: watch::Receiver<Interest>,
    news: &UnboundedSender<News>,
) {
    while interest.wait_for(|interest| interest.has_environments).await.is_ok() {
        send(news, News::Locks(world.locks().await));
        sleep(LOCKS_INTERVAL).await;
    }
}

/// Does what the user has confirmed, one request after the other, and looks at the container after it: the next sample is
/// an interval away.
pub(super) async fn perform(
    world: &World,
    mut requests: UnboundedReceiver<Request>,
    news: &UnboundedSender<News>,
) {
    while let Some(request) = requests.recv().await {
        let message = world.perform(&request).await;
        if let Some(reading) = world.read_state(&request.container).await {
            send(news, News::Reading(request.container, reading, Instant::now()));
        }
        send(news, News::Performed(message));
    }
}
