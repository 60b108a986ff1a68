//! The certificate of the bus, as people give it: of an authority, renewed while the bus runs, ended. Who owns the folder
//! reaches the bus by it all the same, and is told what is wrong with it.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::gateway::certificates::Authority;
use crate::support::program::{Bus, Lines, User};
use crate::support::wait::until_blocking;

const GOOD: [&[u8]; 2] = [
    include_bytes!("../../fixtures/certs/cert.pem"),
    include_bytes!("../../fixtures/certs/key.pem"),
];
const NEXT: [&[u8]; 2] = [
    include_bytes!("../../fixtures/certs/next-cert.pem"),
    include_bytes!("../../fixtures/certs/next-key.pem"),
];
const ENDED: [&[u8]; 2] = [
    include_bytes!("../../fixtures/certs/expired-cert.pem"),
    include_bytes!("../../fixtures/certs/key.pem"),
];

/// Certificate and key where the settings of the bus say.
fn put_pair(user: &User, [certificate, key]: [&[u8]; 2]) {
    fs::write(user.path("bus.crt"), certificate).unwrap();
    fs::write(user.path("bus.key"), key).unwrap();
}

/// A user whose bus will speak HTTPS by this certificate.
fn prepare(pair: [&[u8]; 2]) -> User {
    let user = User::new();
    put_pair(&user, pair);
    fs::create_dir(user.path("data")).unwrap();
    let [certificate, key] = ["bus.crt", "bus.key"].map(|name| user.path(name));
    let settings = format!(
        "[sics]\ntls = on\ncertificate_file = {}\nkey_file = {}\n",
        certificate.display(),
        key.display()
    );
    user.file("data/bus.ini", &settings);
    user.file("pw", "correct horse battery\n");
    user
}

fn known_fingerprint(user: &User) -> Value {
    let text = fs::read_to_string(user.path("data/local-connection.json")).unwrap_or_default();
    let known: Value = serde_json::from_str(&text).unwrap_or_default();
    known["fingerprint"].clone()
}

#[test]
fn wi_11_a_bus_with_a_certificate_of_an_authority_is_reached_on_its_machine() {
    let authority = Authority::new("authority");
    let pair = authority.server("bus.example");
    let chain = [pair.certificate.clone(), authority.pem()].concat();
    for certificate in [&pair.certificate, &chain] {
        let user = prepare([certificate, &pair.key]);
        let bus = Bus::start(&user, &user.path("data"));
        let made = user.says("operators add anna --role administrator --new-password-file pw --data data");
        assert!(made.code == 0 && !made.err.contains("certificate"), "{made:?}");
        let doctor = user.says("doctor --data data").good();
        assert!(doctor.contains(&format!("running at {}", bus.url)), "{doctor}");
        let remote = format!("operators --url {} --user anna --password-file pw", bus.url);
        let fingerprint = bus.fingerprint.clone().unwrap();
        assert!(
            user.says(&format!("{remote} --fingerprint {fingerprint}"))
                .good()
                .contains("anna")
        );
        let other: String = fingerprint.replace(':', "").chars().rev().collect();
        assert_eq!(user.says(&format!("{remote} --fingerprint {other}")).code, 4);
        assert_eq!(user.says(&remote).code, 3, "this machine does not know the authority");
        assert_eq!(bus.stop(), 0);
    }
}

#[test]
fn wi_11_a_certificate_that_was_renewed_locks_nobody_out() {
    let user = prepare(GOOD);
    let bus = Bus::start(&user, &user.path("data"));
    user.says("operators --data data").good();
    let before = known_fingerprint(&user);
    put_pair(&user, NEXT);
    until_blocking("the new certificate is known", || known_fingerprint(&user) != before);
    let said = user.says("operators --data data");
    assert!(said.code == 0 && said.err.is_empty(), "{said:?}");
    let doctor = user.says("doctor --data data").good();
    assert!(doctor.contains(&format!("running at {}", bus.url)), "{doctor}");
    assert_eq!(bus.stop(), 0);
    assert_eq!(known_fingerprint(&user), Value::Null, "it goes with the bus");
}

#[test]
fn wi_11_an_ended_certificate_is_told_at_the_start_by_each_command_and_by_doctor() {
    const END: &str = "ended on 2021-01-01T00:00:00Z";
    let user = prepare(ENDED);
    let mut command = user.command(["run", "--quiet", "--data", "data", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (
        Lines::of(child.stdout.take().unwrap()),
        Lines::of(child.stderr.take().unwrap()),
    );
    let told = err.until(|line| line.starts_with("warning: the certificate in "));
    assert!(told.last().unwrap().contains(END), "{told:?}");
    let listening = out.until(|line| line.starts_with("certificate SHA-256 "));
    let url = listening[0].strip_prefix("listening on ").unwrap().to_owned();
    let fingerprint = listening[1].strip_prefix("certificate SHA-256 ").unwrap().to_owned();

    let said = user.says("operators add anna --role administrator --new-password-file pw --data data");
    let warning = format!("warning: the certificate of the bus {END}");
    assert!(said.code == 0 && said.err.contains(&warning), "{said:?}");
    assert!(said.err.contains("put a new certificate"), "{said:?}");
    let doctor = user.says("doctor --data data");
    assert_eq!(doctor.code, 1, "{doctor:?}");
    let running = format!("running at {url}");
    for word in ["bus.crt", END, "put a new certificate", running.as_str()] {
        assert!(doctor.out.contains(word), "{word}: {doctor:?}");
    }
    let remote = user.says(&format!(
        "operators --url {url} --user anna --password-file pw --fingerprint {fingerprint}"
    ));
    assert_eq!(remote.code, 1, "{remote:?}");
    assert!(remote.err.contains(&format!("the certificate of {url}")), "{remote:?}");
    assert!(remote.err.contains(END), "{remote:?}");
    until_blocking("the log says it", || {
        let logs = fs::read_dir(user.path("data/logs")).unwrap().flatten();
        let texts = logs.map(|file| fs::read_to_string(file.path()).unwrap_or_default());
        texts
            .collect::<String>()
            .contains("clients refuse the certificate of the bus")
    });

    // What the advice says helps, without a start.
    let before = known_fingerprint(&user);
    put_pair(&user, GOOD);
    until_blocking("the new certificate is known", || known_fingerprint(&user) != before);
    let after = user.says("operators --data data");
    assert!(after.code == 0 && after.err.is_empty(), "{after:?}");
    user.says("doctor --data data").good();
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn wi_11_doctor_looks_at_both_files_as_the_bus_does() {
    let other_key = NEXT[1];
    for (pair, told) in [
        ([b"".as_slice(), GOOD[1]], "contains no certificate in PEM format"),
        ([GOOD[0], b"no key".as_slice()], "contains no private key"),
        ([GOOD[0], other_key], "does not belong to the certificate in"),
    ] {
        let user = prepare(pair);
        let run = user.says("run --quiet --data data --listen 127.0.0.1:0");
        assert_ne!(run.code, 0, "{told}: {run:?}");
        let doctor = user.says("doctor --data data");
        assert_eq!(doctor.code, 1, "{told}: {doctor:?}");
        assert!(doctor.out.contains(told), "{told}: {doctor:?}");
    }
}
