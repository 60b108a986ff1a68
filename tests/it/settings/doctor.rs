//! What `doctor` finds in a data folder, without changing it.

use std::fs;

use intune_connector::config::InstanceDraft;
use intune_connector::config::doctor::{FindingLevel, examine_data_folder};

use super::{CLIENT, House, TENANT, good};
use crate::support::canary;

fn worst(house: &House) -> (FindingLevel, String) {
    let findings = examine_data_folder(house.folder.path());
    canary::assert_no_canary(&format!("{findings:?}"));
    let worst = findings.into_iter().max_by_key(|finding| finding.level).unwrap();
    (worst.level, worst.text)
}

#[test]
fn a_folder_in_order_has_no_complaint() {
    let house = House::new();
    house.folder.write_default_bus_ini().unwrap();
    house.folder.read_instance(&house.instance(&good())).unwrap();
    let findings = examine_data_folder(house.folder.path());
    assert!(
        findings.iter().all(|finding| finding.level == FindingLevel::Good),
        "{findings:#?}"
    );
    assert!(
        findings.iter().any(|finding| finding.text.contains("tenant 11111111")),
        "{findings:#?}"
    );
}

#[test]
fn what_is_wrong_is_found_and_nothing_is_changed() {
    let house = House::new();
    let name = house.instance(&good());
    let before = house.text(&name);
    assert_eq!(worst(&house).0, FindingLevel::Warning, "a secret waits to be sealed");
    assert_eq!(house.text(&name), before);

    house.instance(&format!("{TENANT}\n{CLIENT}\nsecret = sealed:v2:AAAA\n"));
    assert_eq!(
        worst(&house),
        (
            FindingLevel::Failure,
            "line 3: secret: is sealed text that is damaged or truncated".into()
        )
    );

    house.instance(&format!("{}ca_file = /nowhere/ca.pem\n", good()));
    assert!(worst(&house).1.contains("cannot be read"), "{:?}", worst(&house));

    house.instance("");
    fs::write(house.folder.bus_ini_path(), "[store]\nmin_free_mb = 1000000000\n").unwrap();
    assert!(
        examine_data_folder(house.folder.path())
            .iter()
            .any(|finding| finding.text.contains("MiB are free") && finding.level == FindingLevel::Failure)
    );

    fs::write(house.folder.path().join("secret.key"), "rubbish").unwrap();
    assert!(
        examine_data_folder(house.folder.path())
            .iter()
            .any(|finding| finding.text.contains("64 hex digits"))
    );
}

#[test]
fn mi_17_keys_of_an_earlier_version_are_named_and_the_file_opens() {
    let house = House::new();
    let old = "orders_client_id = 66666666-7777-8888-9999-000000000000\norders_secret = old\n";
    let name = house.instance(&format!("{}[orders sign-in]\n{old}", good()));
    let settings = house.folder.read_instance(&name).unwrap();
    assert!(settings.next_credential.is_none() && settings.actions_credential.is_none());
    assert!(house.text(&name).contains("orders_secret = old"), "it stays as it is");
    let draft = house.folder.read_instance_draft(&name).unwrap();
    let (keys, advice) = draft.retired_keys().unwrap();
    assert_eq!(keys, ["orders_client_id", "orders_secret"]);
    assert!(advice.contains("install intune-app-orders"), "{advice}");
    let findings = examine_data_folder(house.folder.path());
    let told = findings
        .iter()
        .find(|finding| finding.text.contains("orders_client_id"))
        .unwrap();
    assert_eq!((told.level, told.advice.as_str()), (FindingLevel::Warning, advice));
    let again = InstanceDraft::from_json(&serde_json::json!({"orders_secret": "new"})).unwrap_err();
    assert_eq!(
        (again.problem.as_str(), again.advice.as_str()),
        ("is no longer used", advice)
    );
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let house = House::new();
    let nowhere = house.dir.path().join("nowhere");
    let findings = examine_data_folder(&nowhere);
    assert_eq!((findings.len(), findings[0].level), (1, FindingLevel::Failure));
    assert!(!nowhere.exists());
}

fn failures(house: &House) -> Vec<(String, String)> {
    let findings = examine_data_folder(house.folder.path()).into_iter();
    let failed = findings.filter(|finding| finding.level == FindingLevel::Failure);
    failed.map(|finding| (finding.text, finding.advice)).collect()
}

#[test]
fn wi_10_what_is_a_folder_and_has_to_be_a_file_is_found_and_the_cure_works() {
    let house = House::new();
    for (name, is_file) in [("bus.lock", false), ("tls.pem", false), ("products", true)] {
        let path = house.folder.path().join(name);
        if is_file {
            fs::write(&path, "").unwrap();
        } else {
            fs::create_dir(&path).unwrap();
        }
        let found = failures(&house);
        let [(text, advice)] = found.as_slice() else {
            panic!("{name}: {found:?}");
        };
        assert!(text.contains("has to be one"), "{name}: {text}");
        let cure = advice.strip_prefix("move it away: ").unwrap();
        let done = std::process::Command::new("sh").args(["-c", cure]).status().unwrap();
        assert!(done.success(), "{cure}");
        assert!(failures(&house).is_empty(), "{name}");
    }
}

#[test]
fn wi_10_a_certificate_that_the_bus_would_refuse_is_found() {
    let house = House::new();
    let own = house.file("own.pem", include_str!("../../fixtures/certs/cert.pem"));
    let key = house.file("key.pem", include_str!("../../fixtures/certs/key.pem"));
    let other = house.file("other.pem", include_str!("../../fixtures/certs/next-key.pem"));
    let told = |certificate: &std::path::Path, key: &std::path::Path| {
        let lines = format!(
            "tls = on\ncertificate_file = {}\nkey_file = {}\n",
            certificate.display(),
            key.display()
        );
        fs::write(house.folder.bus_ini_path(), lines).unwrap();
        failures(&house)
    };
    assert!(told(&own, &key).is_empty());
    for (certificate, key, problem) in [
        (&own, &other, "does not belong to the certificate in"),
        (&key, &key, "contains no certificate"),
        (&own, &own, "contains no private key"),
        (&own, &house.dir.path().join("absent.pem"), "cannot be read"),
    ] {
        let found = told(certificate, key);
        assert!(found.len() == 1 && found[0].0.contains(problem), "{problem}: {found:?}");
        assert!(!found[0].1.is_empty(), "{found:?}");
    }
    let absent = ["no.pem", "no-key.pem"].map(|name| house.dir.path().join(name));
    assert_eq!(told(&absent[0], &absent[1]).len(), 2, "each file is told");
}

#[test]
fn wi_31_settings_of_the_bus_that_are_a_folder_are_to_be_moved_away() {
    let house = House::new();
    let path = house.folder.bus_ini_path();
    fs::create_dir(&path).unwrap();
    let error = house.folder.read_bus_settings().unwrap_err();
    assert!(error.problem.contains("it is a folder"), "{error}");
    let cure = error.advice.strip_prefix("move it away: ").unwrap();
    let found = failures(&house);
    assert!(found.len() == 1 && found[0].1 == error.advice, "{found:?}");
    let done = std::process::Command::new("sh").args(["-c", cure]).status().unwrap();
    assert!(done.success() && !path.exists(), "{cure}");
    house.folder.read_bus_settings().unwrap();
}

#[test]
fn leftovers_of_a_write_that_died_are_named() {
    let house = House::new();
    fs::write(
        house
            .folder
            .path()
            .join("instances/.IntuneConnector_1.ini.0123456789ab.tmp"),
        "half",
    )
    .unwrap();
    assert_eq!(
        worst(&house),
        (FindingLevel::Warning, "is left over from an interrupted write".into())
    );
}

#[test]
fn wn_34_a_file_that_no_instance_reads_and_a_folder_that_is_missing_are_told() {
    let house = House::new();
    house.instance("");
    let copy = house.folder.path().join("instances/IntuneConnector_1 (copy).ini");
    fs::write(&copy, good()).unwrap();
    let bus_ini = "[targets]\ntarget_folders = reports=/srv/nothere; here=/tmp\n";
    fs::write(house.folder.bus_ini_path(), bus_ini).unwrap();
    let findings = examine_data_folder(house.folder.path());
    let told = |text: &str| findings.iter().find(|finding| finding.text.contains(text)).unwrap();
    let unread = told("is not read: the name of the file must be");
    assert_eq!(
        (unread.level, unread.subject.as_str()),
        (FindingLevel::Warning, copy.to_str().unwrap())
    );
    let missing = told("/srv/nothere (reports) does not exist");
    assert_eq!(missing.level, FindingLevel::Failure);
    assert!(missing.advice.contains("mkdir -p"), "{missing:?}");
    assert!(!findings.iter().any(|finding| finding.text.contains("/tmp (here)")));
}
