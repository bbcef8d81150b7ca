# shellcheck shell=bash
# Running commands: signals reach them once, steps are timed and shown where they fail, --dry-run only prints.

# quote WORD...: sets 'quoted' to a line for a shell.
quote() {
  local word mark="'"
  quoted=''
  for word in "$@"; do
    # Any shell reads this, in any locale.
    [[ $word =~ ^[A-Za-z0-9_./:=@%+,-]+$ ]] || word="'${word//$mark/$mark\\$mark$mark}'"
    quoted+="${quoted:+ }$word"
  done
}

show() {
  quote "$@"
  printf '%s\n' "$quoted"
}

# become CMD...: replaces this script; signals then reach CMD directly.
become() {
  if [ -n "$dry_run" ]; then
    show env ${EVENKEEL_SETTINGS:+"EVENKEEL_SETTINGS=$EVENKEEL_SETTINGS"} "$@"
    exit
  fi
  rm -rf "$work"
  trap - EXIT HUP INT PIPE QUIT TERM
  [ ${#theirs[@]} = 0 ] || exec env "${theirs[@]}" "$@"
  exec "$@"
}

# stop_or_exit CODE: after a command that failed: by the signal that has ended it, if it was one.
stop_or_exit() {
  [ -z "$caught" ] || stop
  exit "$1"
}

# Runs a command with the user's variables.
with_theirs() {
  [ ${#theirs[@]} = 0 ] || exec env "${theirs[@]}" "$@"
  exec "$@"
}

# Starts a command in a session of its own, so that it gets a signal once: from on_signal, and as SIGTERM, because bash
# starts background commands with SIGINT ignored.
start() {
  starting=1
  with_theirs setsid "$@" <&0 &
  children+=($!)
  # A signal that came before the command's pid was known.
  [ -z "$caught" ] || [ -n "$deferred" ] || kill -s TERM "$!" 2>/dev/null || :
}

# Waits for a started command and returns its exit code. A signal interrupts 'wait' before the command has ended.
await() { # PID
  local code
  while :; do
    code=0
    wait "$1" || code=$?
    kill -0 "$1" 2>/dev/null || return "$code"
  done
}

# Runs a command; with --dry-run prints it.
run_forwarding_signals() {
  if [ -n "$dry_run" ]; then show "$@"; else query "$@"; fi
}

# Runs a command that gets a signal only after ten seconds more, in which it may end by itself.
run_deferring_signals() {
  local code=0 end
  if [ -n "$dry_run" ]; then show "$@" && return; fi
  deferred=1
  start "$@"
  wait "$!" || code=$?
  if [ -n "$caught" ]; then
    clock && end=$((now_ms + 10000))
    while kill -0 "$!" 2>/dev/null && [ "$now_ms" -lt "$end" ]; do sleep 0.05 || :; clock; done
    kill -s TERM "$!" 2>/dev/null || :
    await "$!" || code=$?
  fi
  children=() starting='' deferred=''
  return "$code"
}

# query CMD...: runs a command that changes nothing, also with --dry-run.
query() {
  local code=0
  start "$@"
  await "$!" || code=$?
  children=() starting=''
  return "$code"
}

# clock: sets 'now_ms', milliseconds since boot.
clock() {
  local uptime
  read -r uptime _ </proc/uptime
  now_ms=$((10#${uptime/./} * 10))
}

# step_of NAME CMD...: runs a step quietly, says how long it took, and shows what it printed if it fails.
step_of() {
  local name=$1 begin code=0
  shift
  if [ -n "$dry_run" ]; then
    "$@"
    return
  fi
  local output=$work/$name
  clock && begin=$now_ms
  "$@" >"$output" 2>&1 || code=$?
  [ -z "$caught" ] || stop
  clock
  end_step "$name" $((now_ms - begin)) "$code"
  if [ "$code" != 0 ]; then
    keep_output "$name" "$output"
    say "$name failed with exit $code:"
    cat "$output" >&2 || :
    explain_ports "$output"
  fi
  return "$code"
}

# end_step NAME MS CODE
end_step() {
  printf '%-10s %8d ms  exit %d\n' "$@" >&2 || :
  record_step "$@"
}

# A call of an engine that hangs ends, too.
docker() { timeout -k 1 20 docker "$@"; }
