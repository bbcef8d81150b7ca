# shellcheck shell=bash
# What several steps ask of the engine.

# Exits where the engine is out of reach or hangs; dockwatch says which. One that hangs, or whose socket nobody listens at,
# may be about to come back: it is waited for.
reach_engine() {
  local begin
  [ -z "$dry_run" ] && ! engine_answers || return 0
  may_come_back || { cat "$work/engine" >&2 && exit 4; }
  say "the engine does not answer: waiting for it, 30 s at most"
  clock && begin=$now_ms
  until engine_answers; do
    clock
    [ $((now_ms - begin)) -lt 30000 ] || { cat "$work/engine" >&2 && exit 4; }
    sleep 0.5
  done
}

engine_answers() {
  local code=0
  dockwatch check >/dev/null 2>"$work/engine" || code=$?
  [ -z "$caught" ] || stop
  [ "$code" != 4 ]
}

# may_come_back: whether it is there, by what dockwatch said of an engine that does not answer.
may_come_back() {
  grep -q hangs "$work/engine" || { grep -q 'Connection refused' "$work/engine" && grep -q 'unix://' "$work/engine"; }
}

# Names the owner of each port that is taken.
explain_ports() {
  local port
  { grep -oE ':[0-9]+:? (failed: port is already allocated|bind: address already in use)|use port [0-9]+' "$1" || :; } |
    grep -oE '[0-9]+' | sort -u | while read -r port; do
    say "port $port is taken by $(owner_of "$port")"
  done
}

owner_of() {
  local owner
  owner=$(docker ps --filter "publish=$1" --format 'the container {{.Names}}' | head -n 1)
  [ -n "$owner" ] || owner=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -nE 's/.*\(\("([^"]*)",pid=([0-9]+).*/\1 (pid \2)/p' | head -n 1)
  printf '%s' "${owner:-a process that this user may not see}"
}

# over_store: whether other hosts use the locks too, as envlock reads ENVLOCK_VIA.
over_store() { [ -n "${ENVLOCK_VIA:-}" ] && [ "$ENVLOCK_VIA" != local ]; }

# Locks belong to an engine: without a name for it, two engines would have one environment.
check_store() {
  ! over_store || [[ $ENVLOCK_VIA =~ ^[a-z]+://[^/]+/+[^/] ]] ||
    fail 2 "cannot use ENVLOCK_VIA=$ENVLOCK_VIA: it does not say which engine the environments are on" \
      "name the engine at its end, alike on all hosts that use it: etcd://HOST:PORT/ENGINE"
}

# stack SECONDS ARG...: calls Compose. An engine that hangs must not keep the lock for ever.
stack() {
  stack_call "$@"
  run_forwarding_signals "${call[@]}"
}

# create_stack SECONDS ARG...: what the engine has been asked to create, and has not answered yet when Compose ends, would
# appear after the take-down.
create_stack() {
  stack_call "$@"
  run_deferring_signals "${call[@]}"
}

stack_call() {
  local override=()
  [ ! -e "$state/override.yml" ] || override=(-f "$state/override.yml")
  call=(timeout -k 5 "$1" "${compose[@]}" "${for_compose[@]}" "${override[@]}" -p "$project" "${@:2}")
}

# look: lists, all at once, what has the project's name or the environment's label, into files in $work. Fails where a list
# cannot be had: with 124 where the engine hangs.
look() {
  local of_project="label=com.docker.compose.project=$project" of_environment="label=evenkeel.env=$environment"
  local environment_of='{{.Label "evenkeel.env"}}' pids=() code=0 pid
  docker ps -a --no-trunc --filter "$of_project" --format "$environment_of {{.Mounts}}" >"$work/containers" &
  pids+=($!)
  docker ps -a --no-trunc --filter "$of_environment" --format "$environment_of {{.Mounts}}" >"$work/labelled" &
  pids+=($!)
  docker network ls --filter "$of_project" --format "$environment_of " >"$work/networks" &
  pids+=($!)
  docker volume ls --filter "$of_project" --format "$environment_of " >"$work/volumes" &
  pids+=($!)
  docker image ls -q --filter "$of_environment" >"$work/built" &
  pids+=($!)
  for pid in "${pids[@]}"; do await "$pid" || code=$?; done
  return "$code"
}

# is_ours: whether all that 'look' has found under the project's name is of this environment.
is_ours() {
  [ -n "$no_isolate" ] || ! cut -d ' ' -f 1 "$work"/{containers,networks,volumes} | grep -qvxF "$environment"
}

# The caller holds the lock. An engine that hangs is waited for as long as before the run (reach_engine).
clear_all() {
  local scope
  for scope in "${scopes[@]}"; do
    run_forwarding_signals dockprune "$scope" --older-than 0s --include-running --volumes --ignore-locks \
      --call-timeout 30s || return
  done
}

isolate() { # ARG...
  composecheck isolate "${for_tools[@]}" -p "$project" --label "netra.env=$NETRA_ENV" --label "evenkeel.env=$environment" "$@"
}
