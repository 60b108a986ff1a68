//! What is in the package, and what `make install` puts in place.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::debian_package::{LOWER, current, field, unpack};
use super::unit_file::UnitFile;
use super::{everything, run};
use crate::support::program::PROGRAM;
use crate::support::skips::skip_without_tool;

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
    let make = |target: &str| {
        run(Command::new("make")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_remove("MAKEFLAGS")
            .args(["--no-print-directory", target])
            .args([format!("PROGRAM={PROGRAM}"), "PREFIX=/opt/connector".to_owned()])
            .arg(format!("DESTDIR={}", folder.path().display())))
    };
    make("install");
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
    make("install");
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), "changed");
    enable_as_told(folder.path());

    make("uninstall");
    assert_eq!(std::fs::read_to_string(&settings).unwrap(), "changed");
    assert_eq!(list_files(&at("opt")), Vec::<String>::new());
}

/// The commands that are told after `make install` name what was installed, and the second one enables the service.
fn enable_as_told(root: &Path) {
    let told = next_steps("/opt/connector", "/home/anna");
    let named = |before: &str| {
        let line = told.lines().find_map(|line| line.trim().strip_prefix(before));
        line.unwrap_or_else(|| panic!("{told}")).to_owned()
    };
    let accounts = named("systemd-sysusers /");
    assert!(root.join(&accounts).is_file(), "{accounts}");
    let unit = named("systemctl enable --now ");
    let mut enable = Command::new("systemctl");
    enable
        .arg(format!("--root={}", root.display()))
        .arg("enable")
        .arg(&unit);
    match enable.output() {
        Err(error) => skip_without_tool("systemctl", &format!("enabling the service: {error}")),
        Ok(output) => {
            assert!(output.status.success(), "{}", everything(&output));
            let wanted = root.join("etc/systemd/system/multi-user.target.wants/intune-connector.service");
            assert!(wanted.symlink_metadata().is_ok(), "{}", everything(&output));
        }
    }
}

fn list_files(folder: &Path) -> Vec<String> {
    let told = run(Command::new("find").arg(folder).args(["!", "-type", "d"]));
    told.lines().map(str::to_owned).collect()
}

/// What `make install` tells for this place, to somebody with this home folder.
fn next_steps(prefix: &str, home: &str) -> String {
    let mut command = Command::new("installer/next-steps.sh");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg(prefix);
    run(command.env("HOME", home).env("PATH", "/usr/local/bin:/usr/bin:/bin"))
}

#[test]
fn the_commands_after_make_install_fit_the_place() {
    let told = next_steps("/usr/local", "/root");
    assert!(told.contains("systemctl enable --now intune-connector\n"), "{told}");
    assert!(!told.contains("PATH"), "{told}");
    let told = next_steps("/opt/connector/", "/root");
    for line in [
        "  export PATH=/opt/connector/bin:$PATH\n",
        "  systemd-sysusers /opt/connector/lib/sysusers.d/intune-connector.conf\n",
        "  systemctl enable --now /opt/connector/lib/systemd/system/intune-connector.service\n",
    ] {
        assert!(told.contains(line), "{told}");
    }
    for (prefix, home) in [
        ("/home/anna/.local", "/home/anna"),
        ("/srv/homes/anna/.local", "/srv/homes/anna"),
    ] {
        let told = next_steps(prefix, home);
        let line = format!("  {prefix}/bin/intune-connector run --data DIR\n");
        assert!(told.contains(&line) && !told.contains("systemctl"), "{told}");
    }
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
    assert!(install(PROGRAM, "/opt/my connector").contains("blanks and the characters"));
    let mut uninstall = Command::new("installer/uninstall.sh");
    uninstall.current_dir(env!("CARGO_MANIFEST_DIR")).env("PREFIX", "/");
    let folder = tempfile::tempdir().unwrap();
    let told = everything(&uninstall.env("DESTDIR", folder.path()).output().unwrap());
    assert!(told.contains("or is / itself"), "{told}");
    let mut build = Command::new("installer/build-deb.sh");
    build.current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = build.env("PROGRAM", PROGRAM).env("VERSION", "one").output().unwrap();
    let told = everything(&output);
    assert!(
        !output.status.success() && told.contains("one is no version of a package"),
        "{told}"
    );
}

/// What each shell does with the completions in `$1` behind "servers acc".
const BASH: &str = r#"source "$1"
complete=$(complete -p intune-connector | sed 's/.* -F \([^ ]*\) .*/\1/')
COMP_WORDS=(intune-connector servers acc) COMP_CWORD=2
"$complete" intune-connector acc servers
printf '%s\n' "${COMPREPLY[@]}""#;
/// The shell completes at a terminal alone; here it takes the script, and shows what it would choose from.
const ZSH: &str = r#"autoload -Uz compinit; compinit -D -u; source "$1"
[[ $_comps[intune-connector] = _intune-connector ]] || exit 1
print -r -- "$functions[_intune-connector__subcmd__servers_commands]" | grep -o "accept:""#;
const FISH: &str = r#"source $argv[2]; complete -C "intune-connector servers acc""#;

#[test]
fn the_completions_complete_a_command_behind_a_command_in_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, script, plain) in [("bash", BASH, "--norc"), ("zsh", ZSH, "-f"), ("fish", FISH, "-N")] {
        let completions = folder.path().join(shell);
        std::fs::write(&completions, run(Command::new(PROGRAM).args(["completions", shell]))).unwrap();
        let mut command = Command::new(shell);
        command
            .args([plain, "-c", script, "shell"])
            .arg(&completions)
            .env("HOME", folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME");
        match command.output() {
            Err(error) => skip_without_tool(shell, &format!("its completions: {error}")),
            Ok(output) => {
                let told = everything(&output);
                assert!(output.status.success(), "{shell}: {told}");
                assert!(told.lines().any(|line| line.starts_with("accept")), "{shell}: {told}");
                assert_eq!(output.stderr, b"", "{shell}: {told}");
            }
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
