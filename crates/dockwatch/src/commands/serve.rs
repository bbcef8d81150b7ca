//! `dockwatch serve`: metrics for Prometheus and the report, over HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_common::signals::Signals;
use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::cli::ServeArgs;
use crate::commands::report::scorecard;
use crate::history::activity::Activity;
use crate::measure::collector::Collector;
use crate::measure::fd_limit;
use crate::measure::sample::{Query, SampleMode};
use crate::model::level::assess;
use crate::output::http::{self, Page};
use crate::output::page::{self, Place};
use crate::output::prometheus;

/// Scrapes that come sooner get the figures of the last one.
const MIN_AGE: Duration = Duration::from_secs(1);

pub(crate) async fn run(args: &ServeArgs, home: &Home) -> Result<Exit, Error> {
    let cannot_listen = |e| {
        Error::failed(format!("listen on {}", args.listen), e)
            .hint("name another one with --listen ADDRESS:PORT")
    };
    fd_limit::raise();
    let collector =
        Collector::new(args.engines.docker_args(), args.scope.scope(), home, SampleMode::REPEATED)?;
    let listener = TcpListener::bind(args.listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let mut signals = Signals::ending().map_err(|e| Error::failed("listen for signals", e))?;
    super::report_message(&format!("serving http://{address}/metrics and the report at http://{address}/"));
    let metrics = Arc::new(Mutex::new(Metrics { collector, args: args.clone(), last: None }));
    let (report_args, home) = (args.clone(), home.clone());
    let answer = move |path: String| {
        let (metrics, args, home) = (Arc::clone(&metrics), report_args.clone(), home.clone());
        async move {
            match path.as_str() {
                "/metrics" => metrics.lock().await.page().await,
                "/" => report(&args, &home).unwrap_or_else(|error| Page::Failed(error.to_string())),
                _ => Page::NotFound,
            }
        }
    };
    tokio::select! {
        () = http::serve(listener, answer) => Ok(Exit::Done),
        signal = signals.next() => Ok(Exit::Signal(signal.number())),
    }
}

/// What `/metrics` shows.
struct Metrics {
    collector: Collector,
    args: ServeArgs,
    last: Option<(Instant, String)>,
}

impl Metrics {
    async fn page(&mut self) -> Page {
        if let Some((taken, text)) = &self.last
            && taken.elapsed() < MIN_AGE
        {
            return Page::Metrics(text.clone());
        }
        let start = Instant::now();
        let facts = match self.collector.collect(Query::EngineAndKernel).await {
            Ok(facts) => facts,
            Err(error) => return Page::Failed(error.to_string()),
        };
        let assessment = assess(&facts.usage(), &self.args.budget.budget(&self.args.scope.scope()));
        let text = prometheus::render(&facts, &assessment, start.elapsed());
        self.last = Some((Instant::now(), text.clone()));
        Page::Metrics(text)
    }
}

fn report(args: &ServeArgs, home: &Home) -> Result<Page, Error> {
    let scorecard = scorecard(args.since, home)?;
    let activity = Activity::since(scorecard.since, home)?;
    let budget = args.budget.budget(&args.scope.scope());
    Ok(Page::Html(page::page(&scorecard, &activity, &budget, Place::Server)))
}
