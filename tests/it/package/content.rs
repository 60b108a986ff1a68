//! What is in the package, and what `make install` puts in place.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::debian_package::{LOWER, current, field, unpack};
use super::unit_file::UnitFile;
use super::{everything, run};
use crate::support::program::PROGRAM;

/// Mode, owner and path of everything in the package.
fn list_content(package: &Path) -> Vec<(String, String, String)> {
    let told = run(Command::new("dpkg-deb").arg("--contents").arg(package));
    let rows = told.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let path = words[5].trim_start_matches('.').to_owned();
        (words[0].to_owned(), words[1].to_owned(), path)
    });
    rows.collect()
}

#[test]
fn the_package_has_program_unit_pages_and_completions_with_the_right_modes() {
    let content = list_content(current());
    let mode = |path: &str| {
        let row = content.iter().find(|(_, _, found)| found == path);
        row.map_or_else(
            || panic!("{path} is missing: {content:#?}"),
            |(mode, _, _)| mode.as_str(),
        )
    };
    assert_eq!(mode("/usr/bin/intune-connector"), "-rwxr-xr-x");
    for path in [
        "/etc/default/intune-connector",
        "/usr/lib/systemd/system/intune-connector.service",
        "/usr/lib/sysusers.d/intune-connector.conf",
        "/usr/share/bash-completion/completions/intune-connector",
        "/usr/share/zsh/vendor-completions/_intune-connector",
        "/usr/share/fish/vendor_completions.d/intune-connector.fish",
        "/usr/share/man/man1/intune-connector.1.gz",
        "/usr/share/man/man1/intune-connector-servers-accept.1.gz",
        "/usr/share/doc/intune-connector/copyright",
        "/usr/share/doc/intune-connector/changelog.gz",
        "/usr/share/doc/intune-connector/INSTALL.md",
    ] {
        assert_eq!(mode(path), "-rw-r--r--", "{path}");
    }
    for (mode, owner, path) in &content {
        assert_eq!(owner, "root/root", "{path}");
        assert!(
            mode.starts_with('d') == path.ends_with('/'),
            "{path} is neither file nor folder"
        );
        assert!(
            matches!(mode.as_str(), "drwxr-xr-x" | "-rw-r--r--" | "-rwxr-xr-x"),
            "{mode} {path}"
        );
        assert!(!path.starts_with("/usr/local") && !path.starts_with("/var"), "{path}");
    }
}

#[test]
fn the_description_of_the_package_is_whole_and_its_settings_are_conffiles() {
    let folder = tempfile::tempdir().unwrap();
    unpack(current(), folder.path());
    let control = |name: &str| std::fs::read_to_string(folder.path().join("DEBIAN").join(name)).unwrap();
    assert_eq!(control("conffiles"), "/etc/default/intune-connector\n");
    assert_eq!(field(current(), "Version"), env!("CARGO_PKG_VERSION").replace('-', "~"));
    let depends = field(current(), "Depends");
    for needed in ["libc6 (>= ", "libssl3", "ca-certificates", "systemd"] {
        assert!(depends.contains(needed), "{depends}");
    }
    for script in ["preinst", "postinst", "prerm", "postrm"] {
        let path = folder.path().join("DEBIAN").join(script);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755, "{script}");
        assert!(!control(script).contains("@VERSION@"), "{script}");
        run(Command::new("sh").arg("-n").arg(&path));
    }
    let sums = Command::new("md5sum")
        .args(["--check", "--quiet", "DEBIAN/md5sums"])
        .current_dir(folder.path())
        .output();
    let sums = sums.unwrap();
    assert!(sums.status.success(), "{}", everything(&sums));
    let lower = Command::new("dpkg")
        .args(["--compare-versions", LOWER, "lt", &field(current(), "Version")])
        .status();
    assert!(lower.unwrap().success());
}

#[test]
fn make_install_takes_prefix_and_destdir_and_keeps_settings() {
    let folder = tempfile::tempdir().unwrap();
    let install = |prefix: &str| {
        run(Command::new("make")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("MAKEFLAGS")
            .args(["--no-print-directory", "install"])
            .args([format!("PROGRAM={PROGRAM}"), format!("PREFIX={prefix}")])
            .arg(format!("DESTDIR={}", folder.path().display())))
    };
    install("/opt/connector");
    let at = |path: &str| folder.path().join(path);
    let unit = UnitFile::read(&at("opt/connector/lib/systemd/system/intune-connector.service"));
    assert_eq!(unit.command_line()[0], "/opt/connector/bin/intune-connector");
    let version = run(Command::new(at("opt/connector/bin/intune-connector")).arg("--version"));
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    for path in [
        "share/zsh/site-functions/_intune-connector",
        "share/man/man1/intune-connector.1.gz",
        "lib/sysusers.d/intune-connector.conf",
    ] {
        assert!(at("opt/connector").join(path).is_file(), "{path}");
    }
    let settings = at("etc/default/intune-connector");
    std::fs::write(&settings, "changed").unwrap();
    install("/opt/connector");
    assert_eq!(std::fs::read_to_string(settings).unwrap(), "changed");
}

#[test]
fn installing_without_a_program_or_with_a_strange_prefix_says_what_to_do() {
    let install = |program: &str, prefix: &str| {
        let mut command = Command::new("installer/install.sh");
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PROGRAM", program)
            .env("PREFIX", prefix);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        everything(&output)
    };
    assert!(install("/nowhere/program", "/usr/local").ends_with("try: make build\n"));
    assert!(install(PROGRAM, "opt").contains("which does not begin with /"));
}

#[test]
fn the_completions_are_scripts_that_their_shell_takes() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = run(Command::new(PROGRAM).args(["completions", shell]));
        assert!(script.contains("broken-glass"), "{shell}");
        let path = folder.path().join(shell);
        std::fs::write(&path, script).unwrap();
        match Command::new(shell).arg("-n").arg(&path).output() {
            Err(_) => writeln!(
                std::io::stderr(),
                "SKIPPED: {shell} is not here, its completions are not parsed"
            )
            .unwrap(),
            Ok(output) => assert!(output.status.success(), "{shell}: {}", everything(&output)),
        }
    }
}

#[test]
fn every_command_has_a_page_with_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    run(Command::new(PROGRAM).arg("man").arg(folder.path()));
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let program = page("intune-connector.1");
    assert!(program.contains("Exit codes:"), "{program}");
    assert!(page("intune-connector-doctor.1").contains("intune\\-connector doctor \\-\\-data DIR"));
    assert!(page("intune-connector-servers-accept.1").starts_with(".ie"));
}
