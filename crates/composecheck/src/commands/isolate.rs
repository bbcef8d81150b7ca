//! `isolate`: an override file that makes a run of the project its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use evenkeel_common::{Error, Exit, Timestamp, files, now, print, print_json};
use serde_json::Value;

use super::settings::named_request;
use crate::cli::IsolateArgs;
use crate::compose::{Project, project_name};
use crate::facts::port_variables::port_variables;
use crate::host::lease::LeaseFile;
use crate::host::ports::{holder, is_free};
use crate::isolate::changes::{Wishes, changes, show_range};
use crate::isolate::fixed_names;
use crate::isolate::override_file;
use crate::isolate::ports::{Ground, PortMode, Published, RANGE, Range, assign, published};
use crate::isolate::shared::{Disk, Use, shared};
use crate::load::load;
use crate::output::isolate::{Isolated, Port, boosted_file, explain, ports_file, to_json};
use crate::render::model;

/// Writes the override file, the ports and the report.
pub(crate) fn isolate(args: &IsolateArgs) -> Result<Exit, Error> {
    let now = now();
    if let (Some(lease), Some(project), true) = (&args.lease, &args.project, args.release) {
        LeaseFile::open(lease)?.reserve(project, &BTreeMap::new(), now)?;
        return Ok(Exit::Done);
    }
    let project = load(&named_request(&args.inputs, args.project.as_deref()))?;
    let model = model(&project)?;
    let ports = choose_ports(args, &project, &model, now)?;
    let isolated = plan(args, &project, &model, ports);
    let text = override_file::to_text(&isolated.changes);
    if let Some(path) = &args.ports_file {
        files::replace(path, ports_file(&isolated.ports))?;
    }
    if let Some(path) = &args.boosted_file {
        files::replace(path, boosted_file(&isolated.changes))?;
    }
    if args.explain {
        // If stderr is closed, the report still tells.
        let _ = write!(std::io::stderr(), "{}", explain(&isolated));
    }
    match &args.output {
        Some(path) => files::replace(path, &text)?,
        None if args.json => {}
        None => print(&text)?,
    }
    let is_refused = args.strict && isolated.shared.iter().any(|one| one.usage == Use::Exclusive);
    let exit = if is_refused { Exit::No } else { Exit::Done };
    if args.json {
        print_json(&to_json(&isolated, exit, now))?;
    }
    Ok(exit)
}

/// Decides what changes and what stays shared.
fn plan(args: &IsolateArgs, project: &Project, model: &Value, ports: Vec<Port>) -> Isolated {
    let wishes = Wishes {
        labels: &args.labels,
        restart: args.restart,
        start_interval: args.start_interval.as_deref(),
        boost: args.boost,
    };
    let published: Vec<Published> = ports.iter().map(|port| port.published.clone()).collect();
    let new: BTreeMap<Range, u16> = ports.iter().map(|port| (port.published.was, port.now.0)).collect();
    let directory = Path::new(".").join(&project.directory).canonicalize().unwrap_or_default();
    let disk = Disk { project: &directory, is_file: &|path| path.is_file() };
    Isolated {
        project: project_name(project),
        changes: changes(model, &fixed_names(project), &published, &new, &wishes),
        shared: shared(model, &disk),
        ports,
    }
}

/// A new port for each published one, reserved in the lease file; or the old one, if it is to be kept and is free.
fn choose_ports(
    args: &IsolateArgs,
    project: &Project,
    model: &Value,
    now: Timestamp,
) -> Result<Vec<Port>, Error> {
    let all: Vec<(Published, Vec<String>)> = published(model)
        .into_iter()
        .map(|port| {
            let service = project.services().iter().find(|service| service.key == port.service);
            let variables = service.map(|service| port_variables(project, &service.value, port.was));
            (port, variables.unwrap_or_default())
        })
        .collect();
    let is_given = |names: &[String]| names.iter().any(|name| project.variables.contains_key(name));
    let kept: BTreeSet<Range> = all
        .iter()
        .filter(|(_, names)| match args.ports {
            PortMode::Free => false,
            PortMode::Keep => true,
            PortMode::Given => is_given(names),
        })
        .map(|(port, _)| port.was)
        .collect();
    let shifted = |published: &Published| {
        let by = if args.ports == PortMode::Given { args.offset } else { 0 };
        let was = (published.was.0.saturating_add(by), published.was.1.saturating_add(by));
        Published { was, ..published.clone() }
    };
    let (fixed, moved): (Vec<&Published>, Vec<&Published>) =
        all.iter().map(|(port, _)| port).partition(|port| kept.contains(&port.was));
    fixed.into_iter().map(shifted).try_for_each(|port| check_free(&port))?;
    let moved: Vec<Published> = moved.into_iter().cloned().collect();
    let new = new_ports(args, &project_name(project), &moved, now)?;
    let port = |(published, variables): (Published, Vec<String>)| {
        let moved = new.get(&published.was).map(|first| (*first, first.saturating_add(published.width - 1)));
        Port { now: moved.unwrap_or_else(|| shifted(&published).was), published, variables }
    };
    Ok(all.into_iter().map(port).collect())
}

/// Fails if a port that is to be kept is taken. In a range, one port for each container is enough.
fn check_free(port: &Published) -> Result<(), Error> {
    let is_free = |number: u16| is_free(port.host_ip.as_deref(), number, &port.protocol);
    let count = (port.was.0..=port.was.1).filter(|number| is_free(*number)).count();
    if count >= usize::from(port.width) {
        return Ok(());
    }
    let (range, protocol) = (show_range(port.was), &port.protocol);
    let who = holder(port.was.0, protocol).unwrap_or_else(|| "another process".to_owned());
    let action = format!("use port {range}/{protocol} for the service '{}'", port.service);
    Err(Error::new(Exit::No, action, format!("{who} has it"))
        .hint("stop what has the port, set another one, or use --ports free"))
}

/// New ports, chosen and reserved under the lock of the lease file.
fn new_ports(
    args: &IsolateArgs,
    project: &str,
    wanted: &[Published],
    now: Timestamp,
) -> Result<BTreeMap<Range, u16>, Error> {
    let lease = args.lease.as_deref().map(LeaseFile::open).transpose()?;
    let found = {
        let reserved = lease.as_ref().map(|lease| lease.reserved(project, now)).unwrap_or_default();
        let earlier = lease.as_ref().map(|lease| lease.earlier(project)).unwrap_or_default();
        let is_free = |port: &Published, number| is_free(port.host_ip.as_deref(), number, &port.protocol);
        let ground = Ground { reserved: &reserved, earlier: &earlier, is_free: &is_free };
        assign(wanted, project, &ground)
    };
    let ports = found.ok_or_else(|| {
        let cause = format!("no block of free ports is left from {} to {}", RANGE.start(), RANGE.end());
        Error::new(Exit::No, "find host ports", cause).hint("end environments that are not needed")
    })?;
    if let Some(lease) = lease {
        lease.reserve(project, &ports, now)?;
    }
    Ok(ports)
}
