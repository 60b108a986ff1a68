//! Settings from command lines, requests and loose files, with nothing kept.

use std::fs;

use intune_connector::config::{Audience, CredentialKind, InstanceDraft, SettingSource};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{CLIENT, House, TENANT, assert_complaint, good, pairs, secret_of};
use crate::support::canary;

#[test]
fn a_draft_makes_settings_with_nothing_kept() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("s");
    fs::write(&secret, canary::SECRET).unwrap();
    let draft = InstanceDraft::from_pairs(pairs(&secret)).unwrap();
    let settings = draft.build_settings().unwrap();
    assert_eq!(settings.tenant_id, "contoso.onmicrosoft.com");
    assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "nothing but the secret's own file"
    );
}

#[test]
fn a_file_without_sections_and_flags_over_it_make_a_draft() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("s"), "in the file").unwrap();
    fs::write(dir.path().join("t"), "assertion").unwrap();
    let file = dir.path().join("tenant.ini");
    fs::write(
        &file,
        format!("{TENANT}\n{CLIENT}\nsecret_file = s\nsecret_expires_on = 2027-01-01\npage_size = 7\n"),
    )
    .unwrap();
    let below = InstanceDraft::from_file(&file).unwrap();
    assert_eq!(
        secret_of(&below.build_settings().unwrap().credential.kind),
        "in the file"
    );

    let token = dir.path().join("t").display().to_string();
    let flags = InstanceDraft::from_pairs([("token_file", token.as_str()), ("page_size", "9")]).unwrap();
    let settings = below.overlay_with(flags).build_settings().unwrap();
    assert_eq!(settings.scan.page_size, 9);
    assert!(matches!(settings.credential.kind, CredentialKind::TokenFile(path) if path == dir.path().join("t")));
}

#[test]
fn json_of_the_api_makes_the_same_settings() {
    let draft = InstanceDraft::from_json(&json!({
        "tenant_id": "11111111-2222-3333-4444-555555555555",
        "client_id": "66666666-7777-8888-9999-000000000000",
        "secret": canary::SECRET, "page_size": 500, "enabled": false, "servers": ["cmdb", "itam"], "filter": null,
    }));
    let settings = draft.unwrap().build_settings().unwrap();
    assert_eq!(settings.scan.page_size, 500);
    assert!(!settings.enabled);
    assert!(matches!(settings.audience, Audience::Servers(ids) if ids.len() == 2));
}

#[test]
fn wi_22_an_action_that_is_never_refused_on_personal_devices_is_not_newly_allowed_there() {
    for draft in [
        InstanceDraft::from_pairs([("personal_allowed", "wipe, sync")]),
        InstanceDraft::from_json(&json!({"personal_allowed": "sync"})),
    ] {
        let error = draft.unwrap_err();
        assert!(error.problem.contains("sync is never refused"), "{error}");
        assert!(
            error.advice.contains("wipe, locate, resetPasscode, freshStart"),
            "{error}"
        );
    }
    assert!(InstanceDraft::from_pairs([("personal_allowed", "wipe, locate")]).is_ok());
    // A file of before says it without effect, and opens.
    let house = House::new();
    let name = house.instance(&format!("{}personal_allowed = wipe, sync\n", good()));
    house.folder.read_instance(&name).unwrap();
}

#[test]
fn wi_23_a_name_that_no_node_can_have_is_told_as_one() {
    for (key, node) in [
        ("node.my gate.header", "\"my gate\""),
        ("node.gate.one.header", "\"gate.one\""),
        ("node..header", "\"\""),
    ] {
        let error = InstanceDraft::from_pairs([(key, "x-id")]).unwrap_err();
        assert_eq!(error.problem, format!("{node} is not the name of a node"));
        assert!(error.advice.contains("1 to 40"), "{error}");
    }
    let error = InstanceDraft::from_pairs([("node.gate.heder", "x-id")]).unwrap_err();
    assert_eq!(error.problem, "there is no such key");
}

#[test]
fn wi_24_that_a_tenant_can_not_be_changed_is_told_whatever_else_is_wrong() {
    let house = House::new();
    let name = house.instance(&format!("{}verbs = sync\n", good()));
    let before = house.folder.read_instance_draft(&name).unwrap();
    let change = InstanceDraft::from_pairs([("tenant_id", "contoso.example")]).unwrap();
    let error = before.check_change(&change).unwrap_err();
    assert!(error.problem.contains("cannot be changed"), "{error}");
    assert!(error.advice.contains("add another instance"), "{error}");
}

#[test]
fn wi_25_the_key_of_the_bus_is_no_secret_of_anything_else() {
    let house = House::new();
    let name = house.instance(&good());
    let key = house.folder.path().join("secret.key");
    let by_path = InstanceDraft::from_pairs(pairs(&key)).unwrap().build_settings();
    let error = by_path.unwrap_err();
    assert!(error.problem.contains("is the key of the bus"), "{error}");
    assert!(
        !error.to_string().contains(fs::read_to_string(&key).unwrap().trim()),
        "{error}"
    );
    // A copy elsewhere, as the bus gets it by a request.
    let copy = json!({
        "tenant_id": "contoso.onmicrosoft.com", "client_id": "66666666-7777-8888-9999-000000000000",
        "secret": fs::read_to_string(&key).unwrap().trim(),
    });
    let seal = Some(house.folder.instance_seal(&name));
    let by_content = InstanceDraft::from_json(&copy).unwrap().build_settings_with(seal);
    assert!(by_content.unwrap_err().problem.contains("is the key of the bus"));
}

#[test]
fn wrong_drafts_are_refused_with_key_and_advice() {
    #[rustfmt::skip]
    let pairs: &[(&str, &str, &str, &str)] = &[
        ("secret", canary::SECRET, "not accepted as arguments", "secret_file"),
        ("next_pfx_password", canary::PFX_PASSWORD, "not accepted as arguments", "next_pfx_password_file"),
        ("page_size", "5000", "out of range", "1 to 1000"),
        ("pagesize", "5", "no such key", "page_size"),
    ];
    for (key, value, problem, advice) in pairs {
        let error = InstanceDraft::from_pairs([(*key, *value)]).unwrap_err();
        assert_complaint(&error, "--set", key, (0, key, problem, ""));
        assert!(error.advice.contains(advice), "{error}");
    }
    let error = InstanceDraft::from_pairs([("zone", "UTC"), ("zone", "UTC")]).unwrap_err();
    assert_complaint(&error, "--set", "", (0, "zone", "given twice", "once"));
    let error = InstanceDraft::split_pair(canary::SECRET).unwrap_err();
    assert_complaint(&error, "--set", "", (0, "", "no =", "--set key=value"));

    for (json, key, problem) in [
        (json!([1]), "", "not a JSON object"),
        (json!({"proxy": {"url": "x"}}), "proxy", "is an object"),
        (json!({"servers": ["a", 1]}), "servers", "values that are not strings"),
        (
            json!({"secret_file": "/etc/passwd"}),
            "secret_file",
            "paths are not accepted",
        ),
        (
            json!({"next_key_file": "/etc/passwd"}),
            "next_key_file",
            "paths are not accepted",
        ),
        (json!({"secret": "abc… (40 characters)"}), "secret", "shortened form"),
        (
            json!({"secret": "sealed:v1:AAAA\nlogin_url = https://attacker.example"}),
            "secret",
            "only accepted from a file",
        ),
        (
            json!({"proxy_user": "me\nlogin_url = https://attacker.example"}),
            "proxy_user",
            "control characters",
        ),
        (json!({"filter": "true\r\nfull = off"}), "filter", "control characters"),
        (json!({"servers": ["a\nb"]}), "servers", "control characters"),
        (json!({"ca_file": "ca.pem"}), "ca_file", "paths are not accepted"),
        (
            json!({"token_file": "/run/token"}),
            "token_file",
            "paths are not accepted",
        ),
        (json!({"page_size": 1.5}), "page_size", "not a whole number"),
    ] {
        let error = InstanceDraft::from_json(&json).unwrap_err();
        assert_complaint(&error, "request", &json.to_string(), (0, key, problem, ""));
    }
}

#[test]
fn e1_a_request_can_not_have_a_file_of_this_machine_sent_to_a_host_of_its_choice() {
    let draft = InstanceDraft::from_json(&json!({
        "tenant_id": "contoso.com", "client_id": "66666666-7777-8888-9999-000000000000",
        "token_file": "/etc/shadow",
    }));
    let told = (
        0,
        "token_file",
        "paths are not accepted in requests",
        "instances token-file",
    );
    assert_complaint(&draft.unwrap_err(), "request", "", told);
}

#[test]
fn e1_a_request_that_leads_the_sign_in_elsewhere_must_bring_the_credential() {
    let house = House::new();
    let name = house.instance(&good());
    for (key, value) in [
        ("login_url", "https://attacker.example"),
        ("graph_url", "https://attacker.example"),
        ("cloud", "china"),
        ("ca", include_str!("../../fixtures/certs/cert.pem")),
    ] {
        let error = house
            .folder
            .change_instance(&name, &InstanceDraft::from_json(&json!({ key: value })).unwrap());
        assert_complaint(
            &error.unwrap_err(),
            "request",
            key,
            (0, key, "to another destination", "again"),
        );
        let with = InstanceDraft::from_json(&json!({ key: value, "secret": "new" })).unwrap();
        assert!(house.folder.change_instance(&name, &with).is_ok());
        let back = InstanceDraft::from_json(&json!({ key: null, "secret": canary::SECRET })).unwrap();
        assert!(house.folder.change_instance(&name, &back).is_ok());
    }
}

#[test]
fn a_command_sends_the_content_of_secret_files_not_their_names() {
    let house = House::new();
    let own = include_str!("../../fixtures/certs/cert.pem");
    let cert = house.file("c.pem", own);
    let own_key = include_str!("../../fixtures/certs/key.pem");
    let key = house.file("k.pem", own_key);
    let pfx = house.file("n.pfx", [1u8, 2, 255]);
    let given = [
        ("tenant_id", "contoso.com".to_owned()),
        ("client_id", "66666666-7777-8888-9999-000000000000".to_owned()),
        ("cert_file", cert.display().to_string()),
        ("key_file", key.display().to_string()),
        ("next_pfx_file", pfx.display().to_string()),
        ("filter", String::new()),
    ];
    let request = InstanceDraft::from_pairs(given).unwrap().to_request().unwrap();
    assert_eq!(request["next_pfx"], "AQL/");
    assert_eq!(request["filter"], serde_json::Value::Null);
    assert!(!request.to_string().contains("_file"), "{request}");

    let settings = InstanceDraft::from_json(&request).unwrap().build_settings().unwrap();
    let CredentialKind::Pem { certificate, key } = settings.credential.kind else {
        panic!("PEM is wanted")
    };
    assert_eq!(certificate.trim_end(), own.trim_end());
    assert!(key.expose_secret().trim_end() == own_key.trim_end(), "it is the key");
}

#[test]
fn a_secret_from_a_prompt_joins_a_draft() {
    let mut draft = InstanceDraft::from_pairs([
        ("tenant_id", "contoso.com"),
        ("client_id", "66666666-7777-8888-9999-000000000000"),
    ])
    .unwrap();
    draft
        .add_secret("secret", &canary::SECRET.into(), SettingSource::Prompt)
        .unwrap();
    assert_eq!(
        secret_of(&draft.build_settings().unwrap().credential.kind),
        canary::SECRET
    );
    assert_eq!(draft.to_request().unwrap()["secret"], canary::SECRET);
    assert_eq!(draft.get("secret"), None);
    let error = draft
        .add_secret("zone", &canary::TOKEN.into(), SettingSource::Prompt)
        .unwrap_err();
    assert_complaint(&error, "--set", "", (0, "zone", "is not a secret", "any other key"));
}
