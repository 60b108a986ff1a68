//! Instances written, listed, changed and removed; writes that died.

use std::fs;

use intune_connector::config::{CredentialKind, InstanceDraft};
use intune_connector::model::InstanceName;

use super::{CLIENT, House, TENANT, good, pairs, secret_of};
use crate::support::canary;

#[test]
fn leftovers_of_a_write_that_died_are_ignored() {
    let house = House::new();
    let name = house.instance(&good());
    let instances = house.folder.path().join("instances");
    fs::write(instances.join(".IntuneConnector_1.ini.0123456789ab.tmp"), "half a fi").unwrap();
    fs::write(instances.join(".IntuneConnector_2.ini.0123456789ab.tmp"), "half a fi").unwrap();
    fs::write(instances.join("IntuneConnector_1.ini.bak"), "rubbish").unwrap();
    assert_eq!(house.folder.list_instances().unwrap(), std::slice::from_ref(&name));
    assert!(house.folder.read_instance(&name).is_ok());
}

#[test]
fn instances_are_listed_by_number() {
    let house = House::new();
    for n in [10, 2, 1] {
        fs::write(
            house.folder.path().join(format!("instances/IntuneConnector_{n}.ini")),
            "",
        )
        .unwrap();
    }
    let names: Vec<String> = house
        .folder
        .list_instances()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["IntuneConnector_1", "IntuneConnector_2", "IntuneConnector_10"]);
}

#[test]
fn an_instance_is_written_read_changed_and_removed() {
    let house = House::new();
    let folder = &house.folder;
    let secret = house.file("s", canary::SECRET);
    let name: InstanceName = "IntuneConnector_7".parse().unwrap();
    let mut given = pairs(&secret);
    given.push(("class_2".into(), "phone: true".into()));
    given.push(("class_1".into(), "tv: operatingSystem == \"tvOS\"".into()));
    folder
        .write_instance(&name, &InstanceDraft::from_pairs(given.clone()).unwrap())
        .unwrap();
    fs::remove_file(&secret).unwrap();

    let settings = folder.read_instance(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);
    let classes: Vec<&str> = settings
        .devices
        .classes
        .iter()
        .map(|rule| rule.class.as_str())
        .collect();
    assert_eq!(classes, ["tv", "phone"]);

    let mut text = house.text(&name);
    text.push_str("# by hand\n");
    fs::write(folder.instance_ini_path(&name), &text).unwrap();
    let change = InstanceDraft::from_pairs([("page_size", "250"), ("class_2", ""), ("zone", "Europe/Berlin")]).unwrap();
    let settings = folder.change_instance(&name, &change).unwrap();
    assert_eq!(
        (settings.scan.page_size, settings.scan.zone.name()),
        (250, "Europe/Berlin")
    );
    assert_eq!(settings.devices.classes.len(), 1);
    assert!(house.text(&name).contains("# by hand\n"));

    house.file("s", "again");
    let error = folder
        .write_instance(&name, &InstanceDraft::from_pairs(given).unwrap())
        .unwrap_err();
    assert!(
        error.problem.contains("an instance with this name already exists"),
        "{error}"
    );
    folder.remove_instance(&name).unwrap();
    assert_eq!(folder.list_instances().unwrap(), []);
}

#[test]
fn a_change_that_does_not_fit_leaves_the_file_as_it_was() {
    let house = House::new();
    let name = house.instance(&good());
    house.folder.read_instance(&name).unwrap();
    let before = house.text(&name);
    for (key, value, problem) in [
        ("full", "off", "missing devices are never detected"),
        ("proxy_user", "me", "given without proxy"),
        ("tenant_id", "contoso.com", "cannot be changed"),
        ("client_id", "", "to another destination"),
    ] {
        let draft = InstanceDraft::from_pairs([(key, value)]).unwrap();
        let error = house.folder.change_instance(&name, &draft).unwrap_err();
        assert!(error.problem.contains(problem), "{error}");
        assert_eq!(house.text(&name), before);
    }
}

#[test]
fn another_kind_of_credential_takes_the_place_of_the_present_one() {
    let house = House::new();
    let name = house.instance(&format!("{}secret_expires_on = 2027-01-01\n", good()));
    let token = house.file("t", "x").display().to_string();
    let change = InstanceDraft::from_pairs([("token_file", token.as_str())]).unwrap();
    let settings = house.folder.change_instance(&name, &change).unwrap();
    assert!(matches!(settings.credential.kind, CredentialKind::TokenFile(_)));
    assert!(!house.text(&name).contains("secret"), "{}", house.text(&name));
}

#[test]
fn the_next_credential_proven_becomes_the_present_one() {
    let house = House::new();
    let name = house.instance(&format!(
        "[tenant]\n{TENANT}\n{CLIENT}\n[sign-in]\nsecret = {}\nsecret_expires_on = 2026-12-01\n[next sign-in]\nnext_secret = {}\nnext_client_id = aaaaaaaa-7777-8888-9999-000000000000\n",
        canary::SECRET,
        canary::NEXT_SECRET
    ));
    let settings = house.folder.promote_next_credential(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), canary::NEXT_SECRET);
    assert_eq!(settings.client_id, "aaaaaaaa-7777-8888-9999-000000000000");
    assert_eq!(settings.credential.expires_on, None);
    assert!(settings.next_credential.is_none());
    let error = house.folder.promote_next_credential(&name).unwrap_err();
    assert!(error.problem.contains("no next credential"), "{error}");
}
