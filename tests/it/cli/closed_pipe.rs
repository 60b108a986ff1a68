//! A reader that goes away (`| head`): the exit code is that of the work, and nothing counts as handed over.

use std::process::Stdio;

use super::{Tenant, beside};
use crate::support::program::{Bus, User, code};

/// The exit code of a command whose output nobody reads.
fn unread(user: &User, line: &str) -> i32 {
    let mut command = user.command(line.split_whitespace());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    code(&mut child)
}

#[test]
fn n8_a_check_that_fails_is_told_by_its_exit_code_also_where_nobody_reads() {
    let user = User::new();
    let secret = user.file("secret.txt", "not~a~secret\n");
    let nowhere = "--login-url http://127.0.0.1:1 --graph-url http://127.0.0.1:1";
    let line = format!(
        "verify --tenant contoso.example --client 00000000-0000-4000-8000-00000000000a --secret-file {secret} {nowhere}"
    );
    assert_eq!(user.says(&line).code, 1);
    assert_eq!(unread(&user, &line), 1);
    assert_eq!(unread(&user, &format!("{line} --json")), 1);
    assert_eq!(unread(&user, "actions"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn n8_what_nobody_reads_is_done_and_what_is_for_the_reader_alone_is_not_handed_over() {
    let user = User::new();
    let tenant = Tenant::new(&user, 5).await;
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data");
        let _bus = Bus::start(&user, &data);
        let at_bus = format!("--data {}", data.display());
        assert_eq!(
            unread(&user, &format!("instances add {args} --servers cmdb {at_bus}")),
            0
        );
        assert_eq!(unread(&user, &format!("scan {at_bus}")), 0);
        let scans = user.says(&format!("scan list --json {at_bus}")).json();
        assert!(!scans["scans"].as_array().unwrap().is_empty(), "it was run: {scans}");
        for line in ["servers announce cmdb", "servers accept cmdb"] {
            user.says(&format!("{line} {at_bus}")).good();
        }
        let follow = format!("follow --server cmdb --once {at_bus}");
        assert_eq!(unread(&user, &follow), 141);
        let told = user.says(&follow).good();
        let new = told.lines().filter(|line| line.starts_with("+ ")).count();
        assert_eq!(new, 5, "nothing of it was acknowledged: {told}");
        assert_eq!(unread(&user, &format!("audit export - {at_bus}")), 141);
    })
    .await;
    tenant.sim.stop().await;
}
