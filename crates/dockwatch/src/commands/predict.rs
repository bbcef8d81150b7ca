//! `dockwatch predict`: what a run of a category needs, and how often that was right.

use evenkeel_common::state::Home;
use evenkeel_common::{Error, Exit, now, print, print_json};

use crate::cli::PredictArgs;
use crate::history::predict::{MIN_RUNS, score};
use crate::history::store::History;
use crate::output::prediction;

pub(crate) fn run(args: &PredictArgs, home: &Home) -> Result<Exit, Error> {
    let history = History::open(home)?;
    match &args.category {
        Some(category) if !args.score => predict(category, &history, args)?,
        _ => show_scores(&history, args)?,
    }
    Ok(Exit::Done)
}

fn predict(category: &str, history: &History, args: &PredictArgs) -> Result<(), Error> {
    let found = history.predict(category)?.ok_or_else(|| {
        let cause = format!("fewer than {MIN_RUNS} runs are recorded, and it has no base value");
        Error::failed(format!("predict '{category}'"), cause)
            .hint(format!("record runs with: dockwatch record --category {category} -- CMD"))
    })?;
    if args.json {
        print_json(&prediction::json(category, &found, now()))
    } else {
        print(&prediction::text(category, &found))
    }
}

fn show_scores(history: &History, args: &PredictArgs) -> Result<(), Error> {
    let mut peaks = history.peaks()?;
    if let Some(category) = &args.category {
        peaks.retain(|name, _| name == category);
    }
    let scores: Vec<_> = peaks.into_iter().map(|(category, runs)| (category, score(&runs))).collect();
    if args.json {
        print_json(&prediction::scores_json(&scores, now()))
    } else {
        print(&prediction::scores_text(&scores))
    }
}
