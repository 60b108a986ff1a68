//! What a test leaves out where the machine lacks something. It is always told, and where nothing may be left out that
//! this machine could do (`NO_SKIPS`, as `.ci/run` sets it) the test fails.

use std::io::Write as _;

use super::accounts::user_id;

const NO_SKIPS: &str = "NO_SKIPS";

/// A tool is missing that `make test` installs.
#[track_caller]
pub fn skip_without_tool(tool: &str, left_out: &str) {
    assert!(
        std::env::var_os(NO_SKIPS).is_none(),
        "{tool} is missing, and {NO_SKIPS} is set: installer/prerequisites.sh tests installs it ({left_out})"
    );
    tell(&format!("SKIPPED without {tool}: {left_out}"));
}

/// Only root could do it. Whether the tests run as root is up to whoever runs them, so this never fails.
pub fn skip_without_root(left_out: &str) {
    assert_ne!(user_id(), 0, "root leaves nothing out: {left_out}");
    tell(&format!("SKIPPED without root: {left_out}"));
}

/// Past the harness, which keeps what passing tests print.
fn tell(what: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{what}").unwrap();
}
