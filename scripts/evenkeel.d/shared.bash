# shellcheck shell=bash
# What several steps ask of the engine.

# Exits where the engine is out of reach or hangs; dockwatch says which, within seconds.
reach_engine() {
  local code=0
  [ -n "$dry_run" ] || dockwatch check >/dev/null || code=$?
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

# An engine that hangs must not keep the lock for ever.
stack() { # SECONDS ARG...
  local override=()
  [ ! -e "$state/override.yml" ] || override=(-f "$state/override.yml")
  run_forwarding_signals timeout -k 5 "$1" "${compose[@]}" "${for_compose[@]}" "${override[@]}" -p "$project" "${@:2}"
}

# is_foreign: whether something has the project's name and was not started by evenkeel, or is another environment's.
is_foreign() {
  local list found=$work/foreign
  [ -z "$dry_run" ] && [ -z "$no_isolate" ] || return 1
  for list in 'ps -a' 'network ls' 'volume ls'; do
    # shellcheck disable=SC2086  # two words
    docker $list --filter "label=com.docker.compose.project=$project" --format 'environment {{.Label "evenkeel.env"}}' || return
  done >"$found"
  grep -qvxF "environment $environment" "$found"
}

# The caller holds the lock.
clear_all() {
  local scope
  for scope in "${scopes[@]}"; do
    run_forwarding_signals dockprune "$scope" --older-than 0s --include-running --volumes --ignore-locks || return
  done
}

isolate() { # ARG...
  composecheck isolate "${for_tools[@]}" -p "$project" --label "netra.env=$NETRA_ENV" --label "evenkeel.env=$environment" "$@"
}
