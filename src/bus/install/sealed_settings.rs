//! What an installation needs to go on after a crash, sealed with the folder's key as long as it does.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::bus::{DesiredSettings, HostError};
use crate::config::{SealContext, SecretKey};
use crate::model::OperatorId;

/// Version 1 of what is sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SealedContent {
    version: u8,
    product: String,
    profile: String,
    by: Option<OperatorId>,
    settings: BTreeMap<String, BTreeMap<String, String>>,
    fields: BTreeMap<String, String>,
}

impl Drop for SealedContent {
    fn drop(&mut self) {
        self.settings
            .values_mut()
            .flat_map(BTreeMap::values_mut)
            .for_each(Zeroize::zeroize);
    }
}

pub(crate) fn seal_settings(wanted: &DesiredSettings, number: i64, key: &SecretKey) -> Result<String, HostError> {
    let settings = wanted.settings.iter().map(|(part, settings)| {
        let settings = settings.iter().map(|(key, value)| (key.clone(), value.to_string()));
        (part.clone(), settings.collect())
    });
    let plain = SealedContent {
        version: 1,
        product: wanted.product.clone(),
        profile: wanted.profile.clone(),
        by: wanted.by,
        settings: settings.collect(),
        fields: wanted.fields.clone(),
    };
    let bytes = Zeroizing::new(serde_json::to_vec(&plain).map_err(|error| seal_error(&error))?);
    key.seal_secret(SealContext::Installation { number }, &bytes)
        .map_err(|error| seal_error(&error))
}

pub(crate) fn open_settings(sealed: &str, number: i64, key: &SecretKey) -> Result<DesiredSettings, HostError> {
    let context = SealContext::Installation { number };
    let bytes = key.open_sealed(context, sealed).map_err(|error| seal_error(&error))?;
    let mut plain: SealedContent = serde_json::from_slice(bytes.expose_secret()).map_err(|error| seal_error(&error))?;
    let settings = std::mem::take(&mut plain.settings);
    let settings = settings.into_iter().map(|(part, settings)| {
        let settings = settings.into_iter().map(|(key, value)| (key, Zeroizing::new(value)));
        (part, settings.collect())
    });
    Ok(DesiredSettings {
        product: plain.product.clone(),
        profile: plain.profile.clone(),
        by: plain.by,
        settings: settings.collect(),
        fields: std::mem::take(&mut plain.fields),
        registration: None,
        // Of an installation that is made there is nothing yet that could go.
        unasked_secrets: BTreeMap::new(),
    })
}

/// Only where somebody put another `secret.key` into the folder, or took a store to another one.
pub(super) fn seal_error(error: &dyn std::fmt::Display) -> HostError {
    HostError::new(
        "sealed",
        format!("failed to seal or open the settings of the installation: {error}"),
        "install the product again",
    )
}
