//! Whether a container may be restarted or stopped from the view, and what the user is asked before. Decided when the
//! question is asked, and once more, on facts of that moment, before the answer is acted on.

use std::path::PathBuf;
use std::time::Duration;

use evenkeel_common::docker::is_protected;
use evenkeel_common::terminal::one_line;

use crate::model::container::{Container, ContainerState, ContainerSummary};
use crate::model::locks::LockUse;

/// Time that a container has to stop before it is killed; restartgate's default too.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// What can be done to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Restart,
    Stop,
}

impl Action {
    /// The word in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Stop => "stop",
        }
    }
}

/// Whether actions are possible at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Abilities {
    /// The user wants to look only.
    ReadOnly,
    /// restartgate is not installed.
    NoGate,
    /// With restartgate's path.
    All(PathBuf),
}

/// Which container is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainerId {
    /// Host of its engine, as a URL.
    pub(crate) engine: String,
    /// All 64 hex digits.
    pub(crate) id: String,
}

impl ContainerId {
    pub(crate) fn of(container: &Container) -> Self {
        Self { engine: container.engine.clone(), id: container.summary.id.clone() }
    }

    pub(crate) fn is(&self, container: &Container) -> bool {
        (&self.id, &self.engine) == (&container.summary.id, &container.engine)
    }
}

/// An action on one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) action: Action,
    pub(crate) container: ContainerId,
    /// For messages.
    pub(crate) name: String,
    /// What the user is asked before.
    pub(crate) question: String,
}

/// Whether an action may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// Where the user says yes to this question.
    Ask(String),
    /// Not at all, for this reason.
    Refuse(String),
}

/// Decides about an action. `lock`: that of the container's environment; `None` without an environment.
pub(crate) fn judge(
    action: Action,
    container: &ContainerSummary,
    lock: Option<&LockUse>,
    abilities: &Abilities,
) -> Ruling {
    let refuse =
        |why: &str| Ruling::Refuse(format!("cannot {} {}: {why}", action.name(), one_line(&container.name)));
    match abilities {
        Abilities::ReadOnly => return refuse("the view was started with --read-only"),
        Abilities::NoGate => return refuse("restartgate was found neither beside dockwatch nor in PATH"),
        Abilities::All(_) => {}
    }
    if is_protected(&container.labels) {
        return refuse("its label evenkeel.protect=true protects it");
    }
    if container.state == ContainerState::Removing {
        return refuse("it is being removed");
    }
    let environment = one_line(container.environment().unwrap_or_default());
    match (action, lock) {
        (Action::Stop, _) if !container.is_live() => refuse("it does not run"),
        (Action::Stop, Some(LockUse::Used(by))) => refuse(&format!("its environment {environment} is {by}")),
        (Action::Stop, Some(LockUse::Unknown)) => {
            refuse(&format!("envlock does not say whether its environment {environment} is in use"))
        }
        (_, Some(LockUse::Used(by))) => {
            Ruling::Ask(question(action, container, &format!(" Its environment {environment} is {by}.")))
        }
        _ => Ruling::Ask(question(action, container, "")),
    }
}

fn question(action: Action, container: &ContainerSummary, warning: &str) -> String {
    let name = one_line(&container.name);
    let grace = GRACE.as_secs();
    let how = match action {
        Action::Restart => format!(
            "Restart {name} through restartgate, where the gate allows it? It is killed where it does not stop within \
             {grace} s."
        ),
        Action::Stop => format!("Stop {name}? It is killed where it does not stop within {grace} s."),
    };
    format!("{how}{warning} y/n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn container(labels: &[(&str, &str)]) -> ContainerSummary {
        let labels: BTreeMap<String, String> =
            labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        ContainerSummary {
            name: "db".into(),
            state: ContainerState::Running,
            labels,
            ..ContainerSummary::default()
        }
    }

    fn all() -> Abilities {
        Abilities::All("/bin/restartgate".into())
    }

    fn refusal(ruling: Ruling) -> String {
        match ruling {
            Ruling::Refuse(why) => why,
            Ruling::Ask(question) => format!("asks: {question}"),
        }
    }

    #[test]
    fn nothing_without_the_gate_or_where_only_looking_is_wanted() {
        for action in [Action::Restart, Action::Stop] {
            let of = |abilities| refusal(judge(action, &container(&[]), None, &abilities));
            assert!(of(Abilities::ReadOnly).ends_with("db: the view was started with --read-only"));
            assert!(of(Abilities::NoGate).contains("restartgate was found neither"));
            assert!(of(all()).starts_with("asks: "));
        }
    }

    #[test]
    fn the_protected_are_left_alone() {
        for label in ["evenkeel.protect", "drydock.protect"] {
            for action in [Action::Restart, Action::Stop] {
                let ruling = judge(action, &container(&[(label, "true")]), None, &all());
                assert!(refusal(ruling).contains("protects it"));
            }
        }
    }

    #[test]
    fn a_lock_warns_of_a_restart_and_forbids_a_stop() {
        let member = container(&[("netra.env", "test")]);
        let of = |action, lock: &LockUse| refusal(judge(action, &member, Some(lock), &all()));
        let used = LockUse::Used("locked by ann (make e2e)".into());
        let warned = of(Action::Restart, &used);
        assert!(warned.starts_with("asks: Restart db through restartgate"), "{warned}");
        assert!(warned.ends_with("Its environment test is locked by ann (make e2e). y/n"), "{warned}");
        let forbidden = "cannot stop db: its environment test is locked by ann (make e2e)";
        assert_eq!(of(Action::Stop, &used), forbidden);
        assert!(of(Action::Stop, &LockUse::Unknown).contains("envlock does not say"));
        assert!(of(Action::Stop, &LockUse::Free).starts_with("asks: Stop db?"));
        assert!(of(Action::Restart, &LockUse::Unknown).starts_with("asks: "));
    }

    #[test]
    fn only_what_runs_is_stopped() {
        let exited = ContainerSummary { state: ContainerState::Exited, ..container(&[]) };
        assert!(refusal(judge(Action::Stop, &exited, None, &all())).ends_with("it does not run"));
        assert!(refusal(judge(Action::Restart, &exited, None, &all())).starts_with("asks: "));
    }
}
