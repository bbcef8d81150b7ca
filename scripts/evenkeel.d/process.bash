# shellcheck shell=bash
# Running commands: signals reach them once, steps are timed and shown where they fail, --dry-run only prints.

quoted() {
  local word line=''
  for word in "$@"; do line+="${line:+ }$(printf %q "$word")"; done
  printf '%s\n' "$line"
}

# become CMD...: replaces this script; signals then reach CMD directly.
become() {
  if [ -n "$dry" ]; then
    quoted "$@"
    exit
  fi
  trap - HUP INT PIPE QUIT TERM
  exec "$@"
}

# Starts a command in a session of its own, so that it gets a signal once: from on_signal, and as SIGTERM, because bash
# starts background commands with SIGINT ignored.
start() {
  starting=1
  setsid "$@" <&0 &
  children+=($!)
  # A signal that came before the command's pid was known.
  [ -z "$caught" ] || kill -s TERM "$!" 2>/dev/null || :
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
  if [ -n "$dry" ]; then
    quoted "$@"
    return
  fi
  local code=0
  start "$@"
  await "$!" || code=$?
  children=() starting=''
  return "$code"
}

clock() {
  local uptime
  read -r uptime _ </proc/uptime
  printf '%s' "$((10#${uptime/./} * 10))"
}

# step_of NAME CMD...: runs a step quietly, says how long it took, and shows what it printed if it fails.
step_of() {
  local name=$1 begin code=0
  shift
  if [ -n "$dry" ]; then
    "$@"
    return
  fi
  begin=$(clock)
  output=$(mktemp)
  "$@" >"$output" 2>&1 || code=$?
  [ -z "$caught" ] || stop
  end_step "$name" $(($(clock) - begin)) "$code"
  if [ "$code" != 0 ]; then
    say "$name failed with exit $code:"
    cat "$output" >&2 || :
    explain_ports "$output"
  fi
  rm "$output"
  return "$code"
}

# end_step NAME MS CODE
end_step() {
  printf '%-10s %8d ms  exit %d\n' "$@" >&2 || :
  record_step "$@"
}

# A call of an engine that hangs ends, too.
docker() { timeout -k 1 20 docker "$@"; }
