# shellcheck shell=bash
# What doctor makes of the answers in $work: each judge_… adds one line of the report, and asks nobody.

# Below these, a run is likely to fail.
min_api=1.41
min_disk=$((10 << 30))
min_memory=$((1 << 30))
min_files=1024
min_processes=1000
# How far apart two clocks may be, in seconds.
max_clock=5

judge_all() { # PATH of the user
  judge_place
  judge_tools
  judge_path "$1"
  judge_docker "$1"
  judge_engine
  judge_cgroups
  judge_clock
  judge_compose
  judge_state
  judge_locks
  judge_disk
  judge_memory
  judge_limits
}

# found LEVEL CHECK TEXT [HINT]. Texts of others get no control characters into the report.
found() {
  local hint=${4:-}
  levels+=("$1") checks+=("$2") texts+=("${3//[[:cntrl:]]/ }") hints+=("${hint//[[:cntrl:]]/ }")
}

# code_of NAME: the exit code of an answer; 124 where there was none in time.
code_of() { cat "$work/$1.code" 2>/dev/null || printf 124; }
answer() { cat "$work/$1.out" 2>/dev/null || :; }
complaint() { grep . "$work/$1.err" 2>/dev/null | grep -v '^hint: ' | head -n 1 || :; }

# field NAME ANSWER: the first value of that name in JSON, without quotes; nothing for null.
field() {
  local value
  value=$(answer "$2" | grep -oE "\"$1\":(\"([^\"\\]|\\\\.)*\"|[^],}]*)" | head -n 1) || return 0
  value=${value#*:}
  [ "$value" = null ] || { value=${value#\"} && printf '%s' "${value%\"}"; }
}

# show_size BYTES
show_size() {
  if [ "$1" -lt $((1 << 30)) ]; then
    printf '%d MiB' $(($1 >> 20))
  else
    printf '%d.%d GiB' $(($1 >> 30)) $((($1 % (1 << 30)) * 10 >> 30))
  fi
}

# Sets 'container' to the kind of container that this runs in, or to nothing.
find_container() {
  local one
  container=''
  [ ! -e /.dockerenv ] || container=docker
  [ ! -e /run/.containerenv ] || container=podman
  [ -z "${KUBERNETES_SERVICE_HOST:-}" ] || container=kubernetes
  for one in "${theirs[@]}"; do
    [[ $one != container=?* ]] || container=${one#container=}
  done
}

judge_place() {
  local user device=''
  user=$(id -un 2>/dev/null) || user="user $UID"
  find_container
  { read -r _ && read -r _ _ device _; } < <(answer own) || :
  if [ -z "$container" ]; then
    found ok place "not in a container, as $user"
  elif [ -z "$shared${ENVLOCK_VIA:-}" ] && [ "$device" = "$(stat -c %d /)" ]; then
    found warning place "in a container ($container), as $user: the locks are those of this container alone" \
      "mount the machine's: -v /var/lib/evenkeel:/var/lib/evenkeel, made there by evenkeel-setup"
  else
    found ok place "in a container ($container), as $user"
  fi
}

# Whether all five are there, of one version. Sets 'suite_version'.
judge_tools() {
  local tool first='' missing=() others=() file version
  suite_version=''
  for tool in "${tools[@]}"; do
    version=$(answer "$tool")
    version=${version#"$tool "}
    if ! file=$(command -v "$tool") || [ "$(code_of "$tool")" != 0 ]; then
      missing+=("$tool")
    elif [ -z "$first" ]; then
      first=$version suite_version=${version%% *}
    elif [ "$version" != "$first" ]; then
      others+=("$tool is $version ($file)")
    fi
  done
  if [ ${#missing[@]} -gt 0 ]; then
    found failure tools "missing, or not to be run: ${missing[*]}" "install evenkeel again, or run: make build"
  elif [ ${#others[@]} -gt 0 ]; then
    found failure tools "not of one version: envlock is $first ($(command -v envlock)), $(join_texts "${others[@]}")" \
      "install evenkeel again, and remove the other installation"
  else
    file=$(command -v envlock)
    found ok tools "all five, $first, in ${file%/*}"
  fi
}

join_texts() {
  local text
  printf -v text '%s, ' "$@"
  printf '%s' "${text%, }"
}

# What a user gets who calls a tool by its name: another installation than this one?
judge_path() { # PATH of the user
  local places file here
  file=$(command -v envlock || :)
  here=$(realpath "${file%/*}" 2>/dev/null || :)
  places=$(answer installations | sed -E 's/^(.*) (envlock|dockwatch|dockprune|restartgate|composecheck) (.*)$/\1 \3/' | sort -u)
  if [ -z "$places" ]; then
    found warning PATH "the tools are not in PATH" "add ${here:-their directory} to PATH"
  elif [ "$(grep -c . <<<"$places")" -gt 1 ]; then
    found warning PATH "more than one installation: ${places//$'\n'/, }" "remove all but one, or put one first in PATH"
  elif [ "${places%% *}" != "$here" ]; then
    found warning PATH "evenkeel uses the tools in $here, PATH has those in $places" "put $here first in PATH, or unset EVENKEEL_BIN"
  else
    found ok PATH "the tools are in PATH, once"
  fi
}

# The docker command, and whether the shim stands before it.
judge_docker() { # PATH of the user
  local files file wrapped='' real=''
  files=$(PATH=$1 type -aP docker) || :
  while IFS= read -r file; do
    [ -n "$file" ] || continue
    if [[ $(realpath "$file") = */docker-shim/docker ]]; then
      wrapped=${wrapped:-$file${real:+ (behind)}}
    else
      real=${real:-$file}
    fi
  done <<<"$files"
  if [ -z "$real" ]; then
    found failure docker "there is no docker command in PATH" "install Docker's command line (Debian: docker.io or docker-cli)"
  elif [[ $wrapped = *' (behind)' ]]; then
    found warning docker "$real comes before the wrapper ${wrapped% (behind)}, which is not used" "put ${wrapped%/docker*} first in PATH"
  elif [ -n "$wrapped" ]; then
    found ok docker "$real, wrapped by $wrapped"
  else
    found ok docker "$real, not wrapped"
  fi
}

judge_engine() {
  local host reason kind=Docker api how
  host=$(field host snapshot)
  api=$(field api_version snapshot)
  reason=$(answer snapshot | grep -oE '"reasons":\["([^"\\]|\\.)*"' | sed 's/^"reasons":\["//; s/"$//') || reason=$(complaint snapshot)
  how="context $(answer context)"
  [ -z "${DOCKER_HOST:-}" ] || how=DOCKER_HOST
  if [ "$(code_of snapshot)" = 124 ]; then
    found failure engine "no answer within $patience s" "start the engine again"
  elif [ "$(field reachable snapshot)" != true ]; then
    found failure engine "${reason:-dockwatch cannot be run} ($how)" "start it, again if it hangs, or name another one with DOCKER_HOST"
  elif [ "$(field healthy snapshot)" != true ]; then
    found failure engine "it answers only in part: ${reason:-see dockwatch} ($how)" "start the engine again"
  else
    [[ $(answer components) != *Podman* ]] || kind=Podman
    [[ $(answer info) != *name=rootless* ]] || kind="rootless $kind"
    judge_api "$kind $(field version snapshot), API $api, $host ($how)" "$api"
  fi
}

judge_api() { # TEXT VERSION
  if [ "$(printf '%s\n' "$min_api" "$2" | sort -V | head -n 1)" = "$min_api" ]; then
    found ok engine "$1"
  else
    found warning engine "$1: older than $min_api, the oldest that is tested" "install Docker 20.10 or newer"
  fi
}

# Whether docker told about the engine: 'unknown' is said once, by the engine's own line.
knows_engine() { [ "$(code_of info)" = 0 ] && [ -n "$(field ServerVersion info)" ]; }

judge_cgroups() {
  local text
  knows_engine || { found warning cgroups "unknown: docker info failed" "see the line of the engine" && return; }
  text="version $(field CgroupVersion info), driver $(field CgroupDriver info)"
  if [ "$(field MemoryLimit info)" = false ]; then
    found warning cgroups "$text: the engine cannot limit memory" "enable the memory controller, for a rootless engine by delegation (Delegate=yes)"
  elif [ "$(field PidsLimit info)" = false ]; then
    found warning cgroups "$text: the engine cannot limit processes" "enable the pids controller"
  else
    found ok cgroups "$text"
  fi
}

# The age of what is removed is counted from the engine's times.
judge_clock() {
  local engine apart=0 text
  knows_engine || { found warning clock "the engine's is unknown" "see the line of the engine" && return; }
  engine=$(date -d "$(field SystemTime info)" +%s 2>/dev/null) ||
    { found warning clock "the engine does not say what time it has" "compare it by hand" && return; }
  if [ "$engine" -lt "$(<"$work/before")" ]; then apart=$((engine - $(<"$work/before"))); fi
  if [ "$engine" -gt "$(<"$work/after")" ]; then apart=$((engine - $(<"$work/after"))); fi
  if [ "${apart#-}" -le "$max_clock" ]; then
    found ok clock "the engine's and this one agree"
  else
    text="the engine's is ${apart#-} s"
    if [ "$apart" -lt 0 ]; then text+=' behind'; else text+=' ahead'; fi
    found failure clock "$text" "set both by NTP: dockprune --older-than counts from the engine's times"
  fi
}

judge_compose() {
  local version
  if [ -n "${EVENKEEL_COMPOSE:-}" ]; then
    found ok compose "EVENKEEL_COMPOSE: $EVENKEEL_COMPOSE"
  elif [ "$(code_of compose)" = 0 ]; then
    version=$(answer compose)
    found ok compose "Docker Compose ${version#v}, docker compose"
  elif [ "$(code_of compose_v1)" = 0 ]; then
    version=$(answer compose_v1)
    judge_docker_compose "${version#v}"
  else
    found failure compose "there is no Docker Compose" "install Docker Compose v2 (Debian: docker-compose; elsewhere: docker-compose-plugin)"
  fi
}

judge_docker_compose() { # VERSION
  if [ "${1%%.*}" = 1 ]; then
    found failure compose "Docker Compose $1, docker-compose: version 1 is not maintained, and not supported" "install Docker Compose v2"
  else
    found ok compose "Docker Compose $1, docker-compose"
  fi
}

# What is the user's own: nobody else may write to it.
judge_state() {
  local path mode owner kind
  { read -r path && read -r mode owner _ kind; } < <(answer own) || :
  if [ "$(code_of own)" = 124 ]; then
    found failure state "$own: its file system does not answer" "set NETRA_HOME to a directory on another one"
  elif [ "$path" = "$own" ] && [ "$kind" != directory ]; then
    found failure state "$own is no directory: $kind" "remove it, or set NETRA_HOME to a directory that you own"
  elif [ "$path" = "$own" ] && [ "$owner" != "$EUID" ]; then
    found failure state "$own belongs to user $owner, not to you" "set NETRA_HOME to a directory that you own"
  elif [ "$(code_of own)" != 0 ]; then
    found failure state "$own: $(complaint own)" "set NETRA_HOME to a directory that you own, on a disk with room"
  elif [ "$path" != "$own" ]; then
    found ok state "$own, which the first run makes"
  elif [ "$((8#$mode & 8#22))" != 0 ]; then
    found warning state "$own, mode $mode: others may replace what is in it" "run: chmod 700 $own"
  else
    found ok state "$own, mode $mode, yours"
  fi
}

# What all users share: where it is, and whether the tools accept it.
judge_locks() {
  local path mode owner
  { read -r path && read -r mode owner _; } < <(answer shared) || :
  if ! have envlock; then
    found failure locks "unknown: envlock is missing" "see the line of the tools"
  elif [ "$(code_of locks)" = 124 ]; then
    found failure locks "no answer within $patience s" "set NETRA_HOME to a directory on a file system that answers"
  elif [ "$(code_of locks)" != 0 ]; then
    found failure locks "$(complaint locks)" "$(sed -n 's/^hint: //p' "$work/locks.err" 2>/dev/null | head -n 1)"
  elif [ -n "${ENVLOCK_VIA:-}" ] && [ "$ENVLOCK_VIA" != local ]; then
    found ok locks "in $ENVLOCK_VIA; envlock doctor examines it"
  elif [ -z "$shared" ]; then
    found ok locks "in $own: those of this user alone"
  elif [ "$(code_of shared)" != 0 ]; then
    found failure locks "$shared/locks: $(complaint shared)" "run evenkeel-setup as root, and look for room on its disk"
  elif [ "$mode $owner" != "1777 0" ]; then
    found warning locks "$path, mode $mode, of user $owner: whoever owns it can remove locks" "run evenkeel-setup as root"
  else
    found ok locks "$path, mode $mode, of root: shared by all users"
  fi
}

judge_disk() {
  local free root room device
  free=$(field disk_free_bytes snapshot)
  root=$(field data_root snapshot)
  { read -r _ && read -r _ && read -r device _ _ room _; } < <(answer own) || :
  if [ "${room:-$((min_disk >> 10))}" -lt $((min_memory >> 10)) ]; then
    found warning disk "$device, the state directory's, has $(show_size $((room << 10))) left" "make room"
  elif [ -z "$free" ]; then
    found ok disk "the engine's is not seen from here"
  elif [ "$free" -lt $((min_disk / 10)) ]; then
    found failure disk "$(show_size "$free") left for $root" "make room: docker image prune, dockprune"
  elif [ "$free" -lt "$min_disk" ]; then
    found warning disk "$(show_size "$free") left for $root" "make room: docker image prune, dockprune"
  else
    found ok disk "$(show_size "$free") left for $root"
  fi
}

# Of the machine, and of the container that this runs in.
judge_memory() {
  local total available limit='' file text
  total=$(field mem_total_bytes snapshot)
  available=$(field mem_available_bytes snapshot)
  for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    [ ! -r "$file" ] || { limit=$(<"$file") && break; }
  done
  [ -n "$total" ] || { found ok memory "unknown here" && return; }
  text="$(show_size "$available") of $(show_size "$total") available"
  if [[ $limit =~ ^[0-9]+$ ]] && [ "${#limit}" -lt 18 ] && [ "$limit" -lt "$total" ]; then
    text+=", $(show_size "$limit") for this container"
  fi
  if [ "$available" -lt "$min_memory" ]; then
    found warning memory "$text" "end what uses it: see dockwatch"
  else
    found ok memory "$text"
  fi
}

judge_limits() {
  local files processes most file
  files=$(ulimit -Sn) processes=$(ulimit -Su)
  for file in /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max; do
    [ ! -r "$file" ] || { most=$(<"$file") && break; }
  done
  # The smaller one holds.
  [[ ! ${most:-max} =~ ^[0-9]+$ ]] || [[ $processes =~ ^[0-9]+$ && $processes -lt $most ]] || processes=$most
  if [[ $files =~ ^[0-9]+$ && $files -lt $min_files ]]; then
    found warning limits "$files open files a process, $processes processes" "raise it: ulimit -n $min_files"
  elif [[ $processes =~ ^[0-9]+$ && $processes -lt $min_processes ]]; then
    found warning limits "$files open files a process, $processes processes" "raise it: ulimit -u $min_processes, or --pids-limit of this container"
  else
    found ok limits "$files open files a process, $processes processes"
  fi
}
