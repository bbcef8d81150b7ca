//! What the manual says beyond the options.

use drydock_common::Exit;
use drydock_common::manual::Manual;

/// The parts of the manual that clap does not know.
pub const MANUAL: Manual = Manual {
    exits: &[
        (Exit::Done, "nothing found at or over --fail-on"),
        (Exit::No, "there are findings at or over --fail-on"),
        (Exit::Usage, "bad arguments"),
        (Exit::Failed, "a file cannot be read or loaded; the message names file, line and column"),
    ],
    examples: &[
        ("composecheck", "Check compose.yml and its override file in this directory"),
        ("composecheck -f base.yml -f test.yml", "Check what the two give together"),
        ("composecheck --fail-on warning --json | jq .findings", "Let any warning fail, for machines"),
        ("composecheck explain CC103", "What a rule finds, why it matters, and what to do"),
    ],
    sections: &[
        (
            "FILES",
            "compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml: the first of these is checked when \
             no file is named, with compose.override.yml or its siblings laid over it.\n\n\
             .env: variables, beside the first file. The environment wins over it.",
        ),
        (
            "LIMITS",
            "Files that use 'extends' or 'include' are refused with exit status 3: what they bring in is not read \
             yet.",
        ),
        (
            "JSON",
            "schema \"composecheck.report/1\", tool_version, at, verdict (\"pass\" or \"fail\"), files (paths in the \
             order given), errors and warnings and infos (counts), findings.\n\n\
             A finding has code, level (\"error\", \"warning\" or \"info\"), subject (such as \"services.db\"), \
             message, fix, file, line, column, end_line, end_column (from 1, in characters), start_byte, end_byte, \
             and related (file, line, column, text). Findings are in the order of files and lines, then by \
             code.\n\n\
             rules --json: schema \"composecheck.rules/1\", tool_version, at, verdict (\"done\"), rules (by code): \
             code, name, level, what, why, example, fix.",
        ),
    ],
};
