use std::process::{Command, Stdio};

use crate::support::program::{Lines, PROGRAM, User, code};
use crate::support::wait::until_blocking;

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

/// The command with two halves: a server follows, and is accepted a moment later.
fn follows_and_is_accepted(line: &str) {
    let user = User::new();
    let (follow, accept) = line.trim().split_once(" & sleep 2; ").unwrap();
    let words = |line: &str| line.strip_prefix(PROGRAM).unwrap().to_owned();
    let mut command = user.command(words(follow).split_whitespace());
    let mut following = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let flows = Lines::of(following.stdout.take().unwrap());
    until_blocking("the server has announced itself", || {
        user.says(&words(accept)).code == 0
    });
    flows.until(|line| !line.trim().is_empty());
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn the_demo_shows_what_flows_until_it_is_stopped_and_its_commands_work() {
    let user = User::new();
    let mut command = user.command(["demo", "--devices", "30", "--servers", "2", "--churn", "0"]);
    let mut demo = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let told = Lines::of(demo.stderr.take().unwrap()).until(|line| line.starts_with("Changes (press Ctrl-C"));
    let words = |line: &str| line.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
    let flows = Lines::of(demo.stdout.take().unwrap());
    flows.until(|line| words(line) == "server-2 30 devices acknowledged");
    let pasted = |word: &str| {
        let line = told
            .iter()
            .find(|line| line.contains(PROGRAM) && line.contains(&format!(" {word} ")))
            .unwrap();
        user.says(line.trim().strip_prefix(PROGRAM).unwrap())
    };
    let servers = pasted("servers").good();
    assert!(servers.contains("server-1") && servers.contains("live"), "{servers}");
    pasted("devices").good();
    assert!(pasted("audit").good().contains("server.accepted"));
    assert!(pasted("scan").good().contains("30 seen"));
    pasted("jobs").good();
    follows_and_is_accepted(told.iter().find(|line| line.contains(" follow ")).unwrap());
    let printed = told.iter().filter(|line| line.contains(PROGRAM)).count();
    assert_eq!(printed, 6, "each of them was tried: {told:?}");
    assert!(
        Command::new("kill")
            .args(["-INT", &demo.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(code(&mut demo), 0);
    assert_eq!(
        std::fs::read_dir(user.path("")).unwrap().count(),
        0,
        "the demonstration leaves nothing behind"
    );
}
