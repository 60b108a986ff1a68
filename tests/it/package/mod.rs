//! The program as it is installed: by `make install`, and as a Debian package that is installed, runs, is upgraded, and
//! goes. `make package-test` has the same tests work on a bare Debian (`PACKAGE_ROOT`); without one the package goes into
//! an empty folder, its scripts run beside it, and no service manager has a hand in it.

mod content;
mod debian_package;
mod going_back;
mod installed_service;
mod lifecycle;
mod root_folder;
mod store_fixture;
mod unit;
mod unit_file;

use std::process::{Command, Output};

/// Runs a command to its end; what it printed.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", everything(&output));
    everything(&output)
}

fn everything(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
