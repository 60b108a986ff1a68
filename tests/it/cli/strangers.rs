//! What public bug reports tell of files that people hand to commands.

use super::{Tenant, beside};
use crate::support::program::{Said, User};

fn bytes(user: &User, name: &str, bytes: &[u8]) -> String {
    std::fs::write(user.path(name), bytes).unwrap();
    user.path(name).display().to_string()
}

/// The first line that says what is wrong, and the one with the cure.
fn first_finding(said: &Said) -> (String, String) {
    let line = |begin: &str| {
        said.out
            .lines()
            .find(|line| line.trim().starts_with(begin))
            .unwrap_or_default()
            .to_owned()
    };
    (line("FAILED"), line("fix"))
}

fn wide(text: &str) -> Vec<u8> {
    [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn st_15_a_file_of_authorities_that_can_not_be_used_is_the_first_finding() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let args = tenant.args.clone();
    beside(move || {
        let pem = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/certs/cert.pem")).unwrap();
        let der = openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap();
        let text = String::from_utf8(pem.clone()).unwrap();
        for (name, content, what, cure) in [
            ("root.cer", der.as_slice(), "DER", "openssl x509 -inform der"),
            ("empty.pem", b"".as_slice(), "empty", "BEGIN CERTIFICATE"),
            ("wide.pem", &wide(&text), "UTF-16", "iconv"),
            (
                "chain.p7b",
                b"-----BEGIN PKCS7-----\nMII=\n-----END PKCS7-----\n",
                "P7B",
                "openssl pkcs7",
            ),
        ] {
            let file = bytes(&user, name, content);
            let said = user.says(&format!("verify {args} --ca-file {file}"));
            assert_ne!(said.code, 0);
            let (failed, cured) = first_finding(&said);
            assert!(
                failed.contains(name) && failed.contains(what) && failed.contains("PEM form"),
                "{said:?}"
            );
            assert!(cured.contains(cure), "{said:?}");
        }
        let said = user.says(&format!(
            "verify {args} --ca-file {}",
            user.path("missing.pem").display()
        ));
        assert!(first_finding(&said).0.contains("missing.pem"), "{said:?}");
        let good = bytes(&user, "good.pem", &[b"\xef\xbb\xbf# ours\r\n", pem.as_slice()].concat());
        user.says(&format!("verify {args} --ca-file {good}")).good();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn st_19_blanks_around_a_secret_are_taken_off_and_utf_16_is_named() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let (args, secret) = (tenant.args.clone(), tenant.sim.registration.client_secret.clone());
    beside(move || {
        for around in [" S \n", "\tS", "S\u{a0}\r\n", "\u{feff}S \n"] {
            user.file("secret.txt", &around.replace('S', &secret));
            user.says(&format!("verify {args}")).good();
        }
        // With its mark it is read; what has none could be anything.
        bytes(&user, "secret.txt", &wide(&secret));
        user.says(&format!("verify {args}")).good();
        bytes(&user, "secret.txt", &wide(&secret)[2..]);
        let said = user.says(&format!("verify {args}"));
        assert!(first_finding(&said).0.contains("UTF-16"), "{said:?}");
        for (content, told) in [
            (format!("{secret}\nof the application\n"), "has 2 lines"),
            ("\n".to_owned(), "is empty"),
        ] {
            user.file("secret.txt", &content);
            let said = user.says(&format!("verify {args}"));
            assert!(first_finding(&said).0.contains(told), "{said:?}");
        }
        let password = bytes(&user, "password.txt", &wide("Gate-Passw0rd-1")[2..]);
        let data = user.path("data").display().to_string();
        std::fs::create_dir(&data).unwrap();
        let said = user.says(&format!(
            "operators add gate --rights Compliance_Decide --new-password-file {password} --data {data}"
        ));
        assert!(said.err.contains("UTF-16"), "{said:?}");
    })
    .await;
}
