//! `options`: the options of a call of `evenkeel`, for its script.

use std::io::Write as _;

use evenkeel_common::{Error, Exit, print};

use crate::cli::OptionsArgs;
use crate::entry_point::{Settings, command, find};

/// Prints the options for the script, or as an `evenkeel.toml`; or the help or the version where that is asked for.
pub(crate) fn options(args: &OptionsArgs) -> Result<Exit, Error> {
    if let Some(word) =
        args.words.first().filter(|word| ["-h", "--help", "-V", "--version"].iter().any(|ask| word == ask))
    {
        let shown = command().try_get_matches_from(["evenkeel".into(), word.clone()]).err();
        return print(&shown.map(|shown| shown.render().to_string()).unwrap_or_default())
            .map(|()| Exit::Done);
    }
    let found = std::env::current_dir().ok().and_then(|here| find(&here));
    let variable = |name: &str| std::env::var(name).ok();
    match Settings::read(&args.words, found.as_deref(), variable) {
        Ok(settings) => {
            let text = match &args.toml {
                Some(directory) => settings.to_toml(directory),
                None => settings.to_shell(),
            };
            print(&text).map(|()| Exit::Done)
        }
        Err(error) => {
            // The person has called evenkeel. Where stderr is closed, the exit code has to do.
            let _ = writeln!(std::io::stderr(), "evenkeel: {error}");
            Ok(error.exit())
        }
    }
}
