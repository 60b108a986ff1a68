//! The authorities that the machine trusts: some 140 certificates, which a command reads only where it asks them.

use std::process::Command;

use crate::support::program::{Bus, User};

/// Whoever opens it to read waits for ever: nobody writes into it.
fn make_pipe(user: &User) -> std::path::PathBuf {
    let pipe = user.path("authorities.pem");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    pipe
}

#[test]
fn a_command_by_plain_http_reads_no_authorities() {
    let user = User::new();
    let bus = Bus::start(&user, &user.path("data"));
    let password = user.file("password", "correct horse battery\n");
    user.says(&format!(
        "operators add anna --rights Devices_Read --new-password-file {password} --data data"
    ))
    .good();
    let pipe = make_pipe(&user);
    let says = |line: &str| user.says_where("SSL_CERT_FILE", &pipe, line);
    // The owner of the folder, a person with a password, one who has signed in before, and a stream.
    says("operators --json --data data").good();
    says(&format!(
        "devices --json --url {} --user anna --password-file {password}",
        bus.url
    ))
    .good();
    says(&format!("login {} --user anna --password-file {password}", bus.url)).good();
    says("devices --json").good();
    says("servers announce cmdb --data data").good();
    says("servers accept cmdb --data data").good();
    says("follow --server cmdb --once --data data").good();
    // Where nobody listens any more, no TLS is made ready to see whether somebody speaks it.
    let url = bus.url.clone();
    assert_eq!(bus.stop(), 0);
    let gone = says(&format!("devices --url {url} --user anna --password-file {password}"));
    assert_eq!(gone.code, 3, "{gone:?}");
}
