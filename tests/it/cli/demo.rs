use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::program::{Lines, PROGRAM, User, code};
use crate::support::wait::until_blocking;

/// The last line of what the demonstration prints at its end.
const LAST: &str = "simulate --http";

/// Does not outlive a test that fails.
struct Spawned(Child);

impl Drop for Spawned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_ends_when_every_server_has_acknowledged_every_device() {
    let user = User::new();
    let told = user
        .says("demo --devices 120 --servers 2 --until-delivered --json")
        .json();
    assert_eq!(told["devices"], 120);
    let servers = told["servers"].as_array().unwrap();
    assert_eq!(servers.len(), 2);
    for server in servers {
        assert_eq!(
            (&server["received"], &server["acknowledged"]),
            (&120.into(), &120.into()),
            "{told}"
        );
    }
    assert!(
        told["scan_ms"].as_u64() > Some(0) && told["deliver_ms"].as_u64() >= told["scan_ms"].as_u64(),
        "{told}"
    );
    assert_eq!(
        (&told["jobs"]["sync"], &told["jobs"]["remoteLock"]),
        (&"done".into(), &"done".into()),
        "{told}"
    );
    assert_eq!(told["jobs"]["notify"], "handedOverNotTraceable", "{told}");
    assert_eq!(told["jobs"]["wipe"], "waitingApproval", "it waits for somebody: {told}");
    let left = std::fs::read_dir(user.path("")).unwrap().count();
    assert_eq!(left, 0, "the demonstration leaves nothing behind");
}

/// What is to be typed behind the name of the program.
fn words(line: &str) -> &str {
    line.trim().strip_prefix(PROGRAM).unwrap().trim()
}

/// A server follows, and is accepted a moment later.
fn follows_and_is_accepted(user: &User, follow: &str, accept: &str) {
    let mut command = user.command(words(follow).split_whitespace());
    let mut following = Spawned(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let flows = Lines::of(following.0.stdout.take().unwrap());
    until_blocking("the server has announced itself", || user.says(words(accept)).code == 0);
    flows.until(|line| !line.trim().is_empty());
}

#[test]
fn the_demo_shows_what_flows_until_it_is_stopped_and_its_commands_work() {
    let user = User::new();
    let mut command = user.command(["demo", "--devices", "30", "--servers", "2", "--churn", "0"]);
    let mut demo = Spawned(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let said = Lines::of(demo.0.stderr.take().unwrap());
    let told = said.until(|line| line.starts_with("Changes (press Ctrl-C"));
    let flows = Lines::of(demo.0.stdout.take().unwrap());
    let figures = |line: &str| line.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    let mut shown = flows.until(|line| figures(line) == "server-2 30 devices acknowledged");
    // Nobody has to do anything for the rest: one device goes, and then too many.
    shown.extend(flows.until(|line| line.contains("scan confirm-gone")));
    let place = |what: &str| {
        let found = shown.iter().position(|line| line.contains(what));
        found.unwrap_or_else(|| panic!("{what}: {shown:#?}"))
    };
    assert!(
        place("helpdesk: sent sync") < place("is deleted from the tenant"),
        "{shown:#?}"
    );
    assert!(place("is deleted from the tenant") < place("answered 404"));
    assert!(place("answered 404") < place("11 devices disappear"));
    assert!(place("11 devices disappear") < place("tells no server"));

    let is_link =
        |line: &&String| line.trim_start().starts_with("http://127.0.0.1:") && line.contains("/link#token=ico_");
    assert_eq!(told.iter().filter(is_link).count(), 1, "into the console: {told:#?}");

    let find = |word: &str| {
        let is_meant = |line: &&String| line.contains(PROGRAM) && line.contains(&format!(" {word} "));
        let line = told.iter().chain(&shown).find(is_meant);
        line.unwrap_or_else(|| panic!("{word}: {told:#?} {shown:#?}")).clone()
    };
    let pasted = |word: &str| user.says(words(&find(word)));
    let servers = pasted("servers").good();
    assert!(servers.contains("server-1") && servers.contains("live"), "{servers}");
    assert!(pasted("devices").good().contains("LAP-"));
    assert!(pasted("audit").good().contains("server.accepted"));
    let scan = pasted("scan").good();
    assert!(scan.contains("18 seen") && scan.contains("the brake holds"), "{scan}");
    let held = pasted("scan confirm-gone");
    assert!(held.err.contains("11 deletions are waiting"), "{held:?}");
    pasted("jobs").good();
    let follow = find("follow");
    follows_and_is_accepted(
        &user,
        follow.strip_suffix(" & sleep 2").unwrap(),
        &find("servers accept"),
    );
    let login = told.iter().find(|line| line.starts_with("  login")).unwrap();
    let approve = format!(
        "{} --approver-password-file - --yes-i-mean 5",
        words(&find("jobs approve"))
    );
    let password = login.split_whitespace().last().unwrap();
    user.says_with(approve.split_whitespace(), password).good();
    let printed = told.iter().chain(&shown).filter(|line| line.contains(PROGRAM)).count();
    assert_eq!(printed, 9, "each of them was tried: {told:?} {shown:?}");
    for line in told.iter().chain(&shown) {
        let has_path = line.contains(PROGRAM) || line.contains("intune-demo") || line.contains("/link#token=");
        assert!(has_path || line.chars().count() < 80, "{line}");
    }

    let stopped = Command::new("kill").args(["-INT", &demo.0.id().to_string()]).status();
    assert!(stopped.unwrap().success());
    let end = said.until(|line| line.contains(LAST));
    let shows = |what: &str| assert!(end.iter().any(|line| line.contains(what)), "{what}: {end:#?}");
    shows("The demonstration has ended");
    shows("devices reached 2 management servers");
    shows("jobs sent by the help desk");
    shows("1 device deleted from Intune");
    shows("11 devices missing at once");
    shows("intune-demo is removed.");
    shows("install --data bus");
    assert_eq!(code(&mut demo.0), 0);
    assert_eq!(
        std::fs::read_dir(user.path("")).unwrap().count(),
        0,
        "the demonstration leaves nothing behind"
    );
}

/// What a program writes into a terminal, as it comes.
fn collect(mut stream: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let written = Arc::new(Mutex::new(String::new()));
    let whole = Arc::clone(&written);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..count]);
            whole.lock().unwrap().push_str(&text);
        }
    });
    written
}

#[test]
fn b11_the_status_lines_stay_at_ctrl_c_and_the_demo_has_a_last_word() {
    let user = User::new();
    let mut script = Command::new("script")
        .args([
            "-qefc",
            &format!("exec {PROGRAM} demo --devices 30 --churn 0"),
            "/dev/null",
        ])
        .current_dir(user.path(""))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "xterm")
        .env("HOME", user.path(""))
        .env("TMPDIR", user.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script of util-linux makes a terminal");
    let mut keyboard = script.stdin.take().unwrap();
    let screen = collect(script.stdout.take().unwrap());
    let has = |what: &str| screen.lock().unwrap().contains(what);
    // Behind this line nothing is drawn any more: the fleet rests.
    until_blocking("the brake is shown", || has("confirm-gone --instance"));
    until_blocking("and the servers below it", || {
        let screen = screen.lock().unwrap();
        let (_, below) = screen.split_once("confirm-gone --instance").unwrap();
        (1..=3).all(|number| below.contains(&format!("server-{number}")))
    });
    let length = || screen.lock().unwrap().len();
    let (mut before, mut looks_alike) = (0, 0);
    until_blocking("nothing moves", || {
        let now = length();
        looks_alike = if now == before { looks_alike + 1 } else { 0 };
        before = now;
        looks_alike >= 50
    });
    let drawn = length();
    keyboard.write_all(b"\x03").unwrap();
    keyboard.flush().unwrap();
    until_blocking("the last word", || has(LAST));
    assert_eq!(code(&mut script), 0);
    let screen = screen.lock().unwrap();
    let end = &screen[drawn..];
    assert!(!end.contains('\x1b'), "nothing that stands there is wiped out: {end:?}");
    assert!(
        end.contains("The demonstration has ended") && end.contains("is removed."),
        "{end}"
    );
}
