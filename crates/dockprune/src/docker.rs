//! Reads the facts: one list call per kind, and an inspection where a listing says too little.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bollard::models;
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptions, ListImagesOptions, ListNetworksOptions,
    ListVolumesOptions,
};
use evenkeel_common::Timestamp;
use evenkeel_common::docker::{CallError, Engine};
use futures_util::{StreamExt, stream};

use crate::age::{Moment, parse_moment, parse_status};
use crate::facts::{Container, Detail, Image, Kind, Network, Object, State, Volume};
use crate::pool::{self, Pool, Range, parse_base};

/// Calls in flight: more only makes each of them slower.
const PARALLEL: usize = 4;

/// What could be read.
#[derive(Debug, Default)]
pub struct Listing {
    /// The resources.
    pub objects: Vec<Object>,
    /// Kinds the engine did not list, each with why.
    pub unreached: Vec<(Kind, CallError)>,
}

impl Listing {
    /// The resource as this listing has it. Fails where its kind was not listed.
    pub fn find(&self, object: &Object) -> Result<Option<&Object>, &CallError> {
        match self.unreached.iter().find(|(kind, _)| *kind == object.kind()) {
            Some((_, error)) => Err(error),
            None => {
                Ok(self.objects.iter().find(|found| found.kind() == object.kind() && found.id == object.id))
            }
        }
    }
}

/// Lists resources of these kinds. Containers are always listed: they say what is in use.
///
/// Fails where the containers cannot be listed. Other kinds that cannot are noted in the listing.
pub async fn list(engine: &Engine, kinds: &BTreeSet<Kind>) -> Result<Listing, CallError> {
    let (containers, networks, volumes, images) = tokio::join!(
        containers(engine, HashMap::new()),
        wanted(kinds, Kind::Network, networks(engine)),
        wanted(kinds, Kind::Volume, volumes(engine)),
        wanted(kinds, Kind::Image, images(engine)),
    );
    let mut listing = Listing { objects: containers?, unreached: Vec::new() };
    for (kind, found) in [(Kind::Network, networks), (Kind::Volume, volumes), (Kind::Image, images)] {
        match found {
            Ok(objects) => listing.objects.extend(objects),
            Err(error) => listing.unreached.push((kind, error)),
        }
    }
    Ok(listing)
}

async fn wanted(
    kinds: &BTreeSet<Kind>,
    kind: Kind,
    list: impl Future<Output = Result<Vec<Object>, CallError>>,
) -> Result<Vec<Object>, CallError> {
    if kinds.contains(&kind) { list.await } else { Ok(Vec::new()) }
}

/// Reads the exact times of some containers and images. What cannot be read stays unsettled, which keeps it.
pub async fn settle(engine: &Engine, objects: &mut [Object], places: Vec<usize>) {
    let coarse: Vec<(usize, Object)> =
        places.into_iter().map(|place| (place, objects[place].clone())).collect();
    let mut answers = stream::iter(coarse)
        .map(|(place, object)| async move { (place, settled(engine, object).await) })
        .buffer_unordered(PARALLEL);
    while let Some((place, answer)) = answers.next().await {
        match answer {
            Ok(object) => objects[place] = object,
            // Gone meanwhile: its time of creation is all there is left to judge by.
            Err(CallError::Status { code: 404, .. }) => objects[place].active = Moment::Never,
            Err(error) => tracing::debug!(%error, name = objects[place].name, "cannot inspect it"),
        }
    }
}

async fn settled(engine: &Engine, mut object: Object) -> Result<Object, CallError> {
    match &mut object.detail {
        Detail::Container(container) => {
            (container.state, object.active) = inspect(engine, &object.id).await?;
        }
        Detail::Image(_) => {
            let found = engine.call(engine.docker.inspect_image(&object.id)).await?;
            let tagged = found.metadata.and_then(|metadata| metadata.last_tag_time);
            object.active = parse_moment(&tagged.unwrap_or_default());
        }
        Detail::Network(_) | Detail::Volume(_) => {}
    }
    Ok(object)
}

/// A container's state, and when it last ended or began.
pub async fn inspect(engine: &Engine, id: &str) -> Result<(State, Moment), CallError> {
    let answer = engine.call(engine.docker.inspect_container(id, None::<InspectContainerOptions>)).await?;
    let facts = answer.state.unwrap_or_default();
    let state = facts.status.map_or(State::Unknown, |status| State::parse(status.as_ref()));
    let at = if state.is_live() { facts.started_at } else { facts.finished_at };
    Ok((state, parse_moment(&at.unwrap_or_default())))
}

/// Containers that refer to a network, read afresh: the engine itself would not mind those that do not run.
pub async fn users_of_network(engine: &Engine, network: &Object) -> Result<Vec<Object>, CallError> {
    let words = vec![network.id.clone(), network.name.clone()];
    let mut found = containers(engine, HashMap::from([("network".into(), words)])).await?;
    found.retain(|container| container.uses(network));
    Ok(found)
}

async fn containers(
    engine: &Engine,
    filters: HashMap<String, Vec<String>>,
) -> Result<Vec<Object>, CallError> {
    let options = ListContainersOptions { all: true, filters: Some(filters), ..Default::default() };
    let found = engine.call(engine.docker.list_containers(Some(options))).await?;
    Ok(found.into_iter().map(container).collect())
}

async fn networks(engine: &Engine) -> Result<Vec<Object>, CallError> {
    let found = engine.call(engine.docker.list_networks(None::<ListNetworksOptions>)).await?;
    Ok(found.into_iter().map(network).collect())
}

/// How much room there is for networks, after some were removed; none where networks were not listed.
pub async fn address_pool(engine: &Engine, listing: &Listing, removed: u64) -> Option<Pool> {
    if listing.unreached.iter().any(|(kind, _)| *kind == Kind::Network) {
        return None;
    }
    let less = |pool: Pool| Pool { used: pool.used.saturating_sub(removed), ..pool };
    let pool = less(pool::count(&listing.objects, &[]));
    // Only an engine that looks full is worth another call: it may have been given more room.
    if !pool.is_nearly_full() {
        return Some(pool);
    }
    Some(less(pool::count(&listing.objects, &address_ranges(engine).await)))
}

/// Longest wait for the engine's settings: only a warning hangs on them.
const INFO_TIMEOUT: Duration = Duration::from_secs(1);

/// Address ranges that the engine is set up with; none on one with default settings, or when it does not say.
async fn address_ranges(engine: &Engine) -> Vec<Range> {
    let answer = engine.call_within(engine.call_timeout.min(INFO_TIMEOUT), engine.docker.info());
    let Ok(info) = answer.await else { return Vec::new() };
    let pools = info.default_address_pools.unwrap_or_default().into_iter();
    pools
        .filter_map(|pool| Some(Range { base: parse_base(&pool.base?)?, each: pool.size?.try_into().ok()? }))
        .collect()
}

async fn volumes(engine: &Engine) -> Result<Vec<Object>, CallError> {
    let found = engine.call(engine.docker.list_volumes(None::<ListVolumesOptions>)).await?;
    Ok(found.volumes.unwrap_or_default().into_iter().map(volume).collect())
}

async fn images(engine: &Engine) -> Result<Vec<Object>, CallError> {
    let found = engine.call(engine.docker.list_images(None::<ListImagesOptions>)).await?;
    Ok(found.into_iter().map(image).collect())
}

fn container(found: models::ContainerSummary) -> Object {
    let id = found.id.unwrap_or_default();
    let names = found.names.unwrap_or_default();
    let name = names.first().map_or(id.as_str(), |name| name.trim_start_matches('/')).to_owned();
    let state = found.state.map_or(State::Unknown, |state| State::parse(state.as_ref()));
    let active = match parse_status(&found.status.unwrap_or_default()) {
        _ if state == State::Created => Moment::Never,
        Some(span) => Moment::Ago(span),
        None => Moment::Unread,
    };
    let endpoints = found.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    let mode = found.host_config.and_then(|config| config.network_mode);
    let attached =
        endpoints.into_iter().flat_map(|(name, at)| [Some(name), at.network_id]).chain([mode]).flatten();
    Object {
        name,
        labels: found.labels.unwrap_or_default().into_iter().collect(),
        created: from_seconds(found.created),
        active,
        detail: Detail::Container(Container {
            state,
            networks: attached.filter(|word| !word.is_empty()).collect(),
            volumes: found.mounts.unwrap_or_default().into_iter().filter_map(|mount| mount.name).collect(),
            image: found.image_id.unwrap_or_default(),
        }),
        id,
    }
}

fn network(found: models::Network) -> Object {
    let name = found.name.unwrap_or_default();
    let built_in = matches!(name.as_str(), "bridge" | "host" | "none" | "nat") || found.ingress == Some(true);
    Object {
        id: found.id.unwrap_or_default(),
        labels: found.labels.unwrap_or_default().into_iter().collect(),
        created: parse_moment(&found.created.unwrap_or_default()),
        active: Moment::Never,
        detail: Detail::Network(Network { driver: found.driver.unwrap_or_default(), built_in }),
        name,
    }
}

/// What is known about one volume.
pub fn volume(found: models::Volume) -> Object {
    let mut options: Vec<String> = found.options.into_keys().collect();
    options.sort_unstable();
    Object {
        id: found.name.clone(),
        name: found.name,
        labels: found.labels.into_iter().collect(),
        created: parse_moment(&found.created_at.unwrap_or_default()),
        active: Moment::Never,
        detail: Detail::Volume(Volume { options }),
    }
}

fn image(found: models::ImageSummary) -> Object {
    // The engine lists an image without a name as this.
    let tags: Vec<String> = found.repo_tags.into_iter().filter(|tag| tag != "<none>:<none>").collect();
    Object {
        name: tags.first().unwrap_or(&found.id).clone(),
        id: found.id,
        labels: found.labels.into_iter().collect(),
        created: from_seconds(Some(found.created)),
        active: Moment::Unread,
        detail: Detail::Image(Image { tags, size_bytes: found.size.try_into().unwrap_or(0) }),
    }
}

fn from_seconds(seconds: Option<i64>) -> Moment {
    match seconds {
        None => Moment::Never,
        Some(seconds) => {
            Timestamp::from_second(seconds).map_or_else(|_| Moment::Unknown(seconds.to_string()), Moment::At)
        }
    }
}
