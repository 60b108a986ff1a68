//! Whether an instance can run with its settings. The start of an instance and everybody who writes settings judge by the
//! same function, so that nothing is written with which the instance would not start (B6).

use super::build::BuildError;
use crate::compliance;
use crate::config::doctor::{FindingLevel, InstanceFault};
use crate::config::{CredentialKind, CredentialUse, InstanceSettings};
use crate::entra::{EntraError, TokenSource};
use crate::inventory::{DeviceCondition, DeviceProjection, ProjectionError};
use crate::observe::Clock;
use crate::sics::EngineError;

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
            advice: self.error.to_failure().advice,
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
        advice: fault.error.to_failure().advice,
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
    let faults = judge_settings(after);
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
            "class_N"
        }
        ProjectionError::Condition { .. } | ProjectionError::NotInLists { .. } => {
            let mut without_filter = settings.devices.clone();
            without_filter.filter = None;
            match DeviceProjection::compile(&without_filter, &[]) {
                Ok(_) => "filter",
                Err(_) => "class_N",
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
    fn b6_a_fault_that_was_there_holds_up_no_other_change() {
        let wrong = ("fields", "serialNumbr");
        let before = settings(&[wrong]);
        refuse_new_faults(Some(&before), &settings(&[wrong, ("enabled", "no")])).unwrap();
        refuse_new_faults(Some(&before), &settings(&[("fields", "nonsense")])).unwrap_err();
        refuse_new_faults(Some(&before), &settings(&[wrong, ("never_touch", "x == 1")])).unwrap_err();
    }
}
