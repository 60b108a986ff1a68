//! The nodes of compliance decisions, as steps of the connection check.

use std::time::Instant;

use super::{ConnectionCheck, StepBlocker, failed_step, passed_step, skipped_step};
use crate::compliance::app_name_warning;
use crate::compliance::probe_node;
use crate::config::NodeSettings;
use crate::entra::PASSWORD_GRANT_WARNING;
use crate::model::DeviceId;

impl ConnectionCheck {
    /// `device`: one that was read.
    pub(super) async fn check_nodes(&self, device: Option<DeviceId>) {
        for node in &self.settings.nodes {
            let began = Instant::now();
            let step = match probe_node(&self.settings, node, &self.clock, device).await {
                Ok(found) => passed_step("node", &node.name, &began, &append_warnings(node, found)),
                Err(fault) => failed_step("node", &node.name, &began, &fault.problem, fault.code, fault.advice),
            };
            self.send_step(step).await;
        }
    }

    /// Without a device to try, nothing is known of the nodes.
    pub(super) async fn skip_nodes(&self, blocker: &StepBlocker) {
        for node in &self.settings.nodes {
            let step = skipped_step("node", &node.name, &Instant::now(), &blocker.explain_skip());
            self.send_step(step).await;
        }
    }
}

fn append_warnings(node: &NodeSettings, found: String) -> String {
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
