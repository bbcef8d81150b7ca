# shellcheck shell=bash
# What all scripts share: messages, and where the tools and Compose are. To be sourced, not run.

say() { printf '%s: %s\n' "$me" "$*" >&2 || :; }

# fail CODE MESSAGE [HINT]
fail() {
  say "$2"
  last_words=$2
  [ -z "${3:-}" ] || printf 'hint: %s\n' "$3" >&2
  exit "$1"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Sets the array 'compose' to the Compose command: EVENKEEL_COMPOSE, v2 as a plugin, or a docker-compose in PATH.
find_compose() {
  read -ra compose <<<"${EVENKEEL_COMPOSE:-}"
  [ ${#compose[@]} = 0 ] || return 0
  compose=(docker compose)
  "${compose[@]}" version >/dev/null 2>&1 && return
  compose=(docker-compose)
  have docker-compose
}

# find_tools DIR: puts the tools first in PATH: those of EVENKEEL_BIN, of this checkout's release or debug build, or those
# installed beside DIR (PREFIX/lib/evenkeel).
find_tools() {
  local dir
  for dir in "${EVENKEEL_BIN:-}" "$1/../target/release" "$1/../target/debug" "$1/../../bin"; do
    if [ -n "$dir" ] && [ -x "$dir/envlock" ]; then
      PATH=$(cd "$dir" && pwd):$PATH
      return
    fi
  done
  have envlock
}

use_tools() { find_tools "$1" || fail 3 "cannot find the tools" "run: make build"; }
