# shellcheck shell=bash
# The command line and evenkeel.toml.

bad() { fail 2 "${file_of_options:+$file_of_options: }$1" "see: evenkeel --help"; }
file_of_options=''

truth() { # NAME VALUE
  case ${2,,} in
  1 | true | yes | on) true ;;
  0 | false | no | off) false ;;
  *) bad "cannot read $1='$2': it is neither true nor false" ;;
  esac
}

count() { [[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || bad "cannot use '$2' for $1: it is not a number from 1 to 999"; }

duration() {
  [[ $2 =~ ^([0-9]+(\.[0-9]+)?|([0-9]+(\.[0-9]+)?(ms|s|m|h|d) ?)+)$ ]] ||
    bad "cannot use '$2' for $1: it is not a duration such as 90s or 5m"
}

size() { [[ $2 =~ ^[0-9]+(\.[0-9]+)?\ ?([KMGT]i?B|[kmgt]b?)$ ]] || bad "cannot use '$2' for $1: it is not a size such as 4GiB"; }

# Compose refuses other names of projects.
name() { [[ $2 =~ ^[a-z0-9][a-z0-9_-]{0,54}$ ]] || bad "cannot use '$2' for $1: up to 55 of a-z 0-9 _ -, the first a letter or digit"; }

# The nearest evenkeel.toml in this directory or a parent. Nobody else's parent: its options run commands.
find_config() {
  local dir=$PWD
  while [ ! -e "$dir/evenkeel.toml" ]; do
    [ ! -e "$dir/.git" ] && [ "$dir" != / ] || return 1
    dir=${dir%/*} dir=${dir:-/}
    [ -O "$dir" ] || return 1
  done
  printf '%s\n' "$dir/evenkeel.toml"
}

# List options of the command line replace those of evenkeel.toml.
declare -A list_from=()
list() { # NAME VALUE
  local -n values=$1
  [ "${list_from[$1]:-}" = "$origin" ] || values=()
  list_from[$1]=$origin
  local more=("$2")
  # The name of a file may have a comma.
  [ -e "$2" ] || IFS=, read -ra more <<<"$2"
  values+=("${more[@]}")
}

set_defaults() {
  files=() env_files=() compose_profiles=() words=() step=run operand='' config=''
  kind='' lock='' project='' category='' wait_for=10m start_timeout=5m profile=fast budget='' slot='' slots=3 jobs=1
  dedicated='' production='' keep='' linger='' reset='' replace='' restart_if_changed='' force='' stats='' old='' dry=''
  strict='' no_check='' no_isolate='' no_boost='' fixed_ports='' pull='missing' keep_images='' artifacts='' no_artifacts=''
  truth TEST_USE_SHARED_DOCKER "${TEST_USE_SHARED_DOCKER:-true}" || dedicated=1
  if truth TEST_USE_PRODUCTION_IMAGES "${TEST_USE_PRODUCTION_IMAGES:-false}"; then production=1; fi
}

takes_value() {
  case $1 in
  -f | --files | --env-file | --compose-profile | -e | --env | -p | --project | -c | --category | -w | --wait) ;;
  -j | --jobs | --profile | --slot | --slots | --budget | --start-timeout | --linger | --reset | --pull) ;;
  --artifacts | --config | --lock) ;;
  *) false ;;
  esac
}

# parse ORIGIN ARG...
parse() {
  origin=$1
  shift
  local option value
  while [ $# -gt 0 ]; do
    option=$1 value=''
    shift
    if [ "$option" = -- ]; then
      words=("$@")
      break
    fi
    if takes_value "${option%%=*}"; then
      case $option in
      --*=*) value=${option#*=} option=${option%%=*} ;;
      *)
        [ $# -gt 0 ] || bad "cannot read $option: its value is missing"
        value=$1
        shift
        ;;
      esac
    fi
    option_of "$option" "$value"
  done
}

option_of() { # OPTION VALUE
  case $1 in
  -f | --files) list files "$2" ;;
  --env-file) list env_files "$2" ;;
  --compose-profile) list compose_profiles "$2" ;;
  -e | --env) name "$1" "$2" && kind=$2 && [ ${#kind} -le 30 ] || bad "cannot use '$2' for $1: it is longer than 30 letters" ;;
  --lock) name "$1" "$2" && lock=$2 ;;
  -p | --project) name "$1" "$2" && project=$2 ;;
  -c | --category)
    [[ $2 =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] || bad "cannot use '$2' for $1: up to 64 letters, digits, . _ -"
    category=$2
    ;;
  -w | --wait) duration "$1" "$2" && wait_for=$2 ;;
  -j | --jobs) count "$1" "$2" && jobs=$2 dedicated=1 ;;
  --slots) count "$1" "$2" && slots=$2 ;;
  --slot) count "$1" "$2" && slot=$2 dedicated=1 ;;
  --budget) size "$1" "$2" && budget=$2 ;;
  --start-timeout) duration "$1" "$2" && start_timeout=$2 ;;
  --linger) duration "$1" "$2" && linger=$2 ;;
  --reset) reset=$2 ;;
  --artifacts) artifacts=$(realpath -m "$2") ;;
  --config) config=$2 ;;
  --profile)
    [[ $2 =~ ^(fast|durable)$ ]] || bad "cannot use the profile '$2': it is neither fast nor durable"
    profile=$2
    ;;
  --pull)
    [[ $2 =~ ^(missing|always|never)$ ]] || bad "cannot use '$2' for --pull: it is missing, always or never"
    pull=$2
    ;;
  --shared) dedicated='' ;;
  --dedicated) dedicated=1 ;;
  --production) production=1 ;;
  -n | --no-cleanup) keep=1 ;;
  --replace) replace=1 ;;
  --restart-if-changed) restart_if_changed=1 ;;
  --force-restart) force=1 ;;
  --fixed-ports) fixed_ports=1 ;;
  --keep-images) keep_images=1 ;;
  --no-artifacts) no_artifacts=1 ;;
  --no-boost) no_boost=1 ;;
  --no-check) no_check=1 ;;
  --no-isolate) no_isolate=1 ;;
  --strict) strict=1 ;;
  --stats) stats=1 ;;
  --cleanup-old) old=1 ;;
  --dry-run) dry=1 ;;
  -*) bad "cannot read '$1': there is no such option" ;;
  check | up | down | clean | status | init) step=$1 ;;
  run_inside | set_up | reuse | finish | take_down | remove_and_verify) step=$1 ;;
  shim) step=shim ;;
  *)
    [ "$step" = shim ] && [ -z "$operand" ] || bad "cannot read '$1': a command comes after --"
    operand=$1
    ;;
  esac
}

# Prints the value of --config.
config_of() {
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in
    --config=*) printf '%s\n' "${1#*=}" ;;
    --config) printf '%s\n' "${2:-}" ;;
    esac
    shift
  done
}

# The scripts are of the same version as the tools that they are installed with.
show_versions() {
  local tool
  envlock --version | sed 's/^envlock/evenkeel/'
  for tool in envlock dockwatch dockprune restartgate composecheck; do "$tool" --version || exit 3; done
}

read_options() {
  set_defaults
  local from_file=() arg
  for arg in "$@"; do
    case $arg in
    --) break ;;
    -h | --help) cat "$parts/help" || : && exit 0 ;;
    -V | --version) show_versions && exit 0 ;;
    esac
  done
  # Needed before the file is read.
  while read -r arg; do config=$arg; done < <(config_of "$@")
  [ -n "$config" ] || config=$(find_config) || config=none
  if [ "$config" != none ]; then
    arg=$(composecheck project --options "$config" --format args) || exit 2
    [ -z "$arg" ] || mapfile -t from_file <<<"$arg"
    file_of_options=$config
    parse file "${from_file[@]}"
    file_of_options=''
  fi
  parse command "$@"
  [[ $step == run* ]] || [ ${#words[@]} = 0 ] || bad "cannot both run a command and '$step'"
  [ "$step" != run ] || [ ${#words[@]} -gt 0 ] || [ -n "$old" ] || bad "cannot run: no command given"
  [ -z "$keep" ] || [ -z "$linger" ] || bad "cannot both keep the environment (--no-cleanup) and let it linger"
  [ -z "$replace" ] || restart_if_changed=''
  [[ ! $step =~ ^(up|down|clean)$ ]] || [ -z "$dedicated" ] || [ -n "$slot" ] ||
    bad "cannot do '$step' for a dedicated environment: which one is not said; add --slot N"
}
