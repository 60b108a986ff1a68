//! What is to be registered: what steps and scripts are written from.

use serde::{Deserialize, Serialize};

use crate::config::NationalCloud;
use crate::contract::RegistrationPermission;
use crate::model::Language;

/// What is to be registered. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationPlan {
    /// As [`super::application_name`] makes it.
    pub name: String,
    pub cloud: NationalCloud,
    /// As far as it is known: a GUID or a domain.
    pub tenant_id: Option<String>,
    /// Of the application that gets another certificate; `None`: it is registered first.
    pub client_id: Option<String>,
    pub permissions: Vec<RegistrationPermission>,
    /// In which it is told.
    pub language: Language,
}
