# shellcheck shell=bash
# doctor: what evenkeel rests on here, and what is wrong with it. Asks all at the same time, waits a bounded time for the
# answers, and needs none of what it looks for. What is found out is judged in doctor_judge.bash.

# How long an answer may take, in seconds.
patience=10

doctor() { # PATH of the user
  local levels=() checks=() texts=() hints=() tools=(envlock dockwatch dockprune restartgate composecheck)
  ask_all "$1"
  judge_all "$1"
  if [ -n "$json" ]; then report_json; else report_text; fi
  [[ " ${levels[*]} " != *' failure '* ]] || exit 1
}

# doctor_alone PATH ARG...: as the first word of the command line, so that no tool has to read that.
doctor_alone() {
  json=''
  case "${*:2}" in
  '') ;;
  --json) json=1 ;;
  *) fail 2 "cannot read the command line: doctor takes no arguments but --json" "see: evenkeel --help" ;;
  esac
  doctor "$1"
}

# ask NAME CMD...: starts a command. Its output, errors and exit code will be in $work/NAME.out, .err and .code.
ask() {
  local name=$1
  shift
  {
    local code=0
    timeout -k 1 "$patience" "$@" </dev/null >"$work/$name.out" 2>"$work/$name.err" || code=$?
    printf '%s\n' "$code" >"$work/$name.code"
    printf '\n' >&"$answers"
  } >/dev/null 2>&1 &
  asked=$((asked + 1))
}

ask_all() { # PATH of the user
  local asked=0 answers tool directory
  mkfifo "$work/answers"
  exec {answers}<>"$work/answers"
  find_state
  date +%s >"$work/before"
  ask info docker info --format '{{json .}}'
  ask components docker version --format '{{range .Server.Components}}{{.Name}} {{end}}'
  ask context docker context inspect --format '{{.Name}}'
  ask compose docker compose version --short
  ask compose_v1 docker-compose version --short
  ask snapshot dockwatch --json
  ask locks envlock status --json
  for tool in "${tools[@]}"; do ask "$tool" "$tool" --version; done
  for directory in own shared; do ask_directory "$directory" "${!directory}"; done
  ask_installations "$1"
  await_answers
  exec {answers}>&-
}

# What is asked without an answer, such as of a file system that hangs, is left alone.
await_answers() {
  local end=$((SECONDS + patience + 2))
  while [ "$asked" -gt 0 ] && [ "$SECONDS" -lt "$end" ]; do
    read -r -t $((end - SECONDS)) <&"$answers" || return 0
    asked=$((asked - 1))
  done
  date +%s >"$work/after"
}

# Sets 'own' and 'shared' to the state directories, as the tools find them (crates/common/src/state/home.rs).
find_state() {
  shared=${NETRA_HOME:-/var/lib/evenkeel} own=${NETRA_HOME:-${HOME:-/}/.netra}
  if [ -k "$shared/locks" ]; then
    own=${HOME:-/}/.netra
  else
    shared=''
  fi
}

# ask_directory NAME DIRECTORY: of the directory, or the nearest one above it, where it would be made: path, mode, owner,
# device; whether a file can be made in it (one is, and removed); its disk.
ask_directory() {
  local directory=$2
  [ -n "$directory" ] || return 0
  # shellcheck disable=SC2016  # for the inner shell
  ask "$1" sh -c 'directory=$1
    while [ ! -e "$directory" ] && [ ! -L "$directory" ]; do directory=$(dirname "$directory"); done
    # The locks of all users are in a directory that only root may write to.
    [ "$2" = own ] || directory=$directory/locks
    printf "%s\n%s\n%s\n" "$directory" "$(stat -L -c "%a %u %d %F" "$directory")" "$(df -Pk "$directory" | tail -n 1)"
    file=$(mktemp "$directory/.doctor.XXXXXX") && rm -f "$file"' sh "$directory" "$1"
}

# The versions of the tools that the user's own PATH finds, of every installation in it.
ask_installations() { # PATH of the user
  # shellcheck disable=SC2016  # for the inner shell
  ask installations env PATH="$1" bash -c '
    for tool; do
      type -aP "$tool" | while IFS= read -r file; do
        file=$(realpath "$file")
        printf "%s %s\n" "${file%/*}" "$("$file" --version 2>/dev/null </dev/null || echo "$tool ?")"
      done
    done | sort -u' bash "${tools[@]}"
}

report_text() {
  local at level
  for at in "${!levels[@]}"; do
    case ${levels[at]} in
    ok) level=ok ;;
    warning) level=warn ;;
    failure) level=FAIL ;;
    esac
    printf '%-5s %-9s %s\n' "$level" "${checks[at]}" "${texts[at]}"
    [ -z "${hints[at]}" ] || printf '                hint: %s\n' "${hints[at]}"
  done
}

report_json() {
  local at separator='' version=null verdict=ok
  [ -z "$suite_version" ] || version=\"$suite_version\"
  [[ " ${levels[*]} " != *' warning '* ]] || verdict=warnings
  [[ " ${levels[*]} " != *' failure '* ]] || verdict=failed
  printf '{"schema":"evenkeel.doctor/1","tool_version":%s,"at":"%s","verdict":"%s","checks":[' \
    "$version" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$verdict"
  for at in "${!levels[@]}"; do
    printf '%s{"name":"%s","level":"%s","text":%s,"hint":%s}' "$separator" "${checks[at]}" "${levels[at]}" \
      "$(json_text "${texts[at]}")" "$(json_text "${hints[at]}")"
    separator=,
  done
  printf ']}\n'
}

# json_text TEXT: null where it is empty. It has no control characters (found).
json_text() {
  local text=${1//\\/\\\\}
  if [ -n "$1" ]; then printf '"%s"' "${text//\"/\\\"}"; else printf null; fi
}
