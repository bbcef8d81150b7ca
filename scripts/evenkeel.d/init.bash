# shellcheck shell=bash
# init: what this project is, what a run would do, what stands in its way; writes evenkeel.toml.

init() {
  local code=0
  find_compose || say "Docker Compose is missing: install Docker Compose v2"
  read_project
  name_environment
  env -u COMPOSE_PROJECT_NAME composecheck project "${for_check[@]}" || exit 1
  printf '\nA run would be called %s. It would change, for itself only:\n' "$project"
  isolate --ports given -o /dev/null --explain >"$work/isolated" 2>&1 || code=$?
  sed '/\.labels\./d' "$work/isolated"
  printf '\nWhat is found in the files:\n'
  composecheck "${for_check[@]}" 2>&1 || :
  in_the_way
  write_config
}

in_the_way() {
  local code=0 image
  printf '\nWhat stands in the way, besides:\n'
  dockwatch check >/dev/null || code=$?
  case $code in
  0) ;;
  4) printf 'no engine answers\n' && return ;;
  *) printf 'the machine has no room now: see dockwatch check\n' ;;
  esac
  for image in "${project_images[@]}"; do
    docker image inspect "$image" >/dev/null 2>&1 || printf 'the image %s is not here: the first run pulls it\n' "$image"
  done
}

write_config() {
  local file=$project_dir/evenkeel.toml
  if [ -n "$dry" ]; then
    printf '\n%s would be:\n\n' "$file"
    config_text
    return
  fi
  [ ! -e "$file" ] || fail 1 "cannot write $file: it is there already" "edit it, or remove it"
  config_text >"$file"
  printf '\nwritten: %s\nnow run: evenkeel -- make test\n' "$file"
}

config_text() {
  cat <<TOML
# Options of evenkeel for $project_name, each under the name of its long option: see evenkeel --help.

# slots = 3                 # dedicated environments at a time
# start-timeout = "5m"      # longest wait until all services are ready
# linger = "5m"             # keep the environment warm between runs
# reset = "make reset-db"   # what gives a warm environment a clean state
# budget = "4GiB"           # memory that the services may use together
# strict = true             # refuse files with errors
TOML
}
