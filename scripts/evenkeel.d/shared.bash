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

# The caller sets a limit of time: an engine that hangs must not keep the lock.
stack() { # SECONDS ARG...
  local seconds=$1
  shift
  run_forwarding_signals timeout -k 5 "$seconds" "${compose[@]}" "${for_compose[@]}" -p "$project" "$@"
}

# Of the environment is what carries the project's name, and what CMD made with the environment's label.
scopes=()
set_scopes() { scopes=("--project=$project" "--label=evenkeel.env=$environment"); }

# The caller holds the lock.
clear_all() {
  local scope
  set_scopes
  for scope in "${scopes[@]}"; do
    run_forwarding_signals dockprune "$scope" --older-than 0s --include-running --volumes --ignore-locks || return
  done
}

isolate() { # ARG...
  composecheck isolate "${for_check[@]}" -p "$project" --label "netra.env=$NETRA_ENV" --label "evenkeel.env=$environment" "$@"
}
