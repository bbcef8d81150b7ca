# shellcheck shell=bash
# What is wanted, and whose environment it is. Read once, and handed on to the steps that envlock runs in EVENKEEL_SETTINGS,
# so that all of them know the same, and a take-down needs no file that may be gone by then.

# The scripts are of the same version as the tools that they are installed with.
show_versions() {
  local tool
  envlock --version | sed 's/^envlock/evenkeel/'
  for tool in envlock dockwatch dockprune restartgate composecheck; do "$tool" --version || exit 3; done
}

# The options, from the command line and evenkeel.toml.
read_options() { # ARG...
  query composecheck options -- "$@" >"$work/options" || stop_or_exit $?
  settings=$(<"$work/options")
  eval "$settings"
  while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
  words=("${@:2}")
}

# The project as Compose finds it: its name, files and images.
read_project() {
  local one
  set_variables
  # What removes must work where the files cannot be read any more.
  if [ "$step" = clean ] && [ -n "$project" ] && [ -n "$lock$env" ]; then
    settings+=$'\n'"PROJECT_NAME=$project PROJECT_ID=$project PROJECT_IMAGES= PROJECT_BUILT="
    settings+=$'\n'"COMPOSE_FILE= COMPOSE_PATH_SEPARATOR=:"
    eval "$settings"
    return
  fi
  for_check=()
  for one in "${files[@]}"; do for_check+=(-f "$one"); done
  for one in "${env_file[@]}"; do for_check+=(--env-file "$one"); done
  for one in "${compose_profile[@]}"; do for_check+=(--compose-profile "$one"); done
  if [ -n "$production" ]; then
    [ ${#files[@]} -gt 0 ] || fail 2 "cannot use --production: no files are named" "name them with --files"
    one=$(dirname "${files[0]}")/compose.production.yml
    [ -e "$one" ] || fail 2 "cannot find $one, which --production needs" "name there the images of each service"
    for_check+=(-f "$one")
  fi
  if ! query composecheck project "${for_check[@]}" ${project:+-p "$project"} --format env >"$work/project"; then
    [[ ! $step =~ ^(down|clean)$ ]] ||
      say "cannot tell which environment is meant"$'\nhint: see: envlock status; envlock down NAME'
    stop_or_exit 1
  fi
  settings+=$'\n'$(<"$work/project")
  eval "$settings"
  [[ $COMPOSE_PATH_SEPARATOR$COMPOSE_FILE != *$'\n'* ]] || fail 2 "cannot use a path with a newline" "rename the directory"
}

# What files can refer to. POSTGRES_FSYNC is for databases such as the reference stack's.
set_variables() {
  export NETRA_ENV=${env:-test} POSTGRES_FSYNC=on
  [ "$profile" != fast ] || POSTGRES_FSYNC=off
}

# The environment, its lock and its Compose project have the project's name and a hash of the checkout's path, so that the
# same checkout shares it and another one does not; --env makes another one. On another engine than the machine's own the
# environment's name has a hash of that engine too: dockprune takes the lock of this name for what it removes there.
name_environment() { # PROJECT of the run that this one was called in
  local short=${PROJECT_ID%-*}
  base_project=${project:-${short:0:$((44 - ${#env}))}${env:+-$env}-${PROJECT_ID##*-}}
  base=${lock:-$base_project}
  if [ -z "$lock" ]; then
    query dockprune --lock-name "$base" >"$work/base" || stop_or_exit $?
    base=$(<"$work/base")
  fi
  # Called by a command that runs in an environment of the same project.
  if [ -z "$lock$env$dedicated" ] && [ "${EVENKEEL_PROJECT_ID:-}" = "$PROJECT_ID" ] && envlock held "$EVENKEEL_ENV"; then
    base=$EVENKEEL_ENV base_project=$1
  fi
  category=${category:-$PROJECT_NAME}
  # The locks of a state directory that all users share are theirs; everything else is each user's own. The tools tell such
  # a directory by the same sign (crates/common/src/state/shared).
  home=${NETRA_HOME:-${HOME:-/}/.netra} user_key=''
  [ ! -k "${NETRA_HOME:-/var/lib/evenkeel}/locks" ] || home=${HOME:-/}/.netra user_key=" user=$UID"
}

# What follows from the settings. A dedicated environment has its slot's number at the end.
use_environment() {
  local one of_files=()
  set_variables
  if [ -n "$dedicated" ] && [ -z "$slot" ] && envlock held "$base-slots"; then slot=$((ENVLOCK_SLOT + 1)); fi
  environment=$base${slot:+-$slot} project=$base_project${slot:+-$slot}
  export EVENKEEL_ENV=$environment COMPOSE_PROJECT_NAME=$project
  state=$home/evenkeel/environments/$environment
  # Of the environment is what has its label. Only files that are started as they are have nothing but the project's name.
  scopes=("--label=evenkeel.env=$environment" ${no_isolate:+"--project=$project"})
  read -ra images <<<"$PROJECT_IMAGES"
  read -ra built_services <<<"$PROJECT_BUILT"
  # The options with which the tools and Compose find the same project from anywhere.
  for_tools=() for_compose=()
  while IFS= read -r one; do of_files+=(-f "$one"); done < <(tr "$COMPOSE_PATH_SEPARATOR" '\n' <<<"$COMPOSE_FILE" | grep .)
  for one in "${env_file[@]}"; do of_files+=(--env-file "$(realpath -m "$one")"); done
  for one in "${compose_profile[@]}"; do for_tools+=(--compose-profile "$one") for_compose+=(--profile "$one"); done
  for_tools+=("${of_files[@]}") for_compose+=("${of_files[@]}")
}

# hand_on: exports what the steps are to know, in one line.
hand_on() {
  local name
  EVENKEEL_SETTINGS=$settings$'\ndry_run='
  for name in base base_project slot category home user_key; do
    printf -v EVENKEEL_SETTINGS '%s\n%s=%q' "$EVENKEEL_SETTINGS" "$name" "${!name}"
  done
  export EVENKEEL_SETTINGS=${EVENKEEL_SETTINGS//$'\n'/;}
}

# Inside a run, the variables that were set for its command name that run's project, not the one that is meant here.
find_environment() {
  local outer_project=${COMPOSE_PROJECT_NAME:-}
  [ -z "${EVENKEEL_PROJECT_ID:-}" ] || unset COMPOSE_PROJECT_NAME COMPOSE_FILE COMPOSE_PATH_SEPARATOR
  read_project
  name_environment "$outer_project"
  use_environment
  hand_on
}
