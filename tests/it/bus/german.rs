//! MI-16: when German is chosen, every line of the wizard is German, those of its checks with their causes and cures too.

use regex::Regex;
use simulated_tenant::{Options, Tls, server, start};

use super::install::{beside, fixture};
use crate::support::program::User;

/// Words that no German sentence has.
const ENGLISH: &str = "the|is|not|and|check|are|with|of|to|for|it|this|must|cannot|which|from|but|failed|skipped|cause|fix|\
yes|has|have|be|only|were|does|or|your|you|wrong|devices|read|found|needs|needed|use|than|may|its|by|on|at|no";

/// Every line of `said` is German. What is no sentence of the program is left out: commands, keys, names of options, and
/// what Graph said in its own words.
#[track_caller]
pub(super) fn require_german(said: &str) {
    let english = Regex::new(&format!(r"(?:^|[\s(])({ENGLISH})(?:[\s,.;:)]|$)")).unwrap();
    let left_out = Regex::new(
        r#"^  [a-z_0-9]+(?: \[[^\]]*\])?: |`[^`]*`|\[[^\]]*\]|"[^"]*"|„[^“]*“|error:[0-9A-Fa-f]+:.*|(?:intune-connector|az ad|openssl|Connect-MgGraph) .*|Graph antwortete .*|--[a-z-]+ "#,
    )
    .unwrap();
    let wrong: Vec<&str> = said
        .lines()
        .filter(|line| english.is_match(&left_out.replace_all(line, " ")))
        .collect();
    assert!(wrong.is_empty(), "English lines: {wrong:#?}\nof\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mi_16_the_wizard_says_every_line_in_german_through_failing_and_passing_checks() {
    let user = User::new();
    let sim = start(Options::quick(3, 7)).await.unwrap();
    let tls = Options {
        tls: Tls::Temporary,
        ..Options::quick(1, 9)
    };
    let tls = start(tls).await.unwrap();
    let (base, https) = (sim.base.clone(), tls.base.clone());
    let registration = sim.registration.clone();
    beside(move || {
        let data = user.path("data").display().to_string();
        let pfx = fixture("aes256.pfx").display().to_string();
        let wrong = user.file("wrong.txt", "wrong");
        let secret = user.file("secret.txt", &registration.client_secret);
        let bare = user.file("bare.txt", &format!("{}-bare", registration.client_secret));
        let (tenant, client) = (&registration.tenant_id, &registration.client_id);
        let no_rights = server::client_id(7, "bare");
        let at = |url: &str| format!("--set network=addresses --set login_url={url} --set graph_url={url}");
        let ids = format!("--set tenant_id={tenant} --set client_id={client}");
        let signed_in = format!("{} {ids} --set secret_file={secret}", at(&base));
        let own = "--set rhythm=own --set zone=Europe/Berlin";
        for (what, words, code, heard) in [
            (
                "wrong secret",
                format!("{} {ids} --set secret_file={wrong}", at(&base)),
                1,
                &["der geheime Clientschlüssel ist falsch", "FEHLER", "Abhilfe"][..],
            ),
            (
                "missing right",
                format!("{} --set tenant_id={tenant} --set client_id={no_rights} --set secret_file={bare}", at(&base)),
                1,
                &["ohne sie funktioniert kein Scan"],
            ),
            (
                "wrong host",
                format!("{} {ids} --set secret_file={secret}", at("http://127.0.0.1:1")),
                1,
                &["Verbindung abgelehnt", "Adresse, Port und Firewalls prüfen"],
            ),
            (
                "a host that is not there",
                format!("{} {ids} --set secret_file={secret}", at("https://no-such-host.invalid")),
                1,
                &["der Hostname lässt sich nicht auflösen"],
            ),
            (
                "untrusted CA",
                format!("{} {ids} --set secret_file={secret}", at(&https)),
                1,
                &["dem Zertifikat wird nicht vertraut", "Zertifizierungsstelle"],
            ),
            (
                "wrong PFX password",
                format!("{} {ids} --set sign_in=pfx --set pfx_file={pfx} --set pfx_password_file={wrong}", at(&base)),
                1,
                &["das Kennwort der PFX-Datei ist falsch"],
            ),
            (
                "unknown application",
                format!(
                    "{} --set tenant_id={tenant} --set client_id=11111111-2222-4333-8444-555555555555 --set secret_file={secret}",
                    at(&base)
                ),
                1,
                &["die Anwendung wurde in diesem Mandanten nicht gefunden"],
            ),
        ] {
            let said = user.says(&format!("install {words} --language de --data {data}"));
            assert_eq!(said.code, code, "{what}: {said:?}");
            for heard in heard {
                assert!(said.err.contains(heard), "{what}: {heard}: {}", said.err);
            }
            require_german(&said.err);
        }
        // Values have blanks, so these are words of their own.
        for (what, values, heard) in [
            ("wrong cron", vec!["incremental=0 3 * * 7x"], "kein Cron-Ausdruck"),
            ("cron out of bounds", vec!["incremental=61 3 * * *"], "kein Cron-Ausdruck"),
            ("wrong interval", vec!["incremental=every 5"], "ist keine Dauer"),
            ("wrong field", vec!["filter=operatingsystem == \"Windows\""], "unbekanntes Feld"),
            ("wrong filter", vec!["filter=operatingSystem = \"Windows\""], "Zeile 1, Spalte"),
            ("unfinished filter", vec!["filter=operatingSystem =="], "Zeile 1, Spalte"),
            ("wrong ids", vec!["tenant_id=not a guid", "client_id=7"], "ist ungültig"),
            ("a field that is none", vec!["client=7"], "unbekanntes Feld"),
            ("a secret in clear", vec!["secret=abc"], "darf kein Argument sein"),
        ] {
            let mut words: Vec<String> = format!("install {signed_in} {own} --language de --data {data}")
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            words.extend(values.iter().flat_map(|value| ["--set".to_owned(), (*value).to_owned()]));
            let said = user.says_with(words, "");
            assert_ne!(said.code, 0, "{what}: {said:?}");
            assert!(said.err.contains(heard), "{what}: {heard}: {}", said.err);
            require_german(&said.err);
        }
        let session = |line: &str| {
            let mut command = user.command(line.split_whitespace());
            let output = command.env("LANG", "de_DE.UTF-8").output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, said) = session(&format!("install {signed_in} --preview --data {data}"));
        assert_eq!(code, Some(0), "{said}");
        for heard in ["3 Geräte sind registriert", "angelegt", "3 Geräte: 3 neu", "installiert;"] {
            assert!(said.contains(heard), "{heard}: {said}");
        }
        require_german(&said);
    })
    .await;
    sim.stop().await;
    tls.stop().await;
}
