//! A first `composecheck.toml` as text, each key explained. What the project does not say is commented out.

use evenkeel_common::terminal::one_line;
use evenkeel_common::units::show_size;

use crate::lint::config_schema;
use crate::lint::starter_config::{Memory, StarterConfig};
use crate::rules::by_code;
use crate::rules::policy::{DEFAULT_LABEL, Environment, Profile};

/// The text of the file.
pub(crate) fn to_text(starter: &StarterConfig) -> String {
    let sections = [
        head(),
        environment(starter.environment),
        label(starter.label.as_deref()),
        budget(&starter.memory),
        starter.profile.map(database_profile).unwrap_or_default(),
        fail_on(),
        ports(starter),
        levels(starter),
        ignore(),
    ];
    let mut text = String::new();
    for section in sections.iter().filter(|section| !section.is_empty()) {
        text += section;
        text += "\n";
    }
    text.trim_end().to_owned() + "\n"
}

fn head() -> String {
    format!(
        "#:schema ./{}\n# What composecheck expects of this project. Every key may be left out.\n",
        config_schema::FILE_NAME
    )
}

fn environment(environment: Option<Environment>) -> String {
    let why = "# What the project is for: \"test\", \"dev\" or \"prod\". Without it, only what is wrong or dangerous everywhere is\n\
               # found, and --fix assumes nothing.\n";
    match environment {
        Some(environment) => format!("{why}env = \"{}\"\n", environment.name()),
        None => format!("{why}# env = \"test\"\n"),
    }
}

fn label(label: Option<&str>) -> String {
    let why = "# The label that every service, volume and network must have in an environment.\n";
    match label {
        Some(label) => format!("{why}label = {}\n", quoted(label)),
        None => format!("{why}# label = \"{DEFAULT_LABEL}\"\n"),
    }
}

fn budget(memory: &Memory) -> String {
    let why = "# The memory that all services may use together.";
    match (memory, memory.budget_gib()) {
        (Memory::Limited(bytes), Some(gib)) => {
            format!("{why} Their limits add up to {}.\nbudget = \"{gib}GiB\"\n", show_size(*bytes))
        }
        (Memory::Unlimited(names), _) => {
            let names: Vec<String> = names.iter().map(|name| one_line(name)).collect();
            format!(
                "{why} With a budget, a missing limit is an error. Without a limit now:\n# {}.\n# budget = \"4GiB\"\n",
                names.join(", ")
            )
        }
        (Memory::Limited(_), None) => format!("{why}\n# budget = \"4GiB\"\n"),
    }
}

/// It is left to people to set: the check then wants every switch to fit, not only those that are set now.
fn database_profile(profile: Profile) -> String {
    let name = match profile {
        Profile::Fast => "fast",
        Profile::Durable => "durable",
    };
    format!(
        "# How databases are tuned: \"fast\" (data may be lost in a crash) or \"durable\". Now:\n# profile = \"{name}\"\n"
    )
}

fn fail_on() -> String {
    "# The lowest level of a finding that makes the exit status 1: \"error\" or \"warning\".\nfail-on = \"error\"\n".into()
}

fn ports(starter: &StarterConfig) -> String {
    let why = "# Host ports that an environment may use; others are errors (CC402).\n";
    let show = |(first, last): &(u16, u16)| {
        if first == last { format!("\"{first}\"") } else { format!("\"{first}-{last}\"") }
    };
    let ranges: Vec<String> = starter.ports.iter().map(show).collect();
    match starter.environment {
        Some(environment) if !ranges.is_empty() => {
            format!("{why}[ports]\n{} = [{}]\n", environment.name(), ranges.join(", "))
        }
        _ => format!("{why}# [ports]\n# test = [\"20000-20099\"]\n"),
    }
}

fn levels(starter: &StarterConfig) -> String {
    let mut text = "# Levels of rules: \"off\", \"info\", \"warning\" or \"error\". 'composecheck explain CODE' explains each.\n"
        .to_owned();
    if starter.findings.is_empty() {
        return text + "# [levels]\n# CC702 = \"off\"\n";
    }
    text += "# Found now:\n[levels]\n";
    for (code, count) in &starter.findings {
        let name = by_code(code).map_or("", |rule| rule.name);
        let times = if *count == 1 { String::new() } else { format!(", {count} times") };
        text += &format!("# {code} = \"off\"  # {name}{times}\n");
    }
    text
}

fn ignore() -> String {
    "# Findings that are accepted, with the reason.\n# [[ignore]]\n# rule = \"CC101\"\n# path = \"legacy/*.yml\"\n\
     # subject = \"services.db\"\n# reason = \"gone in spring\"\n"
        .into()
}

/// A TOML string: JSON escapes what TOML must have escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
