# shellcheck shell=bash
# take_down and remove_and_verify: nothing of the environment is left, or what is left is named.

take_down() {
  local code=0
  note_what_is_known_only_now || return
  # Compose takes whatever has the project's name.
  if [ ${#for_compose[@]} -gt 0 ] && [ "$unseen" = 0 ] && is_ours; then
    step_of down stack 300 down --volumes --remove-orphans || :
  fi
  remove_rest || code=$?
  [ -z "$stats" ] || show_stats >&2 || :
  return "$code"
}

remove_and_verify() {
  note_what_is_known_only_now || return
  remove_rest
}

# Anonymous volumes carry no label: which ones belong to the environment is known only while its containers are there.
# Images that were built for it carry its label. Fails where the engine hangs: nothing else would be answered.
anonymous=() built=() unseen=0
note_what_is_known_only_now() {
  [ -z "$dry_run" ] || return 0
  look || unseen=$?
  if [ "$unseen" = 124 ]; then
    clean_line
    say "the engine does not answer: $environment is left as it is; the next run removes it, or: $quoted"
    return 4
  fi
  mapfile -t anonymous < <(cut -d ' ' -f 2- "$work"/{containers,labelled} | tr , '\n' | grep -xE '[0-9a-f]{64}' | sort -u)
  [ -n "$keep_images" ] || mapfile -t built < <(sort -u "$work/built")
}

remove_rest() {
  local code=0 what='something is left of'
  step_of clean clear_all || :
  [ ${#built[@]} = 0 ] || docker image rm -f "${built[@]}" >/dev/null 2>&1 ||
    say "cannot remove the images that were built: ${built[*]}"
  step_of verify verify || code=$?
  [ "$code" = 0 ] || [ "$code" = 1 ] || what='cannot see what is left of'
  if [ "$code" != 0 ]; then
    clean_line
    say "$what $environment; remove it with: $quoted"
    return "$code"
  fi
  forget
}

verify() {
  local scope code left found='' volume
  [ -z "$dry_run" ] || return 0
  [ "$unseen" = 0 ] || return 3
  for scope in "${scopes[@]}"; do
    code=0
    left=$(dockprune "$scope" --verify) || code=$?
    [ "$code" -le 1 ] || return 3
    [ "$code" = 0 ] || found+=$left$'\n'
  done
  for volume in "${anonymous[@]}"; do
    left=$(docker volume ls --filter dangling=true --filter "name=$volume" --format 'volume {{.Name}}') || return 3
    found+=${left:+$left$'\n'}
  done
  # For 'dockwatch report'.
  dockwatch record --category "$category" --orphans "$(grep -c . <<<"$found")" || :
  [ -n "$found" ] || return 0
  printf '%s' "$found"
  return 1
}

# Gives the ports back.
forget() {
  [ -z "$dry_run" ] && [ -d "$state" ] || return 0
  composecheck isolate -p "$project" --lease "$home/evenkeel/ports" --release || :
  rm -rf "$state"
}

show_stats() {
  printf '\n'
  envlock history "$environment"
  restartgate status
  dockwatch predict "$category"
}
