//! Where a sign-in leads, and how its assertion is signed: as the command line says it, whichever way.

use simulated_tenant::directory::Certificate;
use simulated_tenant::{Options, ProxyOptions, Running, Tls, start};

use super::{Tenant, beside};
use crate::support::program::{Bus, User};

const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/certs/cert.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/certs/key.pem");

/// A tenant behind a proxy that leads Microsoft's names to it, and the arguments that lead there.
async fn behind(user: &User) -> (Running, String) {
    let proxy = ProxyOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        credentials: None,
        inspect: false,
    };
    let options = Options {
        tls: Tls::Temporary,
        proxy: Some(proxy),
        ..Options::quick(3, 7)
    };
    let sim = start(options).await.unwrap();
    let secret = user.file("secret.txt", &sim.registration.client_secret);
    let args = format!(
        "--tenant {} --client {} --secret-file {secret} --proxy http://{} --ca-file {}",
        sim.registration.tenant_id,
        sim.registration.client_id,
        sim.proxy.unwrap(),
        sim.ca.as_ref().unwrap().display(),
    );
    (sim, args)
}

#[tokio::test(flavor = "multi_thread")]
async fn si_4_1_1_a_tenant_is_found_in_its_own_cloud_alone() {
    let user = User::new();
    let (sim, args) = behind(&user).await;
    beside(move || {
        user.says(&format!("verify {args}")).good();
        for (elsewhere, code) in [
            ("--set cloud=usgov", "AADSTS900382"),
            ("--set cloud=china", "AADSTS900382"),
            ("--graph-url https://graph.microsoft.us", "AADSTS500011"),
            ("--login-url https://login.microsoftonline.us", "AADSTS900382"),
        ] {
            let said = user.says(&format!("verify {args} {elsewhere}"));
            assert_ne!(said.code, 0, "{elsewhere}: {said:?}");
            assert!(
                said.out.contains(code) || said.err.contains(code),
                "{elsewhere}: {said:?}"
            );
        }
    })
    .await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn si_6_an_assertion_is_signed_as_asked_whichever_way_it_is_said() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let own = &tenant.sim.registration;
    let certificate = Certificate::read(CERTIFICATE).unwrap();
    let directory = tenant.sim.simulated.directory();
    assert!(directory.change_app(&own.tenant_id, &own.client_id, |app| app.certificates.push(certificate)));
    let cert = user.file("c.pem", std::str::from_utf8(CERTIFICATE).unwrap());
    let key = user.file("k.pem", std::str::from_utf8(KEY).unwrap());
    let address = format!(
        "--tenant {} --client {} --login-url {base} --graph-url {base}",
        own.tenant_id,
        own.client_id,
        base = tenant.sim.base,
    );
    let flags = format!("{address} --cert {cert} --key {key}");
    let pairs = format!("{address} --set cert_file={cert} --set key_file={key}");
    let simulated = tenant.sim.simulated.clone();
    beside(move || {
        let signed = |algorithm: &str, what: &str| {
            let entries = simulated.log().entries(0, usize::MAX);
            let used: Vec<String> = entries
                .into_iter()
                .filter_map(|entry| entry.assertion_algorithm)
                .collect();
            assert!(
                !used.is_empty() && used.iter().all(|one| one == algorithm),
                "{what}: {used:?}"
            );
            simulated.log().clear();
        };
        for given in [&flags, &pairs] {
            user.says(&format!("verify {given}")).good();
            signed("PS256", given);
            for command in ["verify", "scan --dry-run"] {
                user.says(&format!("{command} {given} --set algorithm=rs256")).good();
                signed("RS256", command);
            }
        }
        let data = user.path("data");
        let bus = Bus::start(&user, &data);
        for (given, server) in [(&flags, "cmdb"), (&pairs, "itam")] {
            let name = user
                .says(&format!(
                    "instances add {given} --set algorithm=rs256 --servers {server} --data {}",
                    data.display()
                ))
                .good();
            let file = data.join("instances").join(format!("{}.ini", name.trim()));
            let written = std::fs::read_to_string(&file).unwrap();
            assert!(written.contains("algorithm = rs256"), "{written}");
        }
        drop(bus);
    })
    .await;
    tenant.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn n8_a_cure_names_the_way_in_which_the_secret_was_given() {
    let user = User::new();
    let sim = start(Options::quick(1, 7)).await.unwrap();
    let own = sim.registration.clone();
    let address = format!(
        "--tenant {} --client {} --login-url {base} --graph-url {base}",
        own.tenant_id,
        own.client_id,
        base = sim.base,
    );
    let wrong = user.file("wrong.txt", "wrong");
    beside(move || {
        for (given, input, place) in [
            (format!("--secret-file {wrong}"), "", "in the file of `--secret-file`"),
            (format!("--set secret_file={wrong}"), "", "in `secret_file`"),
            ("--secret-file -".to_owned(), "wrong\n", "on standard input"),
        ] {
            let line = format!("verify {address} {given} --json");
            let said = user.says_with(line.split_whitespace(), input);
            assert_ne!(said.code, 0, "{given}: {said:?}");
            let text = said.out + &said.err;
            assert!(text.contains(&format!("(not its id) {place};")), "{given}: {text}");
        }
    })
    .await;
    sim.stop().await;
}
