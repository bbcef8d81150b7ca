# shellcheck shell=bash
# run: takes the lock, with what to do under it. Inside, it runs the command in the environment that is up.

# Under the lock, in an environment that is up.
run_inside() {
  [ -z "$force" ] || step_of restart restart_all || exit 3
  local file joined='' line
  for file in "${all_files[@]}"; do joined+="${joined:+$separator}$file"; done
  [ ! -e "$state/override.yml" ] || joined+=$separator$state/override.yml
  export COMPOSE_FILE=$joined COMPOSE_PATH_SEPARATOR=$separator
  if [ -s "$state/ports" ]; then
    while read -r line; do export "${line?}"; done <"$state/ports"
  fi
  local report=()
  if [ -z "$dry" ] && run_dir; then
    clock && printf '%s' "$now_ms" >"$this_run/begun"
    report=(--report "$this_run/usage.json")
  fi
  become dockwatch record --category "$category" --project "$project" "${report[@]}" -- "${words[@]}"
}

restart_all() {
  local service
  for service in $("${compose[@]}" "${for_compose[@]}" -p "$project" config --services); do
    run_forwarding_signals restartgate "$service" --project "$project" --force --reason "evenkeel --force-restart" || return
  done
}

# What envlock needs to hold the environment: sets the array 'hold'.
hold_environment() { # PURPOSE
  local images='' setup
  pull_images
  [ -n "$dedicated" ] || build_images
  quote "${self_command[@]}" "${for_up[@]}" set_up && setup=$quoted
  portable "${self_command[@]}" ${stats:+--stats} take_down
  hold=(--timeout "$wait_for" --purpose "$1"
    --setup-key "files=${project_content:0:12} profile=$profile${images:+ images=$images}$user_key"
    --setup "$setup" --teardown "$quoted")
  [ -n "$dedicated" ] || hold+=(--shared)
  [ -z "$replace" ] || hold+=(--replace)
  [ -z "$restart_if_changed" ] || hold+=(--replace-if-changed)
  local others=:shared
  [ -z "$dedicated" ] || others=''
  if ! is_isolated; then
    say "only one environment of this project at a time: it has parts that cannot be isolated (see: evenkeel init --dry-run)"
    hold+=(--with "$base-alone$others")
  fi
}

# The options that only the set-up needs.
set_options_of_up() {
  for_up=(--start-timeout "$start_timeout" ${fixed_ports:+--fixed-ports} ${no_isolate:+--no-isolate} ${no_boost:+--no-boost}
    ${reset:+--reset "$reset"} ${artifacts:+--artifacts "$artifacts"} ${no_artifacts:+--no-artifacts})
}

# Whether runs of the project can be side by side. If not, what they share is said, and they run one after the other.
is_isolated() {
  [ -z "$dry" ] || return 0
  [ -z "$no_isolate" ] || return 1
  isolate --strict -o /dev/null 2>/dev/null
}

# portable WORD...: sets 'quoted' to a command that can be run later, by somebody else's process.
portable() {
  local name words=(env "PATH=$PATH")
  for name in DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH NETRA_HOME EVENKEEL_BIN EVENKEEL_COMPOSE; do
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
  [ -n "$dry" ] || envlock sweep >/dev/null || :
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
  check_files
  reach_engine
  hold_environment "evenkeel up"
  become envlock "${hold[@]}" --keep "$environment" -- true
}

begin_down() {
  local code=0
  reach_engine
  run_forwarding_signals envlock down "$environment" --timeout "$wait_for" || code=$?
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
