# shellcheck shell=bash
# run: takes the lock, with what to do under it. Inside, it runs the command in the environment that is up.

# Under the lock, in an environment that is up.
run_inside() {
  [ -z "$force" ] || step_of restart restart_all || exit 3
  local file joined='' line
  for file in "${all_files[@]}"; do joined+="${joined:+$separator}$file"; done
  [ ! -e "$state/override.yml" ] || joined+=$separator$state/override.yml
  export COMPOSE_FILE=$joined COMPOSE_PATH_SEPARATOR=$separator EVENKEEL_PROJECT_ID=$project_id
  local IFS=,
  [ ${#compose_profiles[@]} = 0 ] || export COMPOSE_PROFILES="${COMPOSE_PROFILES:+$COMPOSE_PROFILES,}${compose_profiles[*]}"
  [ ${#all_env_files[@]} = 0 ] || export COMPOSE_ENV_FILES="${all_env_files[*]}"
  IFS=$' \t\n'
  if over_store && [ -z "$no_isolate" ] && [ ! -e "$state/override.yml" ]; then
    say "$environment was set up by another host: its ports are not known here (--fixed-ports keeps those of the files)"
  fi
  if [ -s "$state/ports" ]; then
    while read -r line; do export "${line?}"; done <"$state/ports"
  fi
  local report=()
  if [ -z "$dry" ] && run_dir; then
    clock && printf '%s' "$now_ms" >"$this_run/begun"
    report=(--report "$this_run/usage.json")
  fi
  unset EVENKEEL_RUN
  become dockwatch record --category "$category" --project "$project" "${report[@]}" -- "${words[@]}"
}

restart_all() {
  local service
  docker ps --filter "label=com.docker.compose.project=$project" --format '{{.Label "com.docker.compose.service"}}' >"$work/services" || return
  for service in $(sort -u "$work/services"); do
    run_forwarding_signals restartgate "$service" --project "$project" --force --reason "evenkeel --force-restart" || return
  done
}

# What envlock needs to hold the environment: sets the array 'hold'.
hold_environment() { # PURPOSE
  local images='' setup
  refuse_foreign
  pull_images
  build_images
  quote "${self_command[@]}" "${for_up[@]}" set_up && setup=$quoted
  portable "${self_command[@]}" ${stats:+--stats} take_down
  hold=(--timeout "$wait_for" --purpose "$1"
    --setup-key "files=${project_content:0:12} profile=$profile${images:+ images=$images}${fixed_ports:+ ports=fixed}${no_isolate:+ isolated=no}$user_key"
    --teardown-timeout 10m
    --setup "$setup" --teardown "$quoted")
  [ -n "$dedicated" ] || hold+=(--shared)
  [ -z "$replace" ] || hold+=(--replace)
  [ -z "$restart_if_changed" ] || hold+=(--replace=changed)
  hold_exclusive_parts
}

# What cannot be isolated is said, and locked: whoever uses the same runs before or after.
hold_exclusive_parts() {
  local line of others=:shared
  [ -z "$dry" ] || return 0
  [ -z "$dedicated" ] || others=''
  isolate --explain -o /dev/null 2>"$work/parts" || { cat "$work/parts" >&2 && exit 3; }
  [ -z "$no_isolate" ] || printf 'project %s; only one run at a time of the checkout\n' "$base" >>"$work/parts"
  while read -r line; do
    say "cannot be isolated: ${line#shared: }"
    of=$line
    # Services have other names in other projects.
    [[ $line != *checkout ]] || of+=" $project_id"
    of=$(sha256sum <<<"$of")
    hold+=(--with "evenkeel-part-${of:0:12}$others")
  done < <(grep 'only one run at a time' "$work/parts")
}

# The options that only the set-up needs.
set_options_of_up() {
  for_up=(--start-timeout "$start_timeout" ${fixed_ports:+--fixed-ports} ${no_boost:+--no-boost}
    ${reset:+--reset "$reset"} ${artifacts:+--artifacts "$artifacts"} ${no_artifacts:+--no-artifacts})
}

# portable WORD...: sets 'quoted' to a command that can be run later, by somebody else's process.
portable() {
  local name words=(env "PATH=$PATH")
  for name in DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH NETRA_HOME EVENKEEL_BIN EVENKEEL_COMPOSE; do
    [ -z "${!name:-}" ] || words+=("$name=${!name}")
  done
  quote "${words[@]}" "$@"
}

begin_run() {
  local hold again
  [ -z "$old" ] || remove_old
  [ ${#words[@]} -gt 0 ] || exit 0
  set_options_of_up
  passed_on=("${for_up[@]}" --pull "$pull" ${force:+--force-restart} ${stats:+--stats} ${keep:+--no-cleanup}
    ${replace:+--replace} ${restart_if_changed:+--restart-if-changed} ${strict:+--strict} ${no_check:+--no-check}
    ${linger:+--linger "$linger"})
  again=("${self_command[@]}" "${passed_on[@]}" -- "${words[@]}")
  if [ "$jobs" -gt 1 ]; then
    check_files
    [ -z "$dry" ] || become "${again[@]}"
    run_jobs
  fi
  if [ -n "$dedicated" ] && [ -z "$slot" ]; then
    become envlock --slots "$slots" --timeout "$wait_for" --purpose "evenkeel: ${words[*]}" "$base-slots" -- "${again[@]}"
  fi
  begin_artifacts
  check_files
  reach_engine
  [ -n "$dry" ] || ENVLOCK_VIA=local envlock sweep >/dev/null || :
  hold_environment "evenkeel: ${words[*]}"
  quote "${self_command[@]}" "${passed_on[@]}" finish
  hold+=(--after "$quoted")
  [ -z "$linger" ] || hold+=(--keep-for "$linger")
  if [ -n "$keep" ]; then
    hold+=(--keep)
    quote "${self_command[@]}" down
    say "the environment is kept for debugging; remove it with: $quoted"
  fi
  quote "${self_command[@]}" "${for_up[@]}" reuse
  become envlock "${hold[@]}" --reuse "$quoted" "$environment" -- \
    "${self_command[@]}" "${passed_on[@]}" run_inside -- "${words[@]}"
}

begin_up() {
  local hold
  set_options_of_up
  begin_artifacts
  check_files
  reach_engine
  hold_environment "evenkeel up"
  quote "${self_command[@]}" "${for_up[@]}" finish
  hold+=(--after "$quoted")
  become envlock "${hold[@]}" --keep "$environment" -- true
}

begin_down() {
  local code=0 own=()
  reach_engine
  # No command is taken from a store.
  ! over_store || { portable "${self_command[@]}" take_down && own=(--teardown "$quoted"); }
  run_forwarding_signals envlock down "$environment" --timeout "$wait_for" "${own[@]}" || code=$?
  [ -z "$caught" ] || stop
  [ "$code" = 0 ] || [ "$step" = clean ] || exit "$code"
  # Where nothing is known to be up, something may be left all the same. As a take-down, it cannot be interrupted.
  portable "${self_command[@]}" remove_and_verify
  become envlock --timeout "$wait_for" --purpose "evenkeel $step" --teardown "$quoted" "$environment" -- true
}

remove_old() {
  run_forwarding_signals dockprune --label "netra.env=$NETRA_ENV" --older-than 4h --include-running --volumes
}

# N runs at once, each line of their output with the number of its run in front. The first failure is the exit code.
run_jobs() {
  local job pids=() code=0 one
  for ((job = 1; job <= jobs; job++)); do
    start env --default-signal=INT,QUIT "${self_command[@]}" --slots $((jobs > slots ? jobs : slots)) --no-check "${passed_on[@]}" \
      -- "${words[@]}" > >(sed -u "s/^/[$job] /") 2> >(sed -u "s/^/[$job] /" >&2) </dev/null
  done
  pids=("${children[@]}")
  for job in "${!pids[@]}"; do
    one=0
    await "${pids[job]}" || one=$?
    say "run $((job + 1)) of $jobs: exit $one"
    [ "$code" != 0 ] || code=$one
  done
  [ -z "$caught" ] || stop
  exit "$code"
}
