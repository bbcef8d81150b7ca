# shellcheck shell=bash
# down and clean: nothing of the environment is left, or what is left is named.

down() {
  step_of down stack 0 down --volumes --remove-orphans ${remove_images:+--rmi local} || :
  clean
  local code=$?
  [ -z "$stats" ] || show_stats >&2 || :
  return "$code"
}

clean() {
  step_of clean clear_all || :
  local code=0 what='something is left of' remove="dockprune --project $project --older-than 0s --include-running --volumes"
  step_of verify verify || code=$?
  [ "$code" = 0 ] || [ "$code" = 1 ] || what='cannot see what is left of'
  if [ "$code" != 0 ]; then
    say "$what $environment; remove it with: $remove"
    return "$code"
  fi
  forget
}

verify() {
  local scope code=0 left found=''
  for scope in "${scopes[@]}"; do
    if [ -n "$dry" ]; then
      quoted dockprune "$scope" --verify
      continue
    fi
    left=$(dockprune "$scope" --verify) || code=$?
    [ "$code" -le 1 ] || return 3
    [ "$code" = 0 ] || found+=$left$'\n'
    code=0
  done
  [ -z "$dry" ] || return 0
  # For 'dockwatch report'.
  dockwatch record --category "$category" --orphans "$(grep -c . <<<"$found")" || :
  [ -n "$found" ] || return 0
  printf '%s' "$found"
  return 1
}

# Gives the ports back.
forget() {
  [ -z "$dry" ] && [ -d "$state" ] || return 0
  composecheck isolate -p "$project" --lease "$home/evenkeel/ports" --release || :
  rm -rf "$state"
}

show_stats() {
  printf '\n'
  envlock history "$environment"
  restartgate status
  dockwatch predict "$category"
}
