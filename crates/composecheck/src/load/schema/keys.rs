//! The keys that there are, and the shapes of their values.

use super::types::Shape::{
    Any, Bool, Bytes, Command, Count, Device, Distinct, Duration, Each, External, Host, Items, MaybeKeys,
    MaybePlain, MaybeTextOrWhole, Mount, Natural, Needed, Number, OneOf, Pairs, Plain, Policy, Port, Room,
    Scalar, Score, Shares, Size, Swap, Test, Text, TextOrKeys, TextOrList, TextOrWhole, Texts, Unquoted,
    UnquotedCount, Whole, WholeBytes, WholeOrKeys,
};
use super::types::{Keys, Shape};

const HEALTHCHECK: Keys = &[
    ("disable", Bool),
    ("interval", Duration),
    ("retries", Count),
    ("start_interval", Duration),
    ("start_period", Duration),
    ("test", Test),
    ("timeout", Duration),
];

const DEVELOP: Keys = &[("watch", Items(&Shape::Keys(WATCH)))];
const WATCH: Keys = &[
    ("action", Needed(&OneOf(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]))),
    ("exec", Shape::Keys(HOOK)),
    ("ignore", Texts),
    ("include", Texts),
    ("initial_sync", Bool),
    ("path", Needed(&Text)),
    ("target", Text),
];

const LOGGING: Keys = &[("driver", Text), ("options", Each(&MaybePlain))];

const DEPLOY: Keys = &[
    ("endpoint_mode", Text),
    ("labels", Pairs),
    ("mode", Text),
    ("placement", Shape::Keys(PLACEMENT)),
    ("replicas", Whole),
    ("resources", Shape::Keys(RESOURCES)),
    ("restart_policy", Shape::Keys(RESTART)),
    ("rollback_config", Shape::Keys(UPDATE)),
    ("update_config", Shape::Keys(UPDATE)),
];
const PLACEMENT: Keys = &[
    ("constraints", Texts),
    ("max_replicas_per_node", Natural),
    ("preferences", Items(&Shape::Keys(&[("spread", Text)]))),
];
const RESTART: Keys =
    &[("condition", Text), ("delay", Duration), ("max_attempts", Natural), ("window", Duration)];
const UPDATE: Keys = &[
    ("delay", Duration),
    ("failure_action", Text),
    ("max_failure_ratio", Number),
    ("monitor", Duration),
    ("order", OneOf(&["start-first", "stop-first"])),
    ("parallelism", Natural),
];

const RESOURCES: Keys = &[("limits", Shape::Keys(LIMITS)), ("reservations", Shape::Keys(RESERVATIONS))];
const LIMITS: Keys = &[("cpus", Number), ("devices", Any), ("memory", Size), ("pids", Whole)];
const RESERVATIONS: Keys = &[
    ("cpus", Number),
    ("devices", Items(&Shape::Keys(GPU))),
    ("generic_resources", Items(&Shape::Keys(GENERIC))),
    ("memory", Size),
];
const GPU: Keys = &[
    ("capabilities", Needed(&Distinct(&Text))),
    ("count", Any),
    ("device_ids", Distinct(&Text)),
    ("driver", Text),
    ("options", Pairs),
];
const GENERIC: Keys = &[("discrete_resource_spec", Shape::Keys(&[("kind", Text), ("value", Number)]))];

const GPU_OF_SERVICE: Keys = &[
    ("capabilities", Distinct(&Text)),
    ("count", Any),
    ("device_ids", Distinct(&Text)),
    ("driver", Text),
    ("options", Pairs),
];
const HOOK: Keys = &[
    ("command", Command),
    ("environment", Pairs),
    ("privileged", Bool),
    ("user", Text),
    ("working_dir", Text),
];

const BLKIO: Keys = &[
    ("device_read_bps", Items(&Shape::Keys(RATE))),
    ("device_read_iops", Items(&Shape::Keys(RATE))),
    ("device_write_bps", Items(&Shape::Keys(RATE))),
    ("device_write_iops", Items(&Shape::Keys(RATE))),
    ("weight", UnquotedCount),
    ("weight_device", Items(&Shape::Keys(&[("path", Text), ("weight", UnquotedCount)]))),
];
const RATE: Keys = &[("path", Text), ("rate", WholeBytes)];

const CREDENTIALS: Keys = &[("config", Text), ("file", Text), ("registry", Text)];
const CONDITIONS: &[&str] = &["service_started", "service_healthy", "service_completed_successfully"];
const DEPENDENCY: Keys = &[("condition", Needed(&OneOf(CONDITIONS))), ("required", Bool), ("restart", Bool)];
const ENDPOINT: Keys = &[
    ("aliases", Texts),
    ("driver_opts", Each(&Plain)),
    ("gw_priority", Unquoted),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", Texts),
    ("mac_address", Text),
    ("priority", Unquoted),
];
const ENV_FILE: Keys = &[("format", Text), ("path", Needed(&Text)), ("required", Bool)];
const ULIMIT: Keys = &[("hard", Needed(&Whole)), ("soft", Needed(&Whole))];

/// A secret or config in a service.
const FILE_IN: Keys = &[("gid", Text), ("mode", Natural), ("source", Text), ("target", Text), ("uid", Text)];

pub(super) const PORT: Keys = &[
    ("app_protocol", Text),
    ("host_ip", Text),
    ("mode", Text),
    ("name", Text),
    ("protocol", Text),
    ("published", TextOrWhole),
    ("target", Needed(&Natural)),
];
pub(super) const MOUNT: Keys = &[
    ("bind", Shape::Keys(BIND)),
    ("consistency", Text),
    ("image", Any),
    ("read_only", Bool),
    ("source", Text),
    ("target", Needed(&Text)),
    ("tmpfs", Shape::Keys(&[("mode", UnquotedCount), ("size", Room)])),
    ("type", Needed(&Text)),
    ("volume", Shape::Keys(&[("labels", Pairs), ("nocopy", Bool), ("subpath", Text)])),
];
const BIND: Keys = &[
    ("create_host_path", Bool),
    ("propagation", Text),
    ("recursive", OneOf(&["enabled", "disabled", "writable", "readonly"])),
    ("selinux", OneOf(&["z", "Z"])),
];
pub(super) const DEVICE: Keys = &[("permissions", Text), ("source", Needed(&Text)), ("target", Text)];

const BUILD: Keys = &[
    ("additional_contexts", Pairs),
    ("args", Pairs),
    ("cache_from", Texts),
    ("cache_to", Texts),
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", Texts),
    ("extra_hosts", Items(&Host)),
    ("isolation", Text),
    ("labels", Pairs),
    ("network", Text),
    ("no_cache", Bool),
    ("no_cache_filter", TextOrList),
    ("platforms", Texts),
    ("privileged", Bool),
    ("provenance", Any),
    ("pull", Bool),
    ("sbom", Any),
    ("secrets", Items(&TextOrKeys(FILE_IN))),
    ("shm_size", WholeBytes),
    ("ssh", Pairs),
    ("tags", Texts),
    ("target", Text),
    ("ulimits", Each(&WholeOrKeys(ULIMIT))),
];

const SERVICE: Keys = &[
    ("annotations", Pairs),
    ("attach", Bool),
    ("blkio_config", Shape::Keys(BLKIO)),
    ("build", Shape::Keys(BUILD)),
    ("cap_add", Texts),
    ("cap_drop", Texts),
    ("cgroup", OneOf(&["host", "private"])),
    ("cgroup_parent", Text),
    ("command", Command),
    ("configs", Items(&TextOrKeys(FILE_IN))),
    ("container_name", Text),
    ("cpu_count", Natural),
    ("cpu_percent", Natural),
    ("cpu_period", Shares),
    ("cpu_quota", Shares),
    ("cpu_rt_period", Shares),
    ("cpu_rt_runtime", Shares),
    ("cpu_shares", Shares),
    ("cpus", Number),
    ("cpuset", Text),
    ("credential_spec", Shape::Keys(CREDENTIALS)),
    ("depends_on", Each(&MaybeKeys(DEPENDENCY))),
    ("deploy", MaybeKeys(DEPLOY)),
    ("develop", MaybeKeys(DEVELOP)),
    ("device_cgroup_rules", Distinct(&Text)),
    ("devices", Items(&Device)),
    ("dns", Texts),
    ("dns_opt", Texts),
    ("dns_search", Texts),
    ("domainname", Text),
    ("entrypoint", Command),
    ("env_file", Items(&TextOrKeys(ENV_FILE))),
    ("environment", Pairs),
    ("expose", Items(&TextOrWhole)),
    ("external_links", Distinct(&Text)),
    ("extra_hosts", Items(&Host)),
    ("gpus", Items(&Shape::Keys(GPU_OF_SERVICE))),
    ("group_add", Distinct(&TextOrWhole)),
    ("healthcheck", Shape::Keys(HEALTHCHECK)),
    ("hostname", Text),
    ("image", Text),
    ("init", Bool),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", Texts),
    ("labels", Pairs),
    ("links", Texts),
    ("logging", Shape::Keys(LOGGING)),
    ("mac_address", Text),
    ("mem_limit", Bytes),
    ("mem_reservation", WholeBytes),
    ("mem_swappiness", Whole),
    ("memswap_limit", Swap),
    ("models", Any),
    ("network_mode", Text),
    ("networks", Each(&MaybeKeys(ENDPOINT))),
    ("oom_kill_disable", Bool),
    ("oom_score_adj", Score),
    ("pid", Text),
    ("pids_limit", Number),
    ("platform", Text),
    ("ports", Items(&Port)),
    ("post_start", Items(&Shape::Keys(HOOK))),
    ("pre_stop", Items(&Shape::Keys(HOOK))),
    ("privileged", Bool),
    ("profiles", Texts),
    ("provider", Any),
    ("pull_policy", Policy),
    ("pull_refresh_after", Text),
    ("read_only", Bool),
    ("restart", Text),
    ("runtime", Text),
    ("scale", Whole),
    ("secrets", Items(&TextOrKeys(FILE_IN))),
    ("security_opt", Distinct(&Text)),
    ("shm_size", Bytes),
    ("stdin_open", Bool),
    ("stop_grace_period", Duration),
    ("stop_signal", Text),
    ("storage_opt", Each(&MaybeTextOrWhole)),
    ("sysctls", Pairs),
    ("tmpfs", Texts),
    ("tty", Bool),
    ("ulimits", Each(&WholeOrKeys(ULIMIT))),
    ("use_api_socket", Bool),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", Items(&Mount)),
    ("volumes_from", Distinct(&Text)),
    ("working_dir", Text),
];

const IPAM: Keys = &[("config", Items(&Shape::Keys(POOL))), ("driver", Text), ("options", Each(&MaybePlain))];
const POOL: Keys =
    &[("aux_addresses", Each(&Scalar)), ("gateway", Text), ("ip_range", Text), ("subnet", Text)];

const NETWORK: Keys = &[
    ("attachable", Bool),
    ("driver", Text),
    ("driver_opts", Each(&Plain)),
    ("enable_ipv4", Bool),
    ("enable_ipv6", Bool),
    ("external", External),
    ("internal", Bool),
    ("ipam", Shape::Keys(IPAM)),
    ("labels", Pairs),
    ("name", Text),
];

const VOLUME: Keys = &[
    ("driver", Text),
    ("driver_opts", Each(&Plain)),
    ("external", External),
    ("labels", Pairs),
    ("name", Text),
];

const FILE: Keys = &[
    ("content", Text),
    ("driver", Text),
    ("driver_opts", Each(&Plain)),
    ("environment", Text),
    ("external", External),
    ("file", Text),
    ("labels", Pairs),
    ("name", Text),
    ("template_driver", Text),
];

pub(super) const SECTIONS: [(&str, Keys); 5] =
    [("services", SERVICE), ("networks", NETWORK), ("volumes", VOLUME), ("secrets", FILE), ("configs", FILE)];
