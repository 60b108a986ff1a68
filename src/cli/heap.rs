//! One heap for all threads. The C library gives each thread a heap of its own and keeps what was freed there, so that a
//! bus which verifies passwords on many threads holds the memory of many passwords, and what strangers can cost has no
//! bound (E8). How many heaps there are is read from the environment before the program's first line, so the program
//! starts itself anew with it, in the same process.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Read by the C library (mallopt(3)).
const HEAPS: &str = "MALLOC_ARENA_MAX";

/// Comes back where the environment says how many heaps there are, or where the program can't be started anew; then it
/// runs as it is, and takes more memory.
pub fn keep_one() {
    if std::env::var_os(HEAPS).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut given = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = given.next() {
        again.arg0(name);
    }
    let failed = again.args(given).env(HEAPS, "1").exec();
    tracing::debug!(error = %failed, "the program could not be started anew");
}
