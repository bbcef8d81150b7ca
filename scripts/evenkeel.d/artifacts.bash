# shellcheck shell=bash
# What can be seen after a run: its steps, and where it failed, what its services said and how they ended.

# begin_artifacts: names this run, for the steps that envlock runs for it.
early=''
begin_artifacts() {
  [ -z "$dry_run" ] || return 0
  early=1
  [ -z "${EVENKEEL_RUN:-}" ] || return 0
  local runs=$home/evenkeel/runs
  export EVENKEEL_RUN
  EVENKEEL_RUN=$(date +%Y%m%dT%H%M%S)-$$
  # A full disk is said by envlock.
  mkdir -p "$runs/$EVENKEEL_RUN" 2>/dev/null || return 0
  remove_what_was_killed "$runs"
}

# What runs that were killed have left is removed after a day: the records of runs, and directories for output whose
# process, named in them, is gone. Links are left alone, and nobody else can make a directory that belongs to us.
remove_what_was_killed() { # RUNS
  local left pid a_day=(-mmin +1440)
  find "$1" -mindepth 1 -maxdepth 1 "${a_day[@]}" -exec rm -rf {} + 2>/dev/null || :
  while IFS= read -r -d '' left; do
    pid=${left##*/evenkeel.}
    kill -0 "${pid%.*}" 2>/dev/null || rm -rf "$left"
  done < <(find "${TMPDIR:-/tmp}" -mindepth 1 -maxdepth 1 -type d -user "$UID" -name 'evenkeel.[0-9]*.??????' \
    "${a_day[@]}" -print0 2>/dev/null)
}

end_artifacts() {
  ! run_dir || rm -rf "$this_run"
  unset EVENKEEL_RUN
  early=''
}

# refused CODE: reports a run that ended before it had the lock.
refused() {
  [ -n "$early" ] && [ "$1" != 0 ] && run_dir || return 0
  if ! grep -qv ' 0$' "$this_run/steps" 2>/dev/null; then
    printf '%s\n' "${last_words:-}" >"$work/refused"
    keep_output refused "$work/refused"
    record_step refused 0 "$1"
  fi
  report '' "$1"
  end_artifacts
}

# The directory of this run; fails outside of one.
run_dir() {
  [ -n "${EVENKEEL_RUN:-}" ] || return 1
  this_run=$home/evenkeel/runs/$EVENKEEL_RUN
  [ -d "$this_run" ]
}

record_step() { # NAME MS CODE
  run_dir || return 0
  printf '%s %d %d\n' "$@" >>"$this_run/steps" 2>/dev/null || :
  [ ! -s "$this_run/junit" ] || write_junit "$(cat "$this_run/junit")" || :
}

# keep_output NAME FILE: the begin and the end of what a step that failed has printed, as text that XML can have.
keep_output() {
  run_dir || return 0
  { head -n 30 "$2" && tail -n +31 "$2" | tail -n 30; } | LC_ALL=C tr -cd '\11\12\40-\176' |
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' >"$this_run/$1.txt" 2>/dev/null || :
}

# finish: after the command, under the lock, before anything is taken down.
finish() {
  local code=${ENVLOCK_EXIT:-0} directory=''
  run_dir || return 0
  [ ! -s "$this_run/begun" ] || { clock && end_step run $((now_ms - $(cat "$this_run/begun"))) "$code"; }
  if [ -n "$artifacts" ] || { [ -z "$no_artifacts" ] && is_failure "$code"; }; then
    directory=${artifacts:+$artifacts${slot:+/$slot}}
    directory=${directory:-$(artifacts_home)/$EVENKEEL_RUN}
    if collect "$directory" "$code"; then
      say "what the services said is in $directory"
    else
      say "cannot save all that the services said in $directory"
    fi
  fi
  report "$directory" "$code"
}

# report DIRECTORY CODE: for GitHub Actions, GitLab and Jenkins, where they run it. The take-down adds its steps.
report() {
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || step_summary "$1" "$2" >>"$GITHUB_STEP_SUMMARY" || :
  if [ -n "${GITLAB_CI:-}${JENKINS_URL:-}" ]; then
    printf '%s' "${artifacts:-$(artifacts_home)}/junit.xml" >"$this_run/junit"
    write_junit "$(cat "$this_run/junit")" || :
  else
    rm -rf "$this_run"
  fi
}

# Somebody who presses Ctrl-C has seen enough.
is_failure() { [ "$1" != 0 ] && [ "$1" != 129 ] && [ "$1" != 130 ] && [ "$1" != 143 ]; }

# In the project, or with the state where that cannot be written.
artifacts_home() {
  local directory=$PROJECT_DIR/.evenkeel
  if mkdir -p "$directory" 2>/dev/null && [ -w "$directory" ]; then
    [ -e "$directory/.gitignore" ] || printf '*\n' >"$directory/.gitignore"
  else
    directory=$home/evenkeel/failed/$environment
    mkdir -p "$directory"
  fi
  printf '%s' "$directory"
}

collect() { # DIRECTORY CODE
  local code=0 old
  mkdir -p "$1" || return
  dockwatch collect --project "$project" --dir "$1" >/dev/null || code=$?
  timeout 10 composecheck config "${for_tools[@]}" >"$1/compose.yml" 2>/dev/null || code=$?
  timeout 5 envlock status "$environment" --json >"$1/lock.json" || code=$?
  [ ! -e "$this_run/usage.json" ] || cp "$this_run/usage.json" "$1" || code=$?
  steps_table "$2" >>"$1/summary.md" || code=$?
  # What went wrong first, if anything did.
  ! grep -q '^# First' "$1/summary.md" || sed '/^| went wrong/,$d' "$1/summary.md" >&2
  # The last five runs are kept.
  if [ -z "$artifacts" ]; then
    find "${1%/*}" -mindepth 1 -maxdepth 1 -type d -name '2*-*' | sort -r | tail -n +6 |
      while read -r old; do rm -rf "$old"; done
  fi
  return "$code"
}

steps_table() { # CODE
  local name ms code
  printf '\n## Steps\n\n| step | ms | exit |\n|---|---|---|\n'
  while read -r name ms code; do printf '| %s | %s | %s |\n' "$name" "$ms" "$code"; done <"$this_run/steps"
  printf '\nThe run of %s ended with %s.\n' "$environment" "$1"
}

step_summary() { # DIRECTORY CODE
  if [ -n "$1" ] && [ -s "$1/summary.md" ]; then cat "$1/summary.md"; else steps_table "$2"; fi
}

write_junit() { # FILE
  local name ms code count=0 failures=0 cases=''
  while read -r name ms code; do
    count=$((count + 1))
    cases+="  <testcase classname=\"evenkeel\" name=\"$name\" time=\"$((ms / 1000)).$(printf %03d $((ms % 1000)))\""
    if [ "$code" = 0 ]; then
      cases+=$'/>\n'
    else
      failures=$((failures + 1))
      cases+="><failure message=\"exit $code\">$(cat "$this_run/$name.txt" 2>/dev/null)</failure></testcase>"$'\n'
    fi
  done <"$this_run/steps"
  mkdir -p "${1%/*}"
  printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="evenkeel %s" tests="%d" failures="%d">\n%s</testsuite>\n' \
    "$environment" "$count" "$failures" "$cases" >"$1"
}
