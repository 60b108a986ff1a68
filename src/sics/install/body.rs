//! What these routes take. Answers may hold secrets: `Debug` shows their names only.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::bus::Language;
use crate::bus::wizard::WizardMode;
use crate::contract::ActBody;
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

impl ActBody {
    pub(crate) fn wizard_mode(&self) -> WizardMode {
        if self.sign_in {
            WizardMode::SignIn
        } else {
            WizardMode::Change
        }
    }
}
