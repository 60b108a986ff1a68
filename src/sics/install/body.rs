//! What these routes take. Answers may hold secrets: `Debug` shows their names only.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::bus::Language;
use crate::bus::wizard::WizardMode;
use crate::model::EffectConfirmation;

/// Field to answer: text, number, yes or no, list; secrets in clear, files as base64.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct GivenAnswers(pub Map<String, Value>);

impl fmt::Debug for GivenAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnswersBody {
    #[schema(value_type = Object)]
    pub answers: GivenAnswers,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ActBody {
    #[schema(value_type = Object)]
    #[serde(default)]
    pub answers: GivenAnswers,
    /// Only the sign-in answers are given again.
    #[serde(default)]
    pub sign_in: bool,
}

impl ActBody {
    pub(crate) fn wizard_mode(&self) -> WizardMode {
        if self.sign_in {
            WizardMode::SignIn
        } else {
            WizardMode::Change
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InstallBody {
    #[schema(value_type = Object)]
    pub answers: GivenAnswers,
    /// Names of checks to skip; recorded in the audit trail.
    #[serde(default)]
    pub anyway: Vec<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeBody {
    #[schema(value_type = Object)]
    pub answers: GivenAnswers,
    #[serde(default)]
    pub sign_in: bool,
    #[serde(default)]
    pub anyway: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageQuery {
    #[serde(default)]
    pub lang: Language,
}

/// For a change: `?confirm=N-DIGEST` as well.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageConfirmQuery {
    #[serde(default)]
    pub lang: Language,
    pub confirm: Option<EffectConfirmation>,
}
