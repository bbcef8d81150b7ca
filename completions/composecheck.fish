complete -c composecheck -s f -l file -d 'Compose file; repeat to lay one over another [default: compose.yml and its override file]' -r -F
complete -c composecheck -l env-file -d 'File with variables (repeatable) [default: .env beside the first file]' -r -F
complete -c composecheck -l format -d 'How to show the findings' -r -f -a "human\t'For people: the line, underlined, and the fix'
json\t'One JSON object'"
complete -c composecheck -l fail-on -d 'Level from which a finding makes the verdict no' -r -f -a "warning\t'Any finding'
error\t'Errors only'"
complete -c composecheck -l json -d 'Print the report as one JSON object: the same as --format json'
complete -c composecheck -s v -l verbose -d 'Log to stderr what is done (-vv: more, -vvv: all); RUST_LOG overrides'
complete -c composecheck -s h -l help -d 'Print help (see more with \'--help\')'
complete -c composecheck -s V -l version -d 'Print version'
