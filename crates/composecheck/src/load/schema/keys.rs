//! The keys of each section, with the types of their values.

use super::types::ValueType::{
    Any, Bool, Command, ContainerName, Device, Duration, External, FileMode, HealthTest, HostEntry, Int,
    IntOrObject, IntOrSize, KeyValues, ListOf, MapOf, Mount, NonNegativeInt, NonNegativeNumber,
    NonNegativeSize, Number, NumberOrIntText, NumberOrSize, OneOf, OomScore, OptionalObject,
    OptionalTextOrInt, OptionalTextOrNumber, Port, PullPolicy, Required, Scalar, SwapLimit, Text, TextList,
    TextOrBool, TextOrInt, TextOrList, TextOrNumber, TextOrObject, TextOrTexts, TextSize, UniqueListOf,
    UnquotedNonNegative, UnquotedNumber,
};
use super::types::{Keys, ValueType};

const HEALTHCHECK: Keys = &[
    ("disable", Bool),
    ("interval", Duration),
    ("retries", NonNegativeNumber),
    ("start_interval", Duration),
    ("start_period", Duration),
    ("test", HealthTest),
    ("timeout", Duration),
];

const DEVELOP: Keys = &[("watch", ListOf(&ValueType::Object(WATCH)))];
const WATCH: Keys = &[
    ("action", Required(&OneOf(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"]))),
    ("exec", ValueType::Object(HOOK)),
    ("ignore", TextOrTexts),
    ("include", TextOrTexts),
    ("initial_sync", Bool),
    ("path", Required(&Text)),
    ("target", Text),
];

const LOGGING: Keys = &[("driver", Text), ("options", MapOf(&OptionalTextOrNumber))];

const DEPLOY: Keys = &[
    ("endpoint_mode", Text),
    ("labels", KeyValues),
    ("mode", Text),
    ("placement", ValueType::Object(PLACEMENT)),
    ("replicas", NonNegativeInt),
    ("resources", ValueType::Object(RESOURCES)),
    ("restart_policy", ValueType::Object(RESTART)),
    ("rollback_config", ValueType::Object(UPDATE)),
    ("update_config", ValueType::Object(UPDATE)),
];
const PLACEMENT: Keys = &[
    ("constraints", TextList),
    ("max_replicas_per_node", NonNegativeInt),
    ("preferences", ListOf(&ValueType::Object(&[("spread", Text)]))),
];
const RESTART: Keys =
    &[("condition", Text), ("delay", Duration), ("max_attempts", NonNegativeInt), ("window", Duration)];
const UPDATE: Keys = &[
    ("delay", Duration),
    ("failure_action", Text),
    ("max_failure_ratio", Number),
    ("monitor", Duration),
    ("order", OneOf(&["start-first", "stop-first"])),
    ("parallelism", NonNegativeInt),
];

const RESOURCES: Keys =
    &[("limits", ValueType::Object(LIMITS)), ("reservations", ValueType::Object(RESERVATIONS))];
const LIMITS: Keys = &[("cpus", Number), ("memory", TextSize), ("pids", Int)];
const RESERVATIONS: Keys = &[
    ("cpus", Number),
    ("devices", ListOf(&ValueType::Object(GPU))),
    ("generic_resources", ListOf(&ValueType::Object(GENERIC))),
    ("memory", TextSize),
];
const GPU: Keys = &[
    ("capabilities", Required(&UniqueListOf(&Text))),
    ("count", Any),
    ("device_ids", UniqueListOf(&Text)),
    ("driver", Text),
    ("options", KeyValues),
];
const GENERIC: Keys = &[("discrete_resource_spec", ValueType::Object(&[("kind", Text), ("value", Number)]))];

const GPU_OF_SERVICE: Keys = &[
    ("capabilities", UniqueListOf(&Text)),
    ("count", Any),
    ("device_ids", UniqueListOf(&Text)),
    ("driver", Text),
    ("options", KeyValues),
];
const HOOK: Keys = &[
    ("command", Command),
    ("environment", KeyValues),
    ("privileged", Bool),
    ("user", Text),
    ("working_dir", Text),
];

const BLKIO: Keys = &[
    ("device_read_bps", ListOf(&ValueType::Object(RATE))),
    ("device_read_iops", ListOf(&ValueType::Object(RATE))),
    ("device_write_bps", ListOf(&ValueType::Object(RATE))),
    ("device_write_iops", ListOf(&ValueType::Object(RATE))),
    ("weight", UnquotedNonNegative),
    ("weight_device", ListOf(&ValueType::Object(&[("path", Text), ("weight", UnquotedNonNegative)]))),
];
const RATE: Keys = &[("path", Text), ("rate", IntOrSize)];

const CREDENTIALS: Keys = &[("config", Text), ("file", Text), ("registry", Text)];
const CONDITIONS: &[&str] = &["service_started", "service_healthy", "service_completed_successfully"];
const DEPENDENCY: Keys =
    &[("condition", Required(&OneOf(CONDITIONS))), ("required", Bool), ("restart", Bool)];
const ENDPOINT: Keys = &[
    ("aliases", TextList),
    ("driver_opts", MapOf(&TextOrNumber)),
    ("gw_priority", UnquotedNumber),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", TextList),
    ("mac_address", Text),
    ("priority", UnquotedNumber),
];
const EXTENDS: Keys = &[("file", Text), ("service", Required(&Text))];
const MODEL_OF_SERVICE: Keys = &[("endpoint_var", Text), ("model_var", Text)];
const PROVIDER: Keys = &[("options", MapOf(&Any)), ("type", Required(&Text))];
const ENV_FILE: Keys = &[("format", OneOf(&["", "raw"])), ("path", Required(&Text)), ("required", Bool)];
const ULIMIT: Keys = &[("hard", Required(&Int)), ("soft", Required(&Int))];

/// A secret or config of a service.
const FILE_IN: Keys = &[("gid", Text), ("mode", FileMode), ("source", Text), ("target", Text), ("uid", Text)];

pub(super) const PORT: Keys = &[
    ("app_protocol", Text),
    ("host_ip", Text),
    ("mode", Text),
    ("name", Text),
    ("protocol", Text),
    ("published", TextOrInt),
    ("target", Required(&NonNegativeInt)),
];
pub(super) const MOUNT: Keys = &[
    ("bind", ValueType::Object(BIND)),
    ("consistency", Text),
    ("image", ValueType::Object(&[("subpath", Text)])),
    ("read_only", Bool),
    ("source", Text),
    ("target", Required(&Text)),
    ("tmpfs", ValueType::Object(&[("mode", UnquotedNonNegative), ("size", NonNegativeSize)])),
    ("type", Required(&OneOf(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"]))),
    ("volume", ValueType::Object(&[("labels", KeyValues), ("nocopy", Bool), ("subpath", Text)])),
];
const BIND: Keys = &[
    ("create_host_path", Bool),
    ("propagation", Text),
    ("recursive", OneOf(&["enabled", "disabled", "writable", "readonly"])),
    ("selinux", OneOf(&["z", "Z"])),
];
pub(super) const DEVICE: Keys = &[("permissions", Text), ("source", Required(&Text)), ("target", Text)];

const BUILD: Keys = &[
    ("additional_contexts", KeyValues),
    ("args", KeyValues),
    ("cache_from", TextList),
    ("cache_to", TextList),
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", TextList),
    ("extra_hosts", ListOf(&HostEntry)),
    ("isolation", Text),
    ("labels", KeyValues),
    ("network", Text),
    ("no_cache", Bool),
    ("no_cache_filter", TextOrList),
    ("platforms", TextList),
    ("privileged", Bool),
    ("provenance", TextOrBool),
    ("pull", Bool),
    ("sbom", TextOrBool),
    ("secrets", ListOf(&TextOrObject(FILE_IN))),
    ("shm_size", IntOrSize),
    ("ssh", KeyValues),
    ("tags", TextList),
    ("target", Text),
    ("ulimits", MapOf(&IntOrObject(ULIMIT))),
];

const SERVICE: Keys = &[
    ("annotations", KeyValues),
    ("attach", Bool),
    ("blkio_config", ValueType::Object(BLKIO)),
    ("build", ValueType::Object(BUILD)),
    ("cap_add", TextList),
    ("cap_drop", TextList),
    ("cgroup", OneOf(&["host", "private"])),
    ("cgroup_parent", Text),
    ("command", Command),
    ("configs", ListOf(&TextOrObject(FILE_IN))),
    ("container_name", ContainerName),
    ("cpu_count", NonNegativeInt),
    ("cpu_percent", NonNegativeInt),
    ("cpu_period", NumberOrIntText),
    ("cpu_quota", NumberOrIntText),
    ("cpu_rt_period", NumberOrIntText),
    ("cpu_rt_runtime", NumberOrIntText),
    ("cpu_shares", NumberOrIntText),
    ("cpus", Number),
    ("cpuset", Text),
    ("credential_spec", ValueType::Object(CREDENTIALS)),
    ("depends_on", MapOf(&OptionalObject(DEPENDENCY))),
    ("deploy", OptionalObject(DEPLOY)),
    ("develop", OptionalObject(DEVELOP)),
    ("device_cgroup_rules", UniqueListOf(&Text)),
    ("devices", ListOf(&Device)),
    ("dns", TextList),
    ("dns_opt", TextList),
    ("dns_search", TextList),
    ("domainname", Text),
    ("entrypoint", Command),
    ("env_file", ListOf(&TextOrObject(ENV_FILE))),
    ("extends", TextOrObject(EXTENDS)),
    ("environment", KeyValues),
    ("expose", ListOf(&TextOrInt)),
    ("external_links", UniqueListOf(&Text)),
    ("extra_hosts", ListOf(&HostEntry)),
    ("gpus", ListOf(&ValueType::Object(GPU_OF_SERVICE))),
    ("group_add", UniqueListOf(&TextOrInt)),
    ("healthcheck", ValueType::Object(HEALTHCHECK)),
    ("hostname", Text),
    ("image", Text),
    ("init", Bool),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", TextList),
    ("labels", KeyValues),
    ("links", TextList),
    ("logging", ValueType::Object(LOGGING)),
    ("mac_address", Text),
    ("mem_limit", NumberOrSize),
    ("mem_reservation", IntOrSize),
    ("mem_swappiness", Int),
    ("memswap_limit", SwapLimit),
    ("models", MapOf(&OptionalObject(MODEL_OF_SERVICE))),
    ("network_mode", Text),
    ("networks", MapOf(&OptionalObject(ENDPOINT))),
    ("oom_kill_disable", Bool),
    ("oom_score_adj", OomScore),
    ("pid", Text),
    ("pids_limit", Number),
    ("platform", Text),
    ("ports", ListOf(&Port)),
    ("post_start", ListOf(&ValueType::Object(HOOK))),
    ("pre_start", ListOf(&ValueType::Object(HOOK))),
    ("pre_stop", ListOf(&ValueType::Object(HOOK))),
    ("privileged", Bool),
    ("profiles", TextList),
    ("provider", ValueType::Object(PROVIDER)),
    ("pull_policy", PullPolicy),
    ("pull_refresh_after", Text),
    ("read_only", Bool),
    ("restart", Text),
    ("runtime", Text),
    ("scale", NonNegativeInt),
    ("secrets", ListOf(&TextOrObject(FILE_IN))),
    ("security_opt", UniqueListOf(&Text)),
    ("shm_size", NumberOrSize),
    ("stdin_open", Bool),
    ("stop_grace_period", Duration),
    ("stop_signal", Text),
    ("storage_opt", MapOf(&OptionalTextOrInt)),
    ("sysctls", KeyValues),
    ("tmpfs", TextList),
    ("tty", Bool),
    ("ulimits", MapOf(&IntOrObject(ULIMIT))),
    ("use_api_socket", Bool),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volumes", ListOf(&Mount)),
    ("volumes_from", UniqueListOf(&Text)),
    ("working_dir", Text),
];

const IPAM: Keys = &[
    ("config", ListOf(&ValueType::Object(POOL))),
    ("driver", Text),
    ("options", MapOf(&OptionalTextOrNumber)),
];
const POOL: Keys =
    &[("aux_addresses", MapOf(&Scalar)), ("gateway", Text), ("ip_range", Text), ("subnet", Text)];

const NETWORK: Keys = &[
    ("attachable", Bool),
    ("driver", Text),
    ("driver_opts", MapOf(&TextOrNumber)),
    ("enable_ipv4", Bool),
    ("enable_ipv6", Bool),
    ("external", External),
    ("internal", Bool),
    ("ipam", ValueType::Object(IPAM)),
    ("labels", KeyValues),
    ("name", Text),
];

const VOLUME: Keys = &[
    ("driver", Text),
    ("driver_opts", MapOf(&TextOrNumber)),
    ("external", External),
    ("labels", KeyValues),
    ("name", Text),
];

const FILE: Keys = &[
    ("content", Text),
    ("driver", Text),
    ("driver_opts", MapOf(&TextOrNumber)),
    ("environment", Text),
    ("external", External),
    ("file", Text),
    ("labels", KeyValues),
    ("name", Text),
    ("template_driver", Text),
];

const MODEL: Keys =
    &[("context_size", Int), ("model", Required(&Text)), ("name", Text), ("runtime_flags", TextList)];

pub(super) const SECTIONS: [(&str, Keys); 6] = [
    ("services", SERVICE),
    ("networks", NETWORK),
    ("volumes", VOLUME),
    ("secrets", FILE),
    ("configs", FILE),
    ("models", MODEL),
];
