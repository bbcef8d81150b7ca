# shellcheck shell=bash
# check: what the files will do to the machine, and whether there is room for it.

# Shows the errors and warnings of composecheck; the run is refused with --strict, or where the services may use more than
# the budget.
check_files() {
  [ -z "$no_check" ] || return 0
  local begin code=0 findings=$work/findings check=(composecheck "${for_check[@]}" ${budget:+--budget "$budget"})
  if [ -n "$dry_run" ]; then
    show "${check[@]}"
    return
  fi
  clock && begin=$now_ms
  run_forwarding_signals "${check[@]}" >"$findings" 2>&1 || code=$?
  [ -z "$caught" ] || stop
  # Paragraphs, the last one the sum.
  ! grep -qE '^(error|warning)\[|^composecheck: ' "$findings" || awk -v RS= -v ORS='\n\n' '!/^info/' "$findings" >&2 || :
  if [ "$code" = 1 ] && [ -z "$strict" ] && ! grep -q '^error\[CC105\]' "$findings"; then code=0; fi
  clock
  end_step check $((now_ms - begin)) "$code"
  [ "$code" = 0 ] || keep_output check "$findings"
  [ "$code" = 0 ] || fail 1 "the files are refused" "mend what is shown above${strict:+, or leave --strict out}"
}

# What a run of this category needed before must fit beside what runs now. Environments that are only kept warm make room.
check_room() {
  local room=(dockwatch check --label "netra.env=$NETRA_ENV" --category "$category" --max-memory "$(memory_budget)")
  [ -n "$env" ] || room+=(--max-containers 200 --max-networks 25 --max-volumes 500)
  if [ -z "$dry_run" ] && ! "${room[@]}" >/dev/null 2>&1; then ENVLOCK_VIA=local envlock sweep --idle >/dev/null || :; fi
  step_of room run_forwarding_signals "${room[@]}" --wait "$wait" || exit
}

# The budget, or the machine's memory where none is declared.
memory_budget() {
  local total
  if [ -z "$budget" ] && [ -z "$env" ]; then
    total=$(awk '/^MemTotal:/ { printf "%dKiB", $2 }' /proc/meminfo 2>/dev/null)
  fi
  printf '%s' "${budget:-${total:-4GiB}}"
}

check_all() {
  check_files
  reach_engine
  check_room
}
