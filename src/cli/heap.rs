//! One heap for all threads. The C library gives each thread a heap of its own and keeps what was freed there, so that
//! what one request or one page of devices needed is held as often as there are threads, and what strangers can cost has
//! no bound (E8). How many heaps there are is read from the environment before the program's first line, so the program
//! starts itself anew with it, in the same process.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::output;

/// Read by the C library (mallopt(3)).
const HEAPS: &str = "MALLOC_ARENA_MAX";

/// Comes back where the environment says how many heaps there are. Where the program can't be started anew it runs as it
/// is, which is told: it takes more memory.
pub(crate) fn limit_to_one_heap() {
    if std::env::var_os(HEAPS).is_some() {
        return;
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return print_heap_warning(&error),
    };
    let mut given = std::env::args_os();
    let mut restart = Command::new(program);
    if let Some(name) = given.next() {
        restart.arg0(name);
    }
    print_heap_warning(&restart.args(given).env(HEAPS, "1").exec());
}

fn print_heap_warning(error: &std::io::Error) {
    output::eprint_line(format!(
        "warning: cannot restart the program with a single heap, so the bus uses more memory: {error}\n  \
         try: start it with {HEAPS}=1 in its environment"
    ));
}
