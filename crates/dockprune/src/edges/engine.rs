//! Reads what the engine has: one list call a kind, and an inspection where a listing says too little.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bollard::models;
use bollard::query_parameters::{ListNetworksOptions, ListVolumesOptions};
use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use futures_util::{StreamExt, stream};

use super::build_cache;
use crate::model::address_range::{AddressRange, parse_base};
use crate::model::known_time::{KnownTime, parse_status, parse_time};
use crate::model::resource::{Container, Detail, Image, Kind, Network, Resource, State, Volume};

/// Calls in flight: more only makes each of them slower.
const PARALLEL: usize = 4;

/// What could be listed.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) resources: Vec<Resource>,
    /// Kinds that the engine did not list, each with the reason.
    pub(crate) unreached: Vec<(Kind, CallError)>,
}

/// A listing in which many resources are looked up.
#[derive(Debug)]
pub(crate) struct Listed<'a> {
    listing: &'a Listing,
    by_id: HashMap<(Kind, &'a str), &'a Resource>,
}

impl<'a> From<&'a Listing> for Listed<'a> {
    fn from(listing: &'a Listing) -> Self {
        let by_id = listing.resources.iter().map(|found| ((found.kind(), found.id.as_str()), found));
        Self { listing, by_id: by_id.collect() }
    }
}

impl<'a> Listed<'a> {
    /// The resource as this listing has it. Fails where its kind was not listed.
    pub(crate) fn find(&self, resource: &Resource) -> Result<Option<&'a Resource>, &'a CallError> {
        match self.listing.error_of(resource.kind()) {
            Some(error) => Err(error),
            None => Ok(self.by_id.get(&(resource.kind(), resource.id.as_str())).copied()),
        }
    }
}

impl Listing {
    /// Why a kind was not listed, if so.
    pub(crate) fn error_of(&self, kind: Kind) -> Option<&CallError> {
        self.unreached.iter().find(|(unreached, _)| *unreached == kind).map(|(_, error)| error)
    }
}

/// Lists resources of these kinds. Containers are always listed: they say what is in use.
///
/// Fails where the containers cannot be listed. Other kinds that cannot are noted in the listing.
pub(crate) async fn list(engine: &Engine, kinds: &BTreeSet<Kind>) -> Result<Listing, CallError> {
    let everything = HashMap::new();
    let (containers, networks, volumes, images, cache) = tokio::join!(
        containers(engine, &everything),
        wanted(kinds, Kind::Network, networks(engine)),
        wanted(kinds, Kind::Volume, volumes(engine)),
        wanted(kinds, Kind::Image, images(engine)),
        wanted(kinds, Kind::BuildCache, build_cache::list(engine)),
    );
    let mut listing = Listing { resources: containers?, unreached: Vec::new() };
    for (kind, found) in
        [(Kind::Network, networks), (Kind::Volume, volumes), (Kind::Image, images), (Kind::BuildCache, cache)]
    {
        match found {
            Ok(resources) => listing.resources.extend(resources),
            Err(error) => listing.unreached.push((kind, error)),
        }
    }
    Ok(listing)
}

async fn wanted(
    kinds: &BTreeSet<Kind>,
    kind: Kind,
    list: impl Future<Output = Result<Vec<Resource>, CallError>>,
) -> Result<Vec<Resource>, CallError> {
    if kinds.contains(&kind) { list.await } else { Ok(Vec::new()) }
}

/// Reads the exact times of some containers and images. What cannot be inspected stays as it is, which keeps it.
pub(crate) async fn inspect_times(engine: &Engine, resources: &mut [Resource], indices: Vec<usize>) {
    let coarse: Vec<(usize, Resource)> =
        indices.into_iter().map(|index| (index, resources[index].clone())).collect();
    let mut answers = stream::iter(coarse)
        .map(|(index, resource)| async move { (index, inspected(engine, resource).await) })
        .buffer_unordered(PARALLEL);
    while let Some((index, answer)) = answers.next().await {
        match answer {
            Ok(resource) => resources[index] = resource,
            // Removed meanwhile: only its time of creation is left to decide by.
            Err(CallError::Status { code: 404, .. }) => resources[index].active = KnownTime::Never,
            Err(error) => tracing::debug!(%error, name = resources[index].name, "cannot inspect it"),
        }
    }
}

async fn inspected(engine: &Engine, mut resource: Resource) -> Result<Resource, CallError> {
    match &mut resource.detail {
        Detail::Container(container) => {
            (container.state, resource.active) = inspect(engine, &resource.id).await?;
        }
        Detail::Image(_) => {
            let found = engine.call(engine.docker.inspect_image(&resource.id)).await?;
            let tagged = found.metadata.and_then(|metadata| metadata.last_tag_time);
            resource.active = parse_time(&tagged.unwrap_or_default());
        }
        Detail::Network(_) | Detail::Volume(_) | Detail::BuildCache(_) => {}
    }
    Ok(resource)
}

/// A container's state, and when it last ended or began.
pub(crate) async fn inspect(engine: &Engine, id: &str) -> Result<(State, KnownTime), CallError> {
    let answer = engine.inspect_container(id).await?;
    let facts = answer.state.unwrap_or_default();
    let state = facts.status.map_or(State::Unknown, |status| State::parse(status.as_ref()));
    let at = if state.is_live() { facts.started_at } else { facts.finished_at };
    Ok((state, parse_time(&at.unwrap_or_default())))
}

/// Containers that refer to a network, listed anew: the engine itself would ignore those that do not run.
pub(crate) async fn users_of_network(
    engine: &Engine,
    network: &Resource,
) -> Result<Vec<Resource>, CallError> {
    let names = vec![network.id.clone(), network.name.clone()];
    let of_network = HashMap::from([("network", names)]);
    let mut found = containers(engine, &of_network).await?;
    found.retain(|container| container.uses(network));
    Ok(found)
}

async fn containers(
    engine: &Engine,
    filters: &HashMap<&str, Vec<String>>,
) -> Result<Vec<Resource>, CallError> {
    let found = engine.list_containers(filters).await?;
    Ok(found.into_iter().map(container).collect())
}

async fn networks(engine: &Engine) -> Result<Vec<Resource>, CallError> {
    let found = engine.call(engine.docker.list_networks(None::<ListNetworksOptions>)).await?;
    Ok(found.into_iter().map(network).collect())
}

/// Longest wait for the engine's settings: only a warning depends on them.
const INFO_TIMEOUT: Duration = Duration::from_secs(1);

/// Address ranges that the engine is configured with; none with default settings, or when it does not answer.
pub(crate) async fn address_ranges(engine: &Engine) -> Vec<AddressRange> {
    let answer = engine.call_within(engine.call_timeout.min(INFO_TIMEOUT), engine.docker.info());
    let Ok(info) = answer.await else { return Vec::new() };
    let pools = info.default_address_pools.unwrap_or_default().into_iter();
    pools
        .filter_map(|pool| {
            Some(AddressRange { base: parse_base(&pool.base?)?, each: pool.size?.try_into().ok()? })
        })
        .collect()
}

async fn volumes(engine: &Engine) -> Result<Vec<Resource>, CallError> {
    let found = engine.call(engine.docker.list_volumes(None::<ListVolumesOptions>)).await?;
    Ok(found.volumes.unwrap_or_default().into_iter().map(volume).collect())
}

async fn images(engine: &Engine) -> Result<Vec<Resource>, CallError> {
    let found: Vec<models::ImageSummary> = engine.get_list(engine.call_timeout, "/images/json").await?;
    Ok(found.into_iter().map(image).collect())
}

pub(super) fn container(found: models::ContainerSummary) -> Resource {
    let id = found.id.unwrap_or_default();
    let names = found.names.unwrap_or_default();
    let name = names.first().map_or(id.as_str(), |name| name.trim_start_matches('/')).to_owned();
    let state = found.state.map_or(State::Unknown, |state| State::parse(state.as_ref()));
    let active = match parse_status(&found.status.unwrap_or_default()) {
        _ if state == State::Created => KnownTime::Never,
        Some(span) => KnownTime::Ago(span),
        None => KnownTime::Unread,
    };
    let endpoints = found.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let mode = found.host_config.and_then(|config| config.network_mode);
    let attached =
        endpoints.into_iter().flat_map(|(name, at)| [Some(name), at.network_id]).chain([mode]).flatten();
    Resource {
        name,
        labels: found.labels.unwrap_or_default().into_iter().collect(),
        created: from_seconds(found.created),
        active,
        detail: Detail::Container(Container {
            state,
            networks: attached.filter(|name| !name.is_empty()).collect(),
            volumes: found.mounts.unwrap_or_default().into_iter().filter_map(|mount| mount.name).collect(),
            image: found.image_id.unwrap_or_default(),
        }),
        id,
    }
}

pub(super) fn network(found: models::Network) -> Resource {
    let name = found.name.unwrap_or_default();
    let built_in = matches!(name.as_str(), "bridge" | "host" | "none" | "nat") || found.ingress == Some(true);
    Resource {
        id: found.id.unwrap_or_default(),
        labels: found.labels.unwrap_or_default().into_iter().collect(),
        created: parse_time(&found.created.unwrap_or_default()),
        active: KnownTime::Never,
        detail: Detail::Network(Network { driver: found.driver.unwrap_or_default(), built_in }),
        name,
    }
}

/// Reads what the engine says about one volume.
pub(crate) fn volume(found: models::Volume) -> Resource {
    let mut options: Vec<String> = found.options.into_keys().collect();
    options.sort_unstable();
    Resource {
        id: found.name.clone(),
        name: found.name,
        labels: found.labels.into_iter().collect(),
        created: parse_time(&found.created_at.unwrap_or_default()),
        active: KnownTime::Never,
        detail: Detail::Volume(Volume { options }),
    }
}

pub(super) fn image(found: models::ImageSummary) -> Resource {
    // How the engine lists an image without a name.
    let tags: Vec<String> = found.repo_tags.into_iter().filter(|tag| tag != "<none>:<none>").collect();
    Resource {
        name: tags.first().unwrap_or(&found.id).clone(),
        id: found.id,
        labels: found.labels.into_iter().collect(),
        created: from_seconds(Some(found.created)),
        active: KnownTime::Unread,
        detail: Detail::Image(Image { tags, size_bytes: found.size.try_into().unwrap_or(0) }),
    }
}

fn from_seconds(seconds: Option<i64>) -> KnownTime {
    match seconds {
        None => KnownTime::Never,
        Some(seconds) => Timestamp::from_second(seconds)
            .map_or_else(|_| KnownTime::Unparsable(seconds.to_string()), KnownTime::At),
    }
}
