# shellcheck shell=bash
# run: takes the lock, with what to do under it. Inside, it runs the command in the environment that is up.

# Under the lock, in an environment that is up.
run_inside() {
  [ -z "$force_restart" ] || step_of restart restart_all || exit 3
  local line joined=$COMPOSE_FILE IFS=,
  [ ! -e "$state/override.yml" ] || joined+=$COMPOSE_PATH_SEPARATOR$state/override.yml
  export COMPOSE_FILE=$joined COMPOSE_PATH_SEPARATOR EVENKEEL_PROJECT_ID=$PROJECT_ID
  [ ${#compose_profile[@]} = 0 ] || export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}${compose_profile[*]}"
  [ ${#env_file[@]} = 0 ] || export COMPOSE_ENV_FILES
  IFS=$' \t\n'
  if over_store && [ -z "$no_isolate" ] && [ ! -e "$state/override.yml" ]; then
    say "$environment was set up by another host: its ports are not known here (--fixed-ports keeps those of the files)"
  fi
  if [ -s "$state/ports" ]; then
    while read -r line; do export "${line?}"; done <"$state/ports"
  fi
  local report=()
  if [ -z "$dry_run" ] && run_dir; then
    clock && printf '%s' "$now_ms" >"$this_run/begun"
    report=(--report "$this_run/usage.json")
  fi
  unset EVENKEEL_RUN EVENKEEL_SETTINGS
  become dockwatch record --category "$category" --project "$project" "${report[@]}" -- "${words[@]}"
}

restart_all() {
  local service
  docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}}' \
    >"$work/services" || return
  for service in $(sort -u "$work/services"); do
    run_forwarding_signals restartgate "$service" --project "$project" --force --reason "evenkeel --force-restart" || return
  done
}

begin_run() {
  if [ -n "$cleanup_old" ]; then
    run_forwarding_signals dockprune --label "netra.env=$NETRA_ENV" --older-than 4h --include-running --volumes
    [ ${#words[@]} -gt 0 ] || exit 0
  fi
  begin_artifacts
  check_files
  [ "${jobs:-1}" -le "$slots" ] || slots=$jobs
  local in_slot=(envlock --slots "$slots" --timeout "$wait" --purpose "evenkeel: ${words[*]}" "$base-slots"
    -- "$self" step run_locked -- "${words[@]}")
  if [ "${jobs:-1}" -gt 1 ] && [ -z "$dry_run" ]; then
    run_jobs
  elif [ -n "$dedicated" ] && [ -z "$slot" ]; then
    become "${in_slot[@]}"
  else
    run_locked
  fi
}

# N runs at once, each line of their output with the number of its run in front. The first failure is the exit code.
run_jobs() {
  local job pids=() code=0 one
  end_artifacts
  for ((job = 1; job <= jobs; job++)); do
    start env --default-signal=INT,QUIT "${in_slot[@]}" \
      > >(sed -u "s/^/[$job] /") 2> >(sed -u "s/^/[$job] /" >&2) </dev/null
  done
  pids=("${children[@]}")
  for job in "${!pids[@]}"; do
    one=0
    await "${pids[job]}" || one=$?
    say "run $((job + 1)) of $jobs: exit $one"
    [ "$code" != 0 ] || code=$one
  done
  stop_or_exit "$code"
}

# The files are checked, and a dedicated environment has its slot.
run_locked() {
  local hold
  hand_on
  begin_artifacts
  reach_engine
  [ -n "$dry_run" ] || ENVLOCK_VIA=local envlock sweep >/dev/null || :
  hold_environment "evenkeel: ${words[*]}"
  step_line reuse
  hold+=(--reuse "$quoted")
  [ -z "$linger" ] || hold+=(--keep-for "$linger")
  if [ -n "$no_cleanup" ]; then
    hold+=(--keep)
    clean_line
    say "the environment is kept for debugging; remove it with: $quoted"
  fi
  become envlock "${hold[@]}" "$environment" -- "$self" step run_inside -- "${words[@]}"
}

begin_up() {
  local hold
  begin_artifacts
  check_files
  reach_engine
  hold_environment "evenkeel up"
  become envlock "${hold[@]}" --keep "$environment" -- true
}

begin_down() {
  local code=0 own=()
  reach_engine
  # No command is taken from a store.
  ! over_store || { portable_step_line take_down && own=(--teardown "$quoted"); }
  run_forwarding_signals envlock down "$environment" --timeout "$wait" "${own[@]}" || code=$?
  [ "$code" = 0 ] || [ "$step" = clean ] || stop_or_exit "$code"
  [ -z "$caught" ] || stop
  # Where nothing is known to be up, something may be left all the same. As a take-down, it cannot be interrupted.
  portable_step_line remove_and_verify
  become envlock --timeout "$wait" --purpose "evenkeel $step" --teardown "$quoted" "$environment" -- true
}

# What envlock needs to hold the environment: sets the array 'hold'.
hold_environment() { # PURPOSE
  local images_hash=''
  pull_images
  build_images
  local key="files=${PROJECT_CONTENT:0:12} profile=$profile${images_hash:+ images=$images_hash}"
  key+="${fixed_ports:+ ports=fixed}${no_isolate:+ isolated=no}$user_key"
  hold=(--timeout "$wait" --purpose "$1" --teardown-timeout 10m --setup-key "$key")
  step_line set_up
  hold+=(--setup "$quoted")
  step_line finish
  hold+=(--after "$quoted")
  portable_step_line take_down
  hold+=(--teardown "$quoted")
  [ -n "$dedicated" ] || hold+=(--shared)
  [ -z "$restart_if_changed" ] || [ -n "$replace" ] || hold+=(--replace=changed)
  [ -z "$replace" ] || hold+=(--replace)
  hold_exclusive_parts
}

# What cannot be isolated is said, and locked: whoever uses the same runs before or after.
hold_exclusive_parts() {
  local line of others=:shared
  [ -z "$dry_run" ] || return 0
  [ -z "$dedicated" ] || others=''
  isolate --explain -o /dev/null 2>"$work/parts" || { cat "$work/parts" >&2 && exit 3; }
  [ -z "$no_isolate" ] || printf 'project %s; only one run at a time of the checkout\n' "$base" >>"$work/parts"
  while read -r line; do
    say "cannot be isolated: ${line#shared: }"
    of=$line
    # Services have other names in other projects.
    [[ $line != *checkout ]] || of+=" $PROJECT_ID"
    of=$(sha256sum <<<"$of")
    hold+=(--with "evenkeel-part-${of:0:12}$others")
  done < <(grep 'only one run at a time' "$work/parts")
}

# These three set 'quoted' to a line for a shell: a step of this run, ...
step_line() { quote "$self" step "$1"; }

# ... a step that can be run later, by somebody else's process, ...
portable_step_line() {
  local name words=(env "PATH=$PATH")
  for name in DOCKER_{HOST,CONTEXT,CONFIG,TLS,TLS_VERIFY,CERT_PATH} NETRA_HOME EVENKEEL_{BIN,COMPOSE,SETTINGS}; do
    [ -z "${!name:-}" ] || words+=("$name=${!name}")
  done
  quote "${words[@]}" "$self" step "$1"
}

# ... and what removes the environment, wherever it is called.
clean_line() {
  quote "$self" --config=none --lock "$base" -p "$base_project" -c "$category" ${slot:+--slot "$slot"} \
    ${no_isolate:+--no-isolate} clean
}
