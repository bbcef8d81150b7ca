# shellcheck shell=bash
# What several steps ask of the engine.

# Exits where the engine is out of reach or hangs; dockwatch says which, within seconds.
reach_engine() {
  local code=0
  [ -n "$dry" ] || dockwatch check >/dev/null || code=$?
  [ "$code" != 4 ] || exit 4
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

# An engine that hangs must not keep the lock for ever.
stack() { # SECONDS ARG...
  local seconds=$1
  shift
  run_forwarding_signals timeout -k 5 "$seconds" "${compose[@]}" "${for_compose[@]}" -p "$project" "$@"
}

# Of the environment is what has its label. Only files that are started as they are have nothing but the project's name.
scopes=()
set_scopes() { scopes=("--label=evenkeel.env=$environment" ${no_isolate:+"--project=$project"}); }

# is_foreign: whether something has the project's name and was not started by evenkeel, or is another environment's.
is_foreign() {
  local list found=$work/foreign
  [ -z "$dry" ] && [ -z "$no_isolate" ] || return 1
  for list in 'ps -a' 'network ls' 'volume ls'; do
    # shellcheck disable=SC2086  # two words
    docker $list --filter "label=com.docker.compose.project=$project" --format 'environment {{.Label "evenkeel.env"}}' || return
  done >"$found"
  grep -qvxF "environment $environment" "$found"
}

# The caller holds the lock.
clear_all() {
  local scope
  set_scopes
  for scope in "${scopes[@]}"; do
    run_forwarding_signals dockprune "$scope" --older-than 0s --include-running --volumes --ignore-locks || return
  done
}

isolate() { # ARG...
  "${in_check[@]}" composecheck isolate "${for_check[@]}" -p "$project" --label "netra.env=$NETRA_ENV" --label "evenkeel.env=$environment" "$@"
}
