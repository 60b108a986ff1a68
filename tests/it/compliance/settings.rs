//! Nodes in the settings: sections of the instance's file, flat keys everywhere else.

use std::fs;

use intune_connector::config::doctor::{self, FindingLevel};
use intune_connector::config::{DataFolder, InstanceDraft, InstanceSettings, MultiDeviceRule};
use intune_connector::model::{ComplianceOutcome, InstanceName};
use secrecy::ExposeSecret;

use crate::support::canary;

const BASE: &str =
    "tenant_id = 11111111-2222-3333-4444-555555555555\nclient_id = 66666666-7777-8888-9999-000000000000\n";

struct House {
    _dir: tempfile::TempDir,
    folder: DataFolder,
    name: InstanceName,
}

impl House {
    fn new(rest: &str) -> House {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path().join("data")).unwrap();
        let name: InstanceName = "IntuneConnector_1".parse().unwrap();
        let text = format!("{BASE}secret = {}\n{rest}", canary::SECRET);
        fs::write(folder.instance_ini_path(&name), text).unwrap();
        House {
            _dir: dir,
            folder,
            name,
        }
    }

    fn settings(&self) -> InstanceSettings {
        self.folder.read_instance(&self.name).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.instance_ini_path(&self.name)).unwrap()
    }

    fn change(&self, pairs: &[(&str, &str)]) {
        let draft = InstanceDraft::from_pairs(pairs.iter().copied()).unwrap();
        self.folder.change_instance(&self.name, &draft).unwrap();
    }
}

#[test]
fn pn01_several_nodes_stand_in_sections_with_all_their_settings() {
    let house = House::new(
        "[node gate]\nheader = X-Device\nallowed = compliant, INGRACEPERIOD\nforbidden_apps = Torrent; Chess, Deluxe\n\
         several_devices = refuse\npolicy_2 = CONFLICT: a\npolicy_1 = NONCOMPLIANT: b\nmax_check_in_hours = 24\n\
         [node old]\ncompatible = yes\nid_from_shared_state = yes\nsave_properties = yes\nsave_apps = yes\nheader = device\n",
    );
    let settings = house.settings();
    let [gate, old] = settings.nodes.as_slice() else {
        panic!("{:?}", settings.nodes)
    };
    assert_eq!((gate.name.as_str(), gate.header.as_str()), ("gate", "X-Device"));
    let allowed: Vec<_> = gate.allowed.iter().copied().collect();
    assert_eq!(
        allowed,
        [ComplianceOutcome::Compliant, ComplianceOutcome::InGracePeriod]
    );
    assert_eq!(gate.forbidden_apps, ["Torrent", "Chess, Deluxe"]);
    assert_eq!(gate.several_devices, MultiDeviceRule::Refuse);
    assert_eq!(gate.max_check_in_hours, Some(24));
    let policies: Vec<&str> = gate.policies.iter().map(|policy| policy.condition.as_str()).collect();
    assert_eq!(policies, ["b", "a"], "in the order of their numbers");
    assert!(old.compatible && old.id_from_shared_state && old.save_properties && old.save_apps);
    assert!(!old.reasons, "the original tells none");
    let none = House::new("").settings();
    assert_eq!((none.nodes.len(), none.nodes[0].name.as_str()), (1, "default"));
}

#[test]
fn nodes_are_changed_line_by_line_in_their_own_section() {
    let house = House::new("\n[node gate]\n# ours\nheader = x-intune\n\n[scan]\njitter_s = 0\n");
    house.change(&[
        ("node.gate.header", "x-device"),
        ("node.gate.cache_s", "5"),
        ("node.new.reasons", "no"),
    ]);
    let text = house.text();
    assert!(
        text.contains("[node gate]\n# ours\nheader = x-device\ncache_s = 5\n\n[scan]\njitter_s = 0\n"),
        "{text}"
    );
    assert!(text.ends_with("\n[node new]\nreasons = no\n"), "{text}");
    assert_eq!(house.settings().nodes.len(), 2);
    house.change(&[("node.gate.header", ""), ("node.gate.cache_s", "")]);
    assert!(!house.text().contains("[node gate]"), "{}", house.text());
    assert_eq!(house.settings().nodes[0].name, "new");
}

#[test]
fn e1_pn13_the_users_password_is_sealed_like_every_secret_and_warned_of() {
    let grant = "[node old]\ncompatible = yes\npassword_grant = yes\nuser_name = admin@contoso.example\n";
    let house = House::new(&format!("{grant}user_password = {}\n", canary::OPERATOR_PASSWORD));
    let node = house.settings().nodes[0].clone();
    let grant = node.password_grant.as_ref().unwrap();
    assert_eq!(grant.password.expose_secret(), canary::OPERATOR_PASSWORD);
    canary::assert_no_canary(&format!("{node:?}"));
    canary::assert_no_canary(&house.text());
    assert!(house.text().contains("\nuser_password = sealed:"), "{}", house.text());
    let shown = house
        .folder
        .read_instance_draft(&house.name)
        .unwrap()
        .to_redacted_json(Some(house.folder.instance_seal(&house.name)));
    canary::assert_no_canary(&shown.to_string());
    let findings = doctor::examine_data_folder(house.folder.path());
    let warned = findings
        .iter()
        .any(|finding| finding.level == FindingLevel::Warning && finding.text.contains("with a password"));
    assert!(warned, "{findings:?}");
}

#[test]
fn e1_a_request_that_leads_the_sign_in_elsewhere_does_not_take_the_users_password_along() {
    let grant = "[node old]\ncompatible = yes\npassword_grant = yes\nuser_name = a@b.example\nuser_password = canary\n";
    let house = House::new(grant);
    let elsewhere = serde_json::json!({"login_url": "https://evil.example", "secret": "new"});
    let draft = InstanceDraft::from_json(&elsewhere).unwrap();
    let error = house.folder.change_instance(&house.name, &draft).unwrap_err();
    assert!(error.advice.contains("node.old.user_password"), "{error}");
}

#[test]
fn wrong_nodes_are_refused_with_line_key_and_advice() {
    // Line 4 is the section.
    #[rustfmt::skip]
    let table: &[(&str, u32, &str, &str, &str)] = &[
        ("[node gate]\nhaeder = x", 5, "node.gate.haeder", "no such key", "did you mean header?"),
        ("[node gate]\npage_size = 5", 5, "node.gate.page_size", "no such key", ""),
        ("[scan]\nheader = x", 5, "header", "no such key", ""),
        ("[node]\nheader = x", 4, "", "no section [node]", ""),
        ("[node ga te]\nheader = x", 4, "", "not a valid node name", "letters, digits"),
        ("[node gate]\n[scan]\njitter_s = 1", 4, "", "has no settings", "header = x-intune"),
        ("[node gate]\nheader = x\nheader = y", 6, "node.gate.header", "appears twice, first in line 5", "keep one"),
        ("[node gate]\nheader = x\n[node gate]\ncache_s = 1", 6, "", "appears twice", "one header"),
        ("[node gate]\nheader = x\n[node Gate]\nheader = y", 5, "node.gate.header", "two nodes", "upper and lower"),
        ("[node gate]\nheader = x intune", 5, "node.gate.header", "not a valid header name", "x-intune"),
        ("[node gate]\ntime_budget_ms = 100", 5, "node.gate.time_budget_ms", "out of range", "200 to 60000"),
        ("[node gate]\nallowed = GOOD", 5, "node.gate.allowed", "not an outcome", "COMPLIANT"),
        ("[node gate]\nallowed = COMPLIANT, ERROR", 5, "node.gate.allowed", "ERROR would allow", "remove it"),
        ("[node gate]\npolicy_1 = true", 5, "node.gate.policy_1", "not a policy", "NONCOMPLIANT: "),
        ("[node gate]\npolicy_1 = NOID: true", 5, "node.gate.policy_1", "cannot be the outcome of a policy", ""),
        ("[node gate]\nforbidden_apps = a;;b", 5, "node.gate.forbidden_apps", "empty name", "semicolon"),
        ("[node gate]\nforbidden_apps = a\napps_optional = yes", 6, "node.gate.apps_optional", "cannot be optional", "remove one"),
        ("[node gate]\ncompatible = yes\nmax_check_in_hours = 1", 6, "node.gate.max_check_in_hours", "original does not have this key", "compatible = no"),
        ("[node gate]\ncompatible = yes\npolicy_7 = CONFLICT: true", 6, "node.gate.policy_7", "original does not have this key", "compatible = no"),
        ("[node gate]\ncompatible = yes\ninventory_answers = yes", 6, "node.gate.inventory_answers", "original does not have this key", ""),
        ("[node gate]\npassword_grant = yes\nuser_name = a@b\nuser_password = x", 5, "node.gate.password_grant", "only a node with compatible", "own credential"),
        ("[node gate]\nuser_name = a@b", 5, "node.gate.user_name", "without password_grant", "remove it"),
        ("[node gate]\ncompatible = yes\npassword_grant = yes\nuser_password = x", 6, "node.gate.password_grant", "user_name is missing", "add user_name"),
        ("[node gate]\ncompatible = yes\npassword_grant = yes\nuser_name = a@b", 6, "node.gate.password_grant", "password is missing", "user_password_file"),
        ("[node gate]\ninventory_max_minutes = 61", 5, "node.gate.inventory_max_minutes", "out of range", "1 to 60"),
    ];
    for (rest, line, key, problem, advice) in table {
        let house = House::new(rest);
        let error = house.folder.read_instance(&house.name).unwrap_err();
        assert_eq!(
            (error.line, error.key.as_str()),
            (Some(*line), *key),
            "{rest}\n→ {error}"
        );
        assert!(
            error.problem.contains(problem) && error.advice.contains(advice),
            "{rest}\n→ {error}"
        );
    }
    let in_arguments = InstanceDraft::from_pairs([("node.gate.user_password", "x")]).unwrap_err();
    assert!(in_arguments.advice.contains("user_password_file"), "{in_arguments}");
}
