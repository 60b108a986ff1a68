//! The nodes of compliance decisions, as steps of the connection check.

use std::time::Instant;

use super::{Check, failed, ok};
use crate::compliance::app_name_warning;
use crate::compliance::probe;
use crate::config::NodeSettings;
use crate::entra::PASSWORD_GRANT_WARNING;
use crate::model::DeviceId;

impl Check {
    /// `device`: one that was read.
    pub(super) async fn nodes(&self, device: Option<DeviceId>) {
        for node in &self.settings.nodes {
            let began = Instant::now();
            let step = match probe(&self.settings, node, &self.clock, device).await {
                Ok(found) => ok("node", &node.name, &began, &with_warning(node, found)),
                Err(fault) => failed("node", &node.name, &began, &fault.problem, fault.code, fault.advice),
            };
            self.step(step).await;
        }
    }
}

fn with_warning(node: &NodeSettings, found: String) -> String {
    let found = match node.password_grant {
        None => found,
        Some(_) => format!("{found}; WARNING: it {PASSWORD_GRANT_WARNING}"),
    };
    let names = [node.forbidden_apps.as_slice(), &node.required_apps].concat();
    match app_name_warning(&names) {
        None => found,
        Some(warning) => format!("{found}; WARNING: {warning}"),
    }
}
