# shellcheck shell=bash
# Whose environment it is: the project as Compose finds it, the environment's name, and how this script calls itself.

# read_project: sets project_name, project_id, project_content, project_dir, project_images, project_built, and
# own_files, the options with which Compose finds the same project from anywhere.
read_project() {
  own_files=() all_files=() all_env_files=()
  # What removes must work where the files cannot be read any more.
  case $step in
  clean | remove_and_verify)
    [ -z "$project" ] || [ -z "${lock:-$kind}" ] || { project_name=$project project_id=$project && return; }
    ;;
  take_down) project_name=$project project_id=$project ;;
  esac
  local given=() file
  # Databases of the reference stack; other projects do not read it.
  if [ "$profile" = fast ]; then POSTGRES_FSYNC=off; else POSTGRES_FSYNC=on; fi
  export NETRA_ENV=${kind:-test} POSTGRES_FSYNC
  for file in "${files[@]}"; do given+=(-f "$file"); done
  for file in "${env_files[@]}"; do given+=(--env-file "$file"); done
  for file in "${compose_profiles[@]}"; do given+=(--compose-profile "$file"); done
  # What we have set for a command of an outer run names that run's project.
  local inner=()
  [ -z "${EVENKEEL_PROJECT_ID:-}" ] || inner=(env -u COMPOSE_PROJECT_NAME -u COMPOSE_FILE -u COMPOSE_PATH_SEPARATOR)
  if [ -n "$production" ]; then
    [ ${#files[@]} -gt 0 ] || bad "cannot use --production: it needs the files, with --files"
    file=$(dirname "${files[0]}")/compose.production.yml
    [ -e "$file" ] || fail 2 "cannot find $file, which --production needs" "name there the images of each service"
    given+=(-f "$file")
  fi
  for_check=("${given[@]}")
  in_check=("${inner[@]}")
  if ! query "${inner[@]}" composecheck project "${given[@]}" ${project:+-p "$project"} --format env >"$work/project"; then
    [ -z "$caught" ] || stop
    [ "$step" != take_down ] || return 0
    [[ ! $step =~ ^(down|clean)$ ]] || fail 1 "cannot tell which environment is meant" "see: envlock status; envlock down NAME"
    exit 1
  fi
  local PROJECT_NAME PROJECT_DIR PROJECT_ID PROJECT_CONTENT PROJECT_IMAGES PROJECT_BUILT
  local COMPOSE_FILE COMPOSE_PATH_SEPARATOR COMPOSE_ENV_FILES=''
  # composecheck quotes the values for a shell.
  # shellcheck disable=SC1091
  . "$work/project"
  project_name=$PROJECT_NAME project_id=$PROJECT_ID project_content=$PROJECT_CONTENT project_dir=$PROJECT_DIR
  read -ra project_images <<<"$PROJECT_IMAGES"
  read -ra project_built <<<"$PROJECT_BUILT"
  separator=$COMPOSE_PATH_SEPARATOR
  [ "$separator" != $'\n' ] && [[ $COMPOSE_FILE != *$'\n'* ]] || fail 2 "cannot use a path with a newline" "rename the directory"
  mapfile -t all_files < <(tr "$separator" '\n' <<<"$COMPOSE_FILE")
  mapfile -t all_env_files < <(tr , '\n' <<<"$COMPOSE_ENV_FILES" | grep .)
  for file in "${all_files[@]}"; do own_files+=(-f "$file"); done
  for file in "${all_env_files[@]}"; do own_files+=(--env-file "$file"); done
  for file in "${compose_profiles[@]}"; do own_files+=(--profile "$file"); done
}

# The environment, its lock and its Compose project have the project's name and a hash of the checkout's path, so that the
# same checkout shares it and another one does not; --env makes another one. On another engine than the machine's own the
# environment's name has a hash of that engine too. A dedicated one has its slot's number at the end.
name_environment() {
  local hash=${project_id##*-} short=${project_id%-*}
  base_project=${project:-${short:0:$((44 - ${#kind}))}${kind:+-$kind}-$hash}
  base=${lock:-$base_project}
  [ -n "$lock" ] || name_for_engine
  if [ -n "$dedicated" ] && [ -z "$slot" ] && envlock held "$base-slots"; then slot=$((ENVLOCK_SLOT + 1)); fi
  environment=$base${slot:+-$slot}
  project=$base_project${slot:+-$slot}
  # Called by a command that runs in an environment of the same project.
  if [ -z "$lock$kind$dedicated" ] && [ "${EVENKEEL_PROJECT_ID:-}" = "$project_id" ] && envlock held "$EVENKEEL_ENV"; then
    environment=$EVENKEEL_ENV project=$COMPOSE_PROJECT_NAME
  fi
  find_home
  state=$home/evenkeel/environments/$environment
  export EVENKEEL_ENV=$environment COMPOSE_PROJECT_NAME=$project
  category=${category:-$project_name}
  for_compose=("${own_files[@]}")
  [ ! -e "$state/override.yml" ] || for_compose+=(-f "$state/override.yml")
  call_self
}

# dockprune takes the lock of this name, too, for what it removes there.
name_for_engine() {
  local code=0
  query dockprune --lock-name "$base" >"$work/base" || code=$?
  [ -z "$caught" ] || stop
  [ "$code" = 0 ] || exit "$code"
  base=$(<"$work/base")
}

# The locks of a state directory that all users share are theirs; everything else is each user's own. The tools tell such a
# directory by the same sign (crates/common/src/state/shared).
find_home() {
  home=${NETRA_HOME:-${HOME:-/}/.netra} user_key=''
  [ -k "${NETRA_HOME:-/var/lib/evenkeel}/locks" ] || return 0
  home=${HOME:-/}/.netra user_key=" user=$UID"
}

# This script again, for the same environment.
call_self() {
  local file
  self_command=("$self" --config=none --lock "$base" -p "$base_project" -c "$category" -w "$wait_for" --profile "$profile")
  for file in "${all_files[@]}"; do self_command+=(-f "$file"); done
  for file in "${all_env_files[@]}"; do self_command+=(--env-file "$file"); done
  for file in "${compose_profiles[@]}"; do self_command+=(--compose-profile "$file"); done
  [ -n "$dedicated" ] && self_command+=(--dedicated --slots "$slots") || self_command+=(--shared)
  self_command+=(${slot:+--slot "$slot"} ${kind:+-e "$kind"} ${budget:+--budget "$budget"} ${keep_images:+--keep-images}
    ${no_isolate:+--no-isolate})
}
