# shellcheck shell=bash
# init: what this project is, what a run would do, what stands in its way; writes evenkeel.toml.

init() { # ARG...
  local code=0
  find_compose || say "Docker Compose is missing: install Docker Compose v2"
  find_environment
  env -u COMPOSE_PROJECT_NAME composecheck project "${for_check[@]}" || exit 1
  printf '\nA run would be called %s. It would change, for itself only:\n' "$project"
  isolate --ports given -o /dev/null --explain >"$work/isolated" 2>&1 || code=$?
  sed '/\.labels\./d' "$work/isolated"
  printf '\nWhat is found in the files:\n'
  composecheck "${for_check[@]}" 2>&1 || :
  in_the_way >"$work/in_the_way"
  [ -s "$work/in_the_way" ] || printf 'nothing that could be seen\n' >"$work/in_the_way"
  printf '\nWhat stands in the way, besides:\n' && cat "$work/in_the_way"
  write_config "$@"
}

in_the_way() {
  local code=0 image
  dockwatch check >/dev/null || code=$?
  case $code in
  0) ;;
  4) printf 'no engine answers\n' && return ;;
  *) printf 'the machine has no room now: see dockwatch check\n' ;;
  esac
  for image in "${images[@]}"; do
    docker image inspect "$image" >/dev/null 2>&1 || printf 'the image %s is not here: the first run pulls it\n' "$image"
  done
}

# Where the project is found without --files: there. Else here, where they were named.
write_config() { # ARG...
  local file=$PROJECT_DIR/evenkeel.toml
  [ ${#files[@]} = 0 ] || file=$PWD/evenkeel.toml
  composecheck options --toml "${file%/*}" -- "$@" >"$work/config"
  if [ -n "$dry_run" ]; then
    printf '\n%s would be:\n\n' "$file"
    cat "$work/config"
    return
  fi
  [ ! -e "$file" ] || fail 1 "cannot write $file: it is there already" "edit it, or remove it"
  cp "$work/config" "$file"
  printf '\nwritten: %s\nnow run: evenkeel -- make test\n' "$file"
}
