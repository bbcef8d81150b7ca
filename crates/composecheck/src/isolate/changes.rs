//! What the override file changes. The file and the report are both made from this list.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ports::{Published, Range};
use super::{entries, is_external, items, text};

/// A value that becomes another one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// Keys from the top of the model.
    pub(crate) path: Vec<String>,
    /// Null where there was no value.
    pub(crate) was: Value,
    /// Null where the value is removed.
    pub(crate) now: Value,
    pub(crate) reason: &'static str,
}

/// Whether services may be restarted by the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RestartMode {
    /// Restart no service: what fails stays visible
    No,
    /// Keep the policies of the files
    #[default]
    Keep,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wishes<'a> {
    pub(crate) labels: &'a [(String, String)],
    pub(crate) restart: RestartMode,
    pub(crate) start_interval: Option<&'a str>,
    /// CPUs that each limited service gets at least.
    pub(crate) boost: Option<f64>,
}

/// A fixed name that the files give to a volume, network, config or secret: section and key.
pub(crate) type FixedName = (String, String);

/// Everything that changes, by path. `ports` has the first new port for each old one.
pub(crate) fn changes(
    model: &Value,
    fixed_names: &[FixedName],
    published: &[Published],
    ports: &BTreeMap<Range, u16>,
    wishes: &Wishes<'_>,
) -> Vec<Change> {
    let project = text(model, "name").unwrap_or_default();
    let mut found = Vec::new();
    for (name, service) in entries(model, "services") {
        let service = Service { name, value: service, model };
        found.extend(service.labels(wishes.labels));
        found.extend(service.container_name());
        found.extend(service.image(&built_images(model, project)));
        found.extend(service.ports(published, ports));
        if wishes.restart == RestartMode::No {
            found.extend(service.no_restart());
        }
        found.extend(wishes.start_interval.and_then(|interval| service.start_interval(interval)));
        found.extend(wishes.boost.map(|cpus| service.boost(cpus)).unwrap_or_default());
    }
    for section in ["volumes", "networks"] {
        for (key, resource) in entries(model, section).filter(|(_, resource)| !is_external(resource)) {
            found.extend(labels(&[section, key], resource.get("labels"), wishes.labels));
        }
    }
    found.extend(fixed_names.iter().filter_map(|(section, key)| own_name(model, project, section, key)));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The CPU limits that the changes raise: service and former limit.
pub(crate) fn boosted(changes: &[Change]) -> Vec<(&str, f64)> {
    let mut found: Vec<(&str, f64)> = Vec::new();
    for change in changes.iter().filter(|change| change.reason == BOOST) {
        if let ([_, service, ..], Some(was)) = (change.path.as_slice(), number(&change.was))
            && found.last().is_none_or(|(last, _)| last != service)
        {
            found.push((service, was));
        }
    }
    found
}

const BOOST: &str = "more CPU for the start";

fn change(path: &[&str], was: Option<&Value>, now: Value, reason: &'static str) -> Change {
    let path = path.iter().map(|key| (*key).to_owned()).collect();
    Change { path, was: was.cloned().unwrap_or_default(), now, reason }
}

/// What the images that are built from source are called instead, by the name that the files give them: as Compose calls
/// those without a name.
fn built_images<'a>(model: &'a Value, project: &str) -> BTreeMap<&'a str, String> {
    let built = entries(model, "services").filter(|(_, service)| service.get("build").is_some());
    let mut names = BTreeMap::new();
    for (service, value) in built {
        if let Some(image) = text(value, "image") {
            names.entry(image).or_insert_with(|| format!("{project}-{service}"));
        }
    }
    names
}

/// The labels that are missing or have another value.
fn labels(path: &[&str], own: Option<&Value>, wanted: &[(String, String)]) -> Vec<Change> {
    let one = |(key, value): &(String, String)| {
        let was = own.and_then(|own| own.get(key));
        let now = Value::String(value.clone());
        let path = [path, &["labels", key]].concat();
        (was != Some(&now)).then(|| change(&path, was, now, "marks what belongs to this environment"))
    };
    wanted.iter().filter_map(one).collect()
}

/// The name that Compose gives to a resource without a fixed name.
fn own_name(model: &Value, project: &str, section: &str, key: &str) -> Option<Change> {
    let resource = model.get(section)?.get(key).filter(|resource| !is_external(resource))?;
    let was = resource.get("name")?;
    let now = format!("{project}_{key}");
    (text(resource, "name") != Some(&now)).then(|| {
        let path = [section, key, "name"];
        change(&path, Some(was), Value::String(now), "a fixed name is the same in every run")
    })
}

/// A service of the model.
struct Service<'a> {
    name: &'a str,
    value: &'a Value,
    model: &'a Value,
}

impl Service<'_> {
    fn change(&self, path: &[&str], now: Value, reason: &'static str) -> Change {
        let was = path.iter().try_fold(self.value, |value, key| value.get(key));
        change(&[&["services", self.name], path].concat(), was, now, reason)
    }

    /// Labels of the containers, and of the image that is built for them.
    fn labels(&self, wanted: &[(String, String)]) -> Vec<Change> {
        let mut found = labels(&["services", self.name], self.value.get("labels"), wanted);
        if let Some(build) = self.value.get("build") {
            found.extend(labels(&["services", self.name, "build"], build.get("labels"), wanted));
        }
        found
    }

    /// An image that is built from source, by this service or by another one.
    fn image(&self, built: &BTreeMap<&str, String>) -> Option<Change> {
        let was = text(self.value, "image")?;
        let now = built.get(was).filter(|now| *now != was)?;
        Some(self.change(&["image"], now.as_str().into(), "another run may build it from other sources"))
    }

    /// Without its fixed name, a container is still reached by it on its networks.
    fn container_name(&self) -> Vec<Change> {
        let Some(name) = text(self.value, "container_name").filter(|name| !is_referred_to(self.model, name))
        else {
            return Vec::new();
        };
        let reason = "a container name is the same in every run";
        let mut found = vec![self.change(&["container_name"], Value::Null, reason)];
        for (network, settings) in entries(self.value, "networks") {
            let mut aliases: Vec<&str> = items(settings, "aliases").filter_map(Value::as_str).collect();
            if name != self.name && !aliases.contains(&name) {
                aliases.push(name);
                let path = ["networks", network, "aliases"];
                found.push(self.change(&path, json!(aliases), "other containers may use the container name"));
            }
        }
        found
    }

    fn ports(&self, published: &[Published], now: &BTreeMap<Range, u16>) -> Option<Change> {
        let mut ports = self.value.get("ports")?.clone();
        let own = published.iter().filter(|port| port.service == self.name);
        for port in own {
            let Some(first) = now.get(&port.was) else { continue };
            let text = show_range((*first, first.saturating_add(port.width - 1)));
            ports.get_mut(port.index)?.as_object_mut()?.insert("published".into(), text.into());
        }
        (self.value.get("ports") != Some(&ports))
            .then(|| self.change(&["ports"], ports, "a host port can be bound once"))
    }

    /// `deploy.restart_policy` wins over `restart` in Compose.
    fn no_restart(&self) -> Vec<Change> {
        const REASON: &str = "what fails stays visible";
        let mut found = Vec::new();
        if text(self.value, "restart").is_some_and(|restart| restart != "no") {
            found.push(self.change(&["restart"], "no".into(), REASON));
        }
        let policy = self.value.pointer("/deploy/restart_policy");
        if policy.is_some_and(|policy| text(policy, "condition") != Some("none")) {
            found.push(self.change(&["deploy", "restart_policy"], json!({"condition": "none"}), REASON));
        }
        found
    }

    /// The engine uses the interval only within the start period.
    fn start_interval(&self, interval: &str) -> Option<Change> {
        let check = self.value.get("healthcheck")?;
        let is_on = check.get("test").is_some() && check.get("disable") != Some(&Value::Bool(true));
        let has_period = check.get("start_period").is_some() && check.get("start_interval").is_none();
        let path = ["healthcheck", "start_interval"];
        (is_on && has_period)
            .then(|| self.change(&path, interval.into(), "readiness is seen as soon as it is there"))
    }

    /// Raises the CPU limit wherever it is written: both places must say the same.
    fn boost(&self, cpus: f64) -> Vec<Change> {
        let places: [&[&str]; 2] = [&["cpus"], &["deploy", "resources", "limits", "cpus"]];
        let limit = |path: &[&str]| path.iter().try_fold(self.value, |value, key| value.get(key));
        let is_lower = |path: &&&[&str]| limit(path).and_then(number).is_some_and(|limit| limit < cpus);
        places.iter().filter(is_lower).map(|path| self.change(path, whole_or_float(cpus), BOOST)).collect()
    }
}

/// Whether a service shares a namespace or the volumes of a container by this name. Such a name has to stay.
fn is_referred_to(model: &Value, container: &str) -> bool {
    let wanted = format!("container:{container}");
    entries(model, "services").any(|(_, service)| {
        let namespaces = ["network_mode", "pid", "ipc"];
        let by_mode = namespaces.iter().any(|key| text(service, key) == Some(&wanted));
        let is_source = |from: &Value| {
            from.as_str().is_some_and(|from| from.strip_suffix(":ro").unwrap_or(from) == wanted)
        };
        by_mode || items(service, "volumes_from").any(is_source)
    })
}

/// A number that may be written as text.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// Compose prints a whole number without a fraction.
fn whole_or_float(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "only a whole number of CPUs is converted")]
    if number.fract() == 0.0 { (number as i64).into() } else { number.into() }
}

/// `8080` or `8080-8089`.
pub(crate) fn show_range((first, last): Range) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isolate::ports::published;

    fn shown(service: &Value, wishes: &Wishes<'_>) -> Vec<String> {
        let model = json!({"name": "p", "services": {"web": service}});
        let published = published(&model);
        let ports = published.iter().map(|port| (port.was, port.was.0 + 1000)).collect();
        let changes = changes(&model, &[], &published, &ports, wishes);
        changes.iter().map(|c| format!("{}: {} -> {}", c.path[2..].join("."), c.was, c.now)).collect()
    }

    #[test]
    fn container_names_and_ports() {
        for (service, wanted) in [
            (json!({"container_name": "web"}), vec!["container_name: \"web\" -> null"]),
            (
                json!({"container_name": "db", "networks": {"default": null, "n": {"aliases": ["x"]}}}),
                vec![
                    "container_name: \"db\" -> null",
                    "networks.default.aliases: null -> [\"db\"]",
                    "networks.n.aliases: [\"x\"] -> [\"x\",\"db\"]",
                ],
            ),
            (json!({"container_name": "db", "pid": "container:db"}), vec![]),
            (json!({"container_name": "db", "volumes_from": ["container:db:ro"]}), vec![]),
            (
                json!({"ports": [{"target": 80, "published": "80"}, {"target": 81}]}),
                vec![
                    "ports: [{\"published\":\"80\",\"target\":80},{\"target\":81}] -> \
                     [{\"published\":\"1080\",\"target\":80},{\"target\":81}]",
                ],
            ),
            (json!({"ports": [{"target": 80}]}), vec![]),
        ] {
            assert_eq!(shown(&service, &Wishes::default()), wanted, "{service}");
        }
    }

    #[test]
    fn images_that_are_built_get_names_of_their_own() {
        let model = json!({"name": "p", "services": {
            "app": {"build": {}, "image": "shop:1"},
            "job": {"image": "shop:1"},
            "db": {"image": "postgres:16"},
            "web": {"build": {}},
        }});
        let changes = changes(&model, &[], &[], &BTreeMap::new(), &Wishes::default());
        let shown: Vec<String> = changes.iter().map(|c| format!("{}: {}", c.path.join("."), c.now)).collect();
        assert_eq!(shown, ["services.app.image: \"p-app\"", "services.job.image: \"p-app\""]);
    }

    #[test]
    fn what_is_asked_for() {
        let labels = [("k".to_owned(), "v".to_owned())];
        let wishes = Wishes {
            labels: &labels,
            restart: RestartMode::No,
            start_interval: Some("1s"),
            boost: Some(2.0),
        };
        for (service, wanted) in [
            (json!({}), vec!["labels.k: null -> \"v\""]),
            (json!({"labels": {"k": "v"}}), vec![]),
            (
                json!({"labels": {"k": "v"}, "build": {"labels": {"k": "w"}}}),
                vec!["build.labels.k: \"w\" -> \"v\""],
            ),
            (json!({"labels": {"k": "v"}, "restart": "always"}), vec!["restart: \"always\" -> \"no\""]),
            (json!({"labels": {"k": "v"}, "restart": "no"}), vec![]),
            (
                json!({"labels": {"k": "v"}, "deploy": {"restart_policy": {"condition": "any"}}}),
                vec!["deploy.restart_policy: {\"condition\":\"any\"} -> {\"condition\":\"none\"}"],
            ),
            (
                json!({"labels": {"k": "v"}, "healthcheck": {"test": ["x"], "start_period": "9s"}}),
                vec!["healthcheck.start_interval: null -> \"1s\""],
            ),
            (json!({"labels": {"k": "v"}, "healthcheck": {"test": ["x"]}}), vec![]),
            (
                json!({"labels": {"k": "v"}, "cpus": 0.5, "deploy": {"resources": {"limits": {"cpus": "0.5"}}}}),
                vec!["cpus: 0.5 -> 2", "deploy.resources.limits.cpus: \"0.5\" -> 2"],
            ),
            (json!({"labels": {"k": "v"}, "cpus": 2}), vec![]),
        ] {
            assert_eq!(shown(&service, &wishes), wanted, "{service}");
        }
    }

    #[test]
    fn boosted_services_are_listed_once() {
        let service = json!({"cpus": 0.5, "deploy": {"resources": {"limits": {"cpus": 0.5}}}});
        let model = json!({"services": {"a": service, "b": {"cpus": 4}}});
        let wishes = Wishes { boost: Some(1.0), ..Wishes::default() };
        assert_eq!(boosted(&changes(&model, &[], &[], &BTreeMap::new(), &wishes)), [("a", 0.5)]);
    }

    #[test]
    fn resources_get_labels_and_their_own_names() {
        let labels = [("k".to_owned(), "v".to_owned())];
        let wishes = Wishes { labels: &labels, ..Wishes::default() };
        let model = json!({
            "name": "p",
            "volumes": {"data": {"name": "fixed"}, "ext": {"name": "e", "external": true}},
            "networks": {"default": {"name": "p_default"}},
        });
        let names = ["data", "ext"].map(|key| ("volumes".to_owned(), key.to_owned()));
        let changes = changes(&model, &names, &[], &BTreeMap::new(), &wishes);
        let shown: Vec<String> = changes.iter().map(|c| format!("{}: {}", c.path.join("."), c.now)).collect();
        let wanted = [
            "networks.default.labels.k: \"v\"",
            "volumes.data.labels.k: \"v\"",
            "volumes.data.name: \"p_data\"",
        ];
        assert_eq!(shown, wanted);
    }
}
