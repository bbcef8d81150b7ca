//! `init`: a first configuration that fits the project.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use evenkeel_common::{Error, Exit, print};

use super::settings::lenient_request;
use crate::cli::InitArgs;
use crate::lint::config::{self, Config};
use crate::lint::starter_config::StarterConfig;
use crate::lint::{LintSettings, config_schema, lint};
use crate::load::load;
use crate::output::starter_config::to_text;
use crate::rules::policy::{Policy, environment_from_labels};

/// Writes the configuration beside the first Compose file, with its schema.
pub(crate) fn init(args: &InitArgs) -> Result<Exit, Error> {
    if args.schema {
        return print(&config_schema::text()).map(|()| Exit::Done);
    }
    let project = load(&lenient_request(&args.inputs))?;
    let base = StarterConfig::of(&project, args.environment, &[]);
    let label = base.label.clone().unwrap_or_else(|| Policy::default().label);
    let environment = base.environment.or_else(|| environment_from_labels(&project, &label));
    let policy = Policy { environment, label, ..Policy::default() };
    let settings =
        LintSettings { policy: &policy, config: &Config::default(), config_file: None, names: &[] };
    let findings = lint(&project, &project.sources, &settings, None).findings;
    let text = to_text(&StarterConfig::of(&project, args.environment, &findings));
    if args.dry_run {
        return print(&text).map(|()| Exit::Done);
    }
    let path = project.directory.join(config::FILE_NAME);
    create(&path, &text)?;
    let schema = project.directory.join(config_schema::FILE_NAME);
    if !schema.exists() {
        create(&schema, &config_schema::text())?;
    }
    print(&format!("wrote {} and {}\n", path.display(), schema.display()))?;
    Ok(Exit::Done)
}

/// Writes a file that must not exist yet.
fn create(path: &Path, text: &str) -> Result<(), Error> {
    let cannot = |e: std::io::Error| {
        let error = Error::failed(format!("write {}", path.display()), &e);
        match e.kind() {
            ErrorKind::AlreadyExists => error.hint("edit it, or see with --dry-run what would be written"),
            _ => error,
        }
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(cannot)?;
    file.write_all(text.as_bytes()).map_err(cannot)
}
