//! Starting and minding commands on Windows.
