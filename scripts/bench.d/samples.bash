# shellcheck shell=bash
# The form in which every script of bench.d leaves what it has measured: tests/src/bin/bench-judge/samples.rs says what the
# lines are. To be sourced, not run.

results_dir=${CARGO_TARGET_DIR:-$root/target}/bench
# The turn that samples belong to. What is measured in one turn met the same disturbances.
turn=0

# begin TOOL BINARY [WHAT]: starts the file of a tool; WHAT else the figures depend on, such as an engine.
begin() {
  local version
  version=$("$2" --version)
  results=$results_dir/$1.tsv
  mkdir -p "$results_dir"
  printf 'about\t%s\t%s; %s%s\n' "$1" "$version" "$(machine)" "${3:+; $3}" >"$results.new"
}

# Only a script that has come to its end replaces what an earlier one measured.
finish() { mv "$results.new" "$results"; }

machine() {
  local model
  model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
  printf '%s, %s x %s, Linux %s' "$(date -u +%F)" "$(nproc)" "${model:-$(uname -m)}" "$(uname -r)"
}

engine_version() { printf 'Docker %s' "$(docker version --format '{{.Server.Version}}')"; }

# row ID BAR UNIT TITLE [PEER [OURS]]: declares a comparison. BAR is what ours may be at most: 0.9x or 1/150 of the peer,
# 200 in UNIT, or - for a row that is only shown, such as the limit that the machine sets. OURS names what is measured where
# it is not the tool.
row() { printf 'row\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$4" "${6:-}" "${5:-}" "$3" "$2" >>"$results.new"; }

# sample ID ours|peer VALUE...: adds samples of this turn.
sample() {
  local id=$1 side=$2
  shift 2
  [ $# = 0 ] || printf "sample\t$id\t$side\t$turn\t%s\n" "$@" >>"$results.new"
}

# growth ID UNIT TITLE [BAR]: declares a figure by size; BAR is the largest exponent.
growth() { printf 'growth\t%s\t%s\t%s\t%s\n' "$1" "$3" "$2" "${4:-1.1}" >>"$results.new"; }

# grown ID SIZE VALUE
grown() { printf 'grown\t%s\t%s\t%s\n' "$1" "$2" "$3" >>"$results.new"; }

# times RUNS COMMAND [OPTION...]: milliseconds that each run of a command takes, one a line, by hyperfine.
times() {
  local json
  json=$(mktemp)
  hyperfine -N -i --style none --runs "$1" --export-json "$json" "${@:3}" "$2" >/dev/null 2>&1 || { rm -f "$json"; return 1; }
  jq '.results[0].times[] * 1000' "$json"
  rm -f "$json"
}

# timed ID SIDE RUNS COMMAND [OPTION...]: samples of that.
timed() {
  local values
  mapfile -t values < <(times "$3" "$4" "${@:5}")
  [ ${#values[@]} != 0 ] || fail 3 "cannot measure $1: $4 does not run"
  sample "$1" "$2" "${values[@]}"
}

median() { sort -g | awk '{ v[NR] = $1 } END { print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# Milliseconds since microseconds that $EPOCHREALTIME gave.
since() { awk -v us=$((${EPOCHREALTIME/[.,]/} - $1)) 'BEGIN { printf "%.3f", us / 1000 }'; }
now() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }

# once ID SIDE COMMAND...: a sample of one run, in milliseconds; also in 'took'.
once() {
  local id=$1 side=$2 begin
  shift 2
  begin=$(now)
  "$@" >/dev/null
  took=$(since "$begin")
  sample "$id" "$side" "$took"
}
