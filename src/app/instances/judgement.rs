//! Whether an instance can run with its settings. The start of an instance and everybody who writes settings judge by the
//! same function, so that nothing is written with which the instance would not start (B6).

use super::build::BuildError;
use crate::compliance::{self, NodeError};
use crate::config::doctor::{FindingLevel, InstanceFault};
use crate::config::{CredentialKind, CredentialUse, InstanceSettings};
use crate::entra::{EntraError, TokenSource};
use crate::inventory::projection::{FILTER, class_rule_name};
use crate::inventory::{ConditionError, DeviceCondition, DeviceProjection, ProjectionError, check_words};
use crate::observe::Clock;
use crate::sics::EngineError;

/// The key of any rule for a class.
const CLASS_RULE: &str = "class_N";

/// A setting that can be read and can't be used.
#[derive(Debug)]
pub(crate) struct SettingFault {
    /// As it is written: `node.gate.policy_2`.
    pub key: String,
    pub error: BuildError,
}

impl SettingFault {
    fn new(key: impl Into<String>, error: impl Into<BuildError>) -> SettingFault {
        SettingFault {
            key: key.into(),
            error: error.into(),
        }
    }

    /// Whether nothing can run with it. Where the credential of actions or a node is wrong, reading goes on.
    fn stops_instance(&self) -> bool {
        !matches!(&self.error, BuildError::Policy(_)) && !self.key.starts_with("actions_")
    }

    pub(crate) fn to_engine_error(&self) -> EngineError {
        EngineError::Settings {
            key: self.key.clone(),
            problem: self.error.to_string(),
            advice: self.error.advice(),
        }
    }
}

/// The same for whoever looks at a data folder without a bus (`doctor`).
pub(crate) fn judge_for_doctor(settings: &InstanceSettings) -> Vec<InstanceFault> {
    let told = |fault: SettingFault| InstanceFault {
        level: if fault.stops_instance() {
            FindingLevel::Failure
        } else {
            FindingLevel::Warning
        },
        problem: fault.error.to_string(),
        advice: fault.error.advice(),
        key: fault.key,
    };
    judge_settings(settings).into_iter().map(told).collect()
}

/// Everything that is wrong. Sends nothing.
pub(crate) fn judge_settings(settings: &InstanceSettings) -> Vec<SettingFault> {
    let mut faults = Vec::new();
    for (credential_use, credential) in settings.all_credentials() {
        if let Err(error) = TokenSource::for_credential(settings, credential, Clock::system()) {
            let key = credential_key(credential_use, &credential.kind, &error);
            faults.push(SettingFault::new(key, error));
        }
    }
    if let Err(error) = DeviceProjection::compile(&settings.devices, &[]) {
        faults.push(SettingFault::new(projection_key(settings, &error), error));
    }
    if let Some(condition) = &settings.actions.never_touch
        && let Err(error) = DeviceCondition::compile(condition)
    {
        faults.push(SettingFault::new("never_touch", BuildError::NeverTouch(error)));
    }
    for node in &settings.nodes {
        if let Err(error) = compliance::Node::new(node) {
            let key = format!("node.{}.policy_{}", node.name, error.number);
            faults.push(SettingFault::new(key, BuildError::Policy(error)));
        }
    }
    faults
}

/// Conditions that somebody writes now and in which a field is compared with what it never holds: they would find nothing,
/// without a word. Those that were there before go on, wherever they stand.
fn judge_new_conditions(before: Option<&InstanceSettings>, after: &InstanceSettings) -> Vec<SettingFault> {
    let kept = before.map(list_conditions).unwrap_or_default();
    let find_wrong_word = |source: &str| -> Option<ConditionError> {
        if kept.contains(&source) {
            return None;
        }
        DeviceCondition::compile(source).ok()?.check_words().err()
    };
    let mut faults = Vec::new();
    let devices = &after.devices;
    if let Some(source) = devices.filter.as_deref().and_then(find_wrong_word) {
        let place = FILTER.to_owned();
        faults.push(SettingFault::new(
            "filter",
            ProjectionError::Condition { place, source },
        ));
    }
    for rule in &devices.classes {
        if let Some(source) = find_wrong_word(&rule.condition) {
            let place = class_rule_name(&rule.class);
            faults.push(SettingFault::new(
                CLASS_RULE,
                ProjectionError::Condition { place, source },
            ));
        }
    }
    if let Some(error) = after.actions.never_touch.as_deref().and_then(find_wrong_word) {
        faults.push(SettingFault::new("never_touch", BuildError::NeverTouch(error)));
    }
    for settings in &after.nodes {
        let Ok(node) = compliance::Node::new(settings) else {
            continue;
        };
        for (rule, policy) in settings.policies.iter().zip(&node.policies) {
            if kept.contains(&rule.condition.as_str()) {
                continue;
            }
            if let Err(source) = check_words(policy.condition.expression()) {
                let (node, number) = (settings.name.clone(), policy.number);
                let key = format!("node.{node}.policy_{number}");
                faults.push(SettingFault::new(key, NodeError { node, number, source }));
            }
        }
    }
    faults
}

/// As they are written, wherever in the settings.
fn list_conditions(settings: &InstanceSettings) -> Vec<&str> {
    let devices = &settings.devices;
    let of_devices = devices
        .filter
        .iter()
        .chain(devices.classes.iter().map(|rule| &rule.condition));
    let of_nodes = settings.nodes.iter().flat_map(|node| &node.policies);
    of_devices
        .chain(&settings.actions.never_touch)
        .chain(of_nodes.map(|rule| &rule.condition))
        .map(String::as_str)
        .collect()
}

/// Why an instance does not start with these settings.
pub(crate) fn judge_start(settings: &InstanceSettings) -> Result<(), BuildError> {
    match judge_settings(settings).into_iter().find(SettingFault::stops_instance) {
        Some(fault) => Err(fault.error),
        None => Ok(()),
    }
}

/// The faults of settings that are changed.
#[derive(Debug, Default)]
pub(crate) struct ChangeFaults {
    /// The change brings them.
    pub new: Vec<SettingFault>,
    /// They were there before, and are as they were.
    pub old: Vec<SettingFault>,
}

pub(crate) fn judge_change(before: Option<&InstanceSettings>, after: &InstanceSettings) -> ChangeFaults {
    let mut faults = judge_settings(after);
    faults.extend(judge_new_conditions(before, after));
    if faults.is_empty() {
        return ChangeFaults::default();
    }
    let known = before.map(judge_settings).unwrap_or_default();
    let is_known = |fault: &SettingFault| {
        let same = |other: &SettingFault| other.key == fault.key && other.error.to_string() == fault.error.to_string();
        known.iter().any(same)
    };
    let (old, new) = faults.into_iter().partition(is_known);
    ChangeFaults { new, old }
}

/// Refuses settings that bring a fault. One that was there before holds nobody up who mends another.
pub(crate) fn refuse_new_faults(
    before: Option<&InstanceSettings>,
    after: &InstanceSettings,
) -> Result<(), EngineError> {
    match judge_change(before, after).new.first() {
        Some(fault) => Err(fault.to_engine_error()),
        None => Ok(()),
    }
}

/// The key whose value a credential fails by.
fn credential_key(credential_use: CredentialUse, kind: &CredentialKind, error: &EntraError) -> String {
    let prefix = match credential_use {
        CredentialUse::Main => "",
        CredentialUse::Next => "next_",
        CredentialUse::Actions => "actions_",
    };
    let key = match (error.code().as_str(), kind) {
        ("authorities", _) => return "ca".to_owned(),
        ("proxyAddress", _) => return "proxy".to_owned(),
        ("pfxPassword", _) => "pfx_password",
        ("keyUnreadable" | "keyDoesNotFit" | "keyNotRsa", CredentialKind::Pem { .. }) => "key",
        (_, CredentialKind::Secret(_)) => "secret",
        (_, CredentialKind::Pfx { .. }) => "pfx",
        (_, CredentialKind::Pem { .. }) => "cert",
        (_, CredentialKind::TokenFile(_)) => "token_file",
    };
    format!("{prefix}{key}")
}

fn projection_key(settings: &InstanceSettings, error: &ProjectionError) -> &'static str {
    match error {
        ProjectionError::UnknownField { .. }
        | ProjectionError::NeverRead { .. }
        | ProjectionError::OnlyInBeta { .. } => "fields",
        ProjectionError::ClassOfItself | ProjectionError::ClassName { .. } | ProjectionError::TooManyClasses => {
            CLASS_RULE
        }
        ProjectionError::Condition { .. } | ProjectionError::NotInLists { .. } => {
            let mut without_filter = settings.devices.clone();
            without_filter.filter = None;
            match DeviceProjection::compile(&without_filter, &[]) {
                Ok(_) => "filter",
                Err(_) => CLASS_RULE,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::config::InstanceDraft;

    fn settings(pairs: &[(&str, &str)]) -> InstanceSettings {
        let mut all = Map::from_iter([
            ("tenant_id".to_owned(), json!("contoso.example")),
            ("client_id".to_owned(), json!("c11e0000-0000-4000-8000-000000000001")),
            ("secret".to_owned(), json!("not~a~secret")),
        ]);
        all.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
        let draft = InstanceDraft::from_json(&Value::Object(all)).unwrap();
        draft.build_settings().unwrap()
    }

    fn keys(pairs: &[(&str, &str)]) -> Vec<String> {
        judge_settings(&settings(pairs))
            .into_iter()
            .map(|fault| fault.key)
            .collect()
    }

    #[test]
    fn b6_whatever_would_stop_an_instance_is_found_by_its_key() {
        assert!(keys(&[]).is_empty());
        for (pairs, key, stops) in [
            (&[("fields", "deviceName, serialNumbr")][..], "fields", true),
            (&[("filter", "operatingsystem == 'x'")], "filter", true),
            (&[("class_1", "phone: mdel == 'x'")], "class_N", true),
            (&[("never_touch", "operatingsystem == 1")], "never_touch", true),
            (
                &[("node.gate.policy_1", "COMPLIANT: operatingsystem == 'x'")],
                "node.gate.policy_1",
                false,
            ),
            (&[("actions_pfx", "bm8gcGZ4")], "actions_pfx", false),
            (&[("next_pfx", "bm8gcGZ4")], "next_pfx", true),
        ] {
            assert_eq!(keys(pairs), [key], "{pairs:?}");
            assert_eq!(judge_start(&settings(pairs)).is_err(), stops, "{pairs:?}");
            let refused = refuse_new_faults(None, &settings(pairs)).unwrap_err();
            assert!(
                matches!(refused, EngineError::Settings { key: named, .. } if named == key),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn wn_52_a_condition_that_is_written_now_compares_fields_with_what_they_may_hold() {
        for (key, value, told) in [
            ("never_touch", "isSupervised == \"true\"", "without quotes"),
            ("never_touch", "operatingSystem == \"ios\"", "did you mean \"iOS\"?"),
            ("filter", "imei != 490154203237518", "imei holds a text"),
            ("class_1", "kiosk: serialNumber in [12345]", "serialNumber holds a text"),
            (
                "node.gate.policy_1",
                "NONCOMPLIANT: isEncrypted == \"false\"",
                "isEncrypted is true or false",
            ),
            (
                "node.gate.policy_1",
                "NONCOMPLIANT: osVersion > 10",
                "osVersion holds a text",
            ),
        ] {
            let wrong = settings(&[(key, value)]);
            let refused = refuse_new_faults(None, &wrong).expect_err(value);
            let EngineError::Settings {
                key: named,
                problem,
                advice,
            } = &refused
            else {
                panic!("{value}: {refused:?}");
            };
            let is_named = named == key || named == CLASS_RULE && key == "class_1";
            assert!(is_named && problem.contains(told), "{value}: {named}: {problem}");
            // Nothing applies until then: it is the first one.
            assert!(
                advice.contains("write a ") && !advice.contains("until then"),
                "{value}: {advice}"
            );
            // What is kept goes on: the instance starts with it, and something else can be changed.
            judge_start(&wrong).expect(value);
            refuse_new_faults(Some(&wrong), &settings(&[(key, value), ("enabled", "no")])).expect(value);
        }
        let right = [
            ("never_touch", "isSupervised == true || operatingSystem == \"iOS\""),
            (
                "node.gate.policy_1",
                "NONCOMPLIANT: outcome == \"UNKNOWN\" && checkInHours > 2.0",
            ),
        ];
        refuse_new_faults(None, &settings(&right)).expect("what is right is taken");
    }

    #[test]
    fn b6_a_fault_that_was_there_holds_up_no_other_change() {
        let wrong = ("fields", "serialNumbr");
        let before = settings(&[wrong]);
        refuse_new_faults(Some(&before), &settings(&[wrong, ("enabled", "no")])).unwrap();
        refuse_new_faults(Some(&before), &settings(&[("fields", "nonsense")])).unwrap_err();
        refuse_new_faults(Some(&before), &settings(&[wrong, ("never_touch", "x == 1")])).unwrap_err();
    }
}
