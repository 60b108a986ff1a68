//! What the bus requires of a product's code. The app implements it for its own products; a product that consists only
//! of files needs no code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::LocalizedText;
use crate::contract::{CheckStep, Diagnosis};
use crate::model::{ConfirmableEffect, EffectConfirmation, Language, OperatorId};
use crate::store::{NewRegistration, RegistrationRow};

pub trait InstallationHost: Send + Sync + 'static {
    /// Kinds of microservices that it can run.
    fn microservice_kinds(&self) -> &'static [&'static str];

    /// Names of the actions that a template may call for.
    fn action_names(&self) -> &'static [&'static str];

    /// Whether the settings of a microservice of this kind are kept by the host; the bus keeps those of all others.
    fn owns_settings(&self, kind: &str) -> bool {
        let _ = kind;
        false
    }

    /// Whether a microservice of this kind needs its secrets whenever it starts, where the bus keeps its settings: then
    /// they are kept, sealed; of all others they are erased when the installation has ended.
    fn needs_secrets(&self, kind: &str) -> bool {
        let _ = kind;
        false
    }

    /// What is wrong with settings, as far as it can be told without sending anything. `number`: the installation that
    /// they are to change.
    fn check_settings<'a>(&'a self, wanted: &'a DesiredSettings, number: Option<i64>)
    -> BoxFuture<'a, CheckedSettings>;

    /// Runs an action of a template; the sender is dropped after the last step.
    fn run_action<'a>(
        &'a self,
        action: &'a str,
        wanted: DesiredSettings,
        number: Option<i64>,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<CheckStep>, HostError>>;

    /// Settings in which a registration that was answered is replaced by what it stands for, its certificate and key.
    /// Whoever takes settings from answers calls this before anything else is done with them.
    fn resolve_registration<'a>(
        &'a self,
        wanted: DesiredSettings,
        number: Option<i64>,
    ) -> BoxFuture<'a, Result<DesiredSettings, FieldFinding>> {
        let _ = number;
        Box::pin(async move { Ok(wanted) })
    }

    /// Makes a key and a certificate for an application that is to be registered, or gets another one, and says what is to
    /// be done. Nothing is kept yet.
    fn begin_registration<'a>(
        &'a self,
        wanted: DesiredSettings,
        number: Option<i64>,
        language: Language,
    ) -> BoxFuture<'a, Result<NewRegistration, HostError>> {
        let _ = (wanted, number, language);
        Box::pin(async { Err(no_registration_error()) })
    }

    /// How far the registration has come; the sender is dropped after the last step. `application`: what was registered,
    /// where the answers do not say it.
    fn check_registration<'a>(
        &'a self,
        registration: &'a RegistrationRow,
        application: &'a RegisteredApplication,
        wanted: DesiredSettings,
    ) -> BoxFuture<'a, Result<mpsc::Receiver<CheckStep>, HostError>> {
        let _ = (registration, application, wanted);
        Box::pin(async { Err(no_registration_error()) })
    }

    /// Makes one part of installation `number`. A process that died may have made it before, wholly or in part.
    fn install_member<'a>(
        &'a self,
        number: i64,
        member: &'a ProductMember,
        wanted: &'a DesiredSettings,
    ) -> BoxFuture<'a, Result<(), HostError>>;

    /// Removes a part, however far its installation came.
    fn remove_member<'a>(&'a self, number: i64, member: &'a ProductMember) -> BoxFuture<'a, Result<(), HostError>>;

    /// Lets the removal of an installation through where all that it takes from others was confirmed as it is. From then
    /// on nothing of the installation adds to it.
    fn confirm_removal(&self, number: i64, confirm: Option<EffectConfirmation>)
    -> BoxFuture<'_, Result<(), HostError>>;

    /// Current settings of an installation, by key; never a secret (E1).
    fn current_settings(&self, number: i64) -> BoxFuture<'_, Result<Map<String, Value>, HostError>>;

    /// Changes the settings that are given. `confirm`: what was shown before.
    fn change_settings<'a>(
        &'a self,
        number: i64,
        wanted: &'a DesiredSettings,
        confirm: Option<EffectConfirmation>,
    ) -> BoxFuture<'a, Result<(), HostError>>;

    /// The bus keeps other settings for a part from now on: what runs takes them.
    fn apply_kept_settings<'a>(&'a self, number: i64, member: &'a ProductMember) -> BoxFuture<'a, ()> {
        let _ = (number, member);
        Box::pin(async {})
    }
}

/// An application as people name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisteredApplication {
    pub tenant_id: Option<String>,
    pub client_id: Option<String>,
}

fn no_registration_error() -> HostError {
    HostError::new(
        "noRegistration",
        "the product signs in nowhere, so there is no application to register",
        "install it without one",
    )
}

/// What is wrong with settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedSettings {
    /// They stand in the way.
    pub findings: Vec<FieldFinding>,
    /// Of settings that are changed: what was wrong before and was not touched. It stands in nobody's way.
    pub warnings: Vec<FieldFinding>,
}

impl CheckedSettings {
    pub fn from_findings(findings: Vec<FieldFinding>) -> CheckedSettings {
        CheckedSettings {
            findings,
            warnings: Vec::new(),
        }
    }
}

/// A part of a product: each installation has one of each, with its number behind the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductMember {
    pub name: String,
    pub kind: MemberKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MemberKind {
    /// Runs under the supervisor; which code it is says its kind.
    Microservice(String),
    /// A definition (`file`) that runs in the workflow engine of this name.
    Workflow { file: String, engine: String },
}

impl ProductMember {
    /// `IntuneConnector_1`: the name of this part in one installation.
    pub fn installed_name(&self, number: i64) -> String {
        format!("{}_{number}", self.name)
    }
}

/// Settings as they follow from answers. Secrets are in clear text, so `Debug` shows keys only.
#[derive(Clone, Default)]
pub struct DesiredSettings {
    pub product: String,
    /// The name that people gave this installation.
    pub profile: String,
    /// Who asks for it.
    pub by: Option<OperatorId>,
    /// By the part that they are for, then by key; empty text removes a key when an installation is changed.
    pub settings: BTreeMap<String, PartSettings>,
    /// By part: secret settings that are not asked with these answers. What is kept of them goes with a change.
    pub unasked_secrets: BTreeMap<String, BTreeSet<String>>,
    /// The field in which a setting was answered; findings about the setting are reported there.
    pub fields: BTreeMap<String, String>,
    /// The id of the registration that the sign-in was taken from.
    pub registration: Option<String>,
}

pub type PartSettings = BTreeMap<String, Zeroizing<String>>;

impl DesiredSettings {
    /// Of one part.
    pub fn part_settings(&self, part: &str) -> PartSettings {
        self.settings.get(part).cloned().unwrap_or_default()
    }

    /// The field for a setting; the setting itself where no field has it.
    pub fn field_for<'a>(&'a self, key: &'a str) -> &'a str {
        self.fields.get(key).map_or(key, String::as_str)
    }
}

impl fmt::Debug for DesiredSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.settings.values().flat_map(BTreeMap::keys).collect();
        f.debug_struct("DesiredSettings")
            .field("product", &self.product)
            .field("profile", &self.profile)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the answer in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFinding {
    /// Empty where the page as a whole is meant.
    pub field: String,
    /// Stable, for machines.
    pub code: String,
    pub problem: LocalizedText,
    pub advice: LocalizedText,
}

impl FieldFinding {
    /// As it is told in one language.
    pub fn in_language(&self, language: Language) -> Diagnosis {
        Diagnosis::new(self.problem.in_language(language), self.advice.in_language(language))
            .with_code(self.code.as_str())
            .with_field(self.field.as_str())
    }
}

/// Why the host refused or failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct HostError {
    /// Stable, for machines.
    pub code: String,
    pub problem: String,
    pub advice: String,
    /// The setting concerned, where there is one.
    pub key: Option<String>,
    /// What has to be confirmed, where that is all that is missing.
    pub effect: Option<ConfirmableEffect>,
}

impl HostError {
    pub fn new(code: impl Into<String>, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        HostError {
            code: code.into(),
            problem: problem.into(),
            advice: advice.into(),
            ..HostError::default()
        }
    }
}
