# shellcheck shell=bash
# set_up: starts the environment, under the lock.

set_up() {
  local after=()
  check_room
  refuse_foreign
  step_of clear clear_all || exit 3
  step_of isolate write_override || exit 3
  step_of create create || exit 3
  [ ! -s "$state/boosted" ] || mapfile -t after < <(sed 's/^/--cpus-after=/' "$state/boosted")
  step_of ready run_forwarding_signals restartgate wait --project "$project" --start --timeout "$start_timeout" \
    --call-timeout 20s "${after[@]}" || exit 3
}

# Nobody else's containers and data are taken over, whatever --project says.
refuse_foreign() {
  [ -z "$dry_run" ] || return 0
  look || fail 4 "cannot see what the project $project has: the engine does not list it" "see: docker ps"
  is_ours || fail 3 "cannot use the project $project: it has containers, networks or volumes that are not of $environment" \
    "remove them, or choose another name with --project"
}

# The override makes the run its own: labels, free ports, no fixed names, more CPU for the start.
write_override() {
  [ -z "$no_isolate" ] || return 0
  local options=(--lease "$home/evenkeel/ports" --ports-file "$state/ports" --explain)
  if [ -n "$fixed_ports" ]; then
    options+=(--ports keep)
  else
    options+=(--ports given --offset "${slot:-0}")
  fi
  [ -n "$no_boost" ] || options+=(--boost "$(cpus_for_start)" --boosted-file "$state/boosted")
  if [ -n "$dry_run" ]; then
    show mkdir -p "$state"
    show composecheck isolate "${for_tools[@]}" -p "$project" "${options[@]}" -o "$state/override.yml"
    return
  fi
  # What an earlier run left would be taken for this one's.
  rm -rf "$state"
  mkdir -p "$state"
  isolate "${options[@]}" -o "$state/override.yml"
}

# Half of the machine, so that what others run stays alive.
cpus_for_start() {
  local all
  all=$(nproc 2>/dev/null || echo 2)
  printf '%d' $(((all + 1) / 2))
}

# Builds and pulls have no limit of time, containers are created within two minutes.
create() {
  # Who took the environment down meanwhile has removed the images.
  [ ${#built_services[@]} = 0 ] || stack 0 build --quiet || return
  create_stack 120 up --no-start --no-build --pull never
}

# pull_images: before the lock is taken, so that nobody waits for a download.
pull_images() {
  local image missing=()
  [ "$pull" != never ] && [ -z "$dry_run" ] || return 0
  for image in "${images[@]}"; do
    if [ "$pull" = always ] || is_missing "$image"; then missing+=("$image"); fi
  done
  for image in "${missing[@]}"; do
    say "pulling $image"
    run_forwarding_signals docker pull "$image" >&2 ||
      fail 3 "cannot pull the image $image" "build it, or log in to its registry"
    [ -z "$caught" ] || stop
  done
}

# is_missing IMAGE: not where the engine was merely away.
is_missing() {
  ! docker image inspect "$1" >/dev/null 2>&1 || return 1
  reach_engine
  ! docker image inspect "$1" >/dev/null 2>&1
}

# build_images: builds what the environment runs, before the lock is taken, and sets 'images_hash' to a hash of it: who
# joins an environment must not meet images of other sources.
build_images() {
  [ ${#built_services[@]} -gt 0 ] && [ -z "$dry_run" ] || return 0
  local override=$work/override.yml
  # They get names of the project.
  refuse_foreign
  isolate --ports given -o "$override" || exit 3
  run_forwarding_signals "${compose[@]}" "${for_compose[@]}" -f "$override" -p "$project" build >&2 ||
    fail 3 "cannot build the images" "see the output above"
  [ -z "$caught" ] || stop
  docker image ls -q --no-trunc --filter "label=evenkeel.env=$environment" --filter dangling=false >"$work/images"
  images_hash=$(sort -u "$work/images" | sha256sum)
  images_hash=${images_hash:0:12}
}

# reuse: an environment that was kept is entered again, if it is still ready.
reuse() {
  restartgate wait --project "$project" --timeout 10s >/dev/null || exit
  [ -z "$reset" ] || step_of reset run_forwarding_signals sh -c "$reset"
}
