//! `dockwatch top`: the live view on a terminal, which is restored however the command ends.
//!
//! Four things go on at once: samples are taken, the container that is open is looked at again and again, so are the locks,
//! and the user's requests are carried out. News of all of them reach the conversation with the user, which alone has the
//! state; so the view obeys keys while anything waits for an engine that hangs.

mod jobs;
mod screen;
mod world;

use std::io::{self, IsTerminal as _};

use evenkeel_common::signals::Signals;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::cli::TopArgs;
use crate::measure::collector::Collector;
use crate::measure::fd_limit;
use crate::measure::sample::{Query, SampleMode};
use crate::top::action::Request;
use crate::top::state::{Effect, State};
use crate::top::view;
use crate::top::view::theme::Theme;
use jobs::{Interest, News};
use screen::{Screen, UserInput};
use world::World;

pub(crate) async fn run(args: &TopArgs, home: &Home) -> Result<Exit, Error> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Error::usage("show the live view", "stdin or stdout is not a terminal")
            .hint("use dockwatch, dockwatch --follow or dockwatch --json"));
    }
    fd_limit::raise();
    let mut collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::ESSENTIAL)?;
    let first = collector.collect(Query::EngineAndKernel).await?;
    if !first.is_reachable() {
        first.require_healthy()?;
    }
    let world = World::new(args)?;
    let budget = args.budget.budget(&args.scope.scope());
    let mut state = State::new(budget, args.interval, world.abilities().clone(), now());
    state.update(first, now());
    let mut signals = Signals::ending().map_err(|e| Error::failed("listen for signals", e))?;
    let mut screen = Screen::open()?;
    tokio::select! {
        shown = show(&mut screen, &mut state, &mut collector, &world, args) => shown.map(|()| Exit::Done),
        signal = signals.next() => Ok(Exit::Signal(signal.number())),
    }
}

/// Shows the view until the user quits it.
async fn show(
    screen: &mut Screen,
    state: &mut State,
    collector: &mut Collector,
    world: &World,
    args: &TopArgs,
) -> Result<(), Error> {
    let (news_sender, news) = unbounded_channel();
    let (request_sender, requests) = unbounded_channel();
    let (interest_sender, interest) = watch::channel(Interest::default());
    let conversation = Conversation { requests: request_sender, interest: interest_sender, news };
    tokio::select! {
        failed = jobs::sample(collector, args.interval, &news_sender) => failed,
        () = jobs::watch_page(world, interest.clone(), args.interval, &news_sender) => Ok(()),
        () = jobs::watch_locks(world, interest, &news_sender) => Ok(()),
        () = jobs::perform(world, requests, &news_sender) => Ok(()),
        shown = conversation.hold(screen, state) => shown,
    }
}

/// The exchange between the user, the state and the jobs.
struct Conversation {
    requests: UnboundedSender<Request>,
    interest: watch::Sender<Interest>,
    news: UnboundedReceiver<News>,
}

impl Conversation {
    /// Draws, waits for the user or for news, and draws again, until the user quits.
    async fn hold(mut self, screen: &mut Screen, state: &mut State) -> Result<(), Error> {
        let theme = Theme::from_no_color(std::env::var_os("NO_COLOR").as_deref());
        let mut inputs = screen::inputs();
        loop {
            screen.draw(|frame| {
                state.resize(frame.area());
                view::draw(state, theme, frame);
            })?;
            self.interest.send_if_modified(|interest| interest.replace(Interest::of(state)));
            tokio::select! {
                biased;
                input = inputs.recv() => {
                    let Some(input) = input else { return Ok(()) };
                    if self.obey(state, input) == Effect::Quit {
                        return Ok(());
                    }
                    // Keys and turns of the wheel come faster than they can be drawn.
                    while let Ok(input) = inputs.try_recv() {
                        if self.obey(state, input) == Effect::Quit {
                            return Ok(());
                        }
                    }
                }
                Some(news) = self.news.recv() => tell(state, news),
            }
        }
    }

    fn obey(&self, state: &mut State, input: UserInput) -> Effect {
        let effect = match input {
            UserInput::Quit => Effect::Quit,
            UserInput::Resize => Effect::Nothing,
            UserInput::Input(input) => state.handle(input),
        };
        if let Effect::Perform(request) = &effect {
            // The receiver lives as long as this does.
            let _ = self.requests.send(request.clone());
        }
        effect
    }
}

fn tell(state: &mut State, news: News) {
    match news {
        News::Sample(facts, began) => {
            state.update(*facts, now());
            state.follow_since(began.into_std());
        }
        News::Reading(container, reading, at) => state.follow(container, reading, at.into_std()),
        News::Page(container, answer) => state.update_page(&container, *answer),
        News::Locks(locks) => state.update_locks(locks),
        News::Performed(message) => state.performed(message),
    }
}
