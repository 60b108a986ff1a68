//! The check of a ServiceNow, step by step: reach, sign-in, each right by a read, the column of our id, IRE and the data source
//! by a trial that writes nothing, the clocks. What follows from a step that failed is skipped and names it.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::answer::{CallEffect, CallTrouble, RawAnswer, judge_answer};
use super::ci_item::{CiItem, ItemAim};
use super::ci_row::read_ci;
use super::client::{ApiCall, ServiceNowClient};
use super::item_answer::judge_item;
use super::reconcile_calls::{CallMode, ReconcileCalls};
use crate::config::ServiceNowSettings;
use crate::contract::CheckStep;
use crate::targets::TargetFault;
use crate::targets::step_maker::{StepMaker, send_step};

/// Clocks further apart than this are told.
const CLOCK_MOST: Duration = Duration::from_secs(60);
/// Nobody has this key, name or serial number.
const NOBODY: &str = "INTUNE-VERIFY";
/// Tables that fields refer to, as far as the default mapping names them.
const REFERRED: [(&str, &str); 2] = [("core_company", "manufacturers"), ("cmdb_model", "models")];
const USERS: &str = "sys_user";

/// One check.
pub(super) struct ConnectionProof<'a> {
    pub client: &'a ServiceNowClient,
    pub own: &'a ServiceNowSettings,
    pub assign_users: bool,
    pub steps: mpsc::Sender<CheckStep>,
}

impl ConnectionProof<'_> {
    pub(super) async fn run(self) {
        let raw = match self.check_access().await {
            Ok(raw) => raw,
            Err(blocker) => {
                let root = self.own.root_table.as_str();
                for (step, subject) in [("right", root), ("right", "identifyreconcile"), ("time", "ServiceNow")] {
                    self.send(StepMaker::new(step, subject).skip(blocker)).await;
                }
                return;
            }
        };
        self.check_root(&raw).await;
        self.check_tables().await;
        self.check_reconciliation().await;
        self.send(judge_time(raw.sent_at, SystemTime::now())).await;
    }

    async fn send(&self, step: CheckStep) {
        send_step(&self.steps, step).await;
    }

    /// Reach and sign-in, by one request; the step that failed, where one did.
    async fn check_access(&self) -> Result<RawAnswer, &'static str> {
        let reach = StepMaker::new("reach", self.client.host());
        let path = ["api", "now", "table", self.own.root_table.as_str()];
        let call = ApiCall {
            method: &Method::GET,
            path: &path,
            query: &[("sysparm_limit", "1"), ("sysparm_display_value", "all")],
            body: None,
            effect: CallEffect::Repeat,
        };
        let answered = self.client.send_request(call).await;
        let fault = match answered {
            Ok(raw) => match judge_answer(&raw, CallEffect::Repeat) {
                Err(CallTrouble::Fault(fault)) => fault,
                Ok(_) | Err(CallTrouble::Forbidden | CallTrouble::NotFound(_)) => {
                    self.send(reach.pass("ServiceNow answers")).await;
                    let sign_in = StepMaker::new("signIn", "ServiceNow");
                    self.send(sign_in.pass("the sign-in is accepted")).await;
                    return Ok(raw);
                }
            },
            Err(fault) => fault,
        };
        if matches!(fault, TargetFault::SignIn { .. }) {
            self.send(reach.pass("ServiceNow answers")).await;
            let sign_in = StepMaker::new("signIn", "ServiceNow");
            self.send(sign_in.fail_by(&fault, Some(self.blame_secret()))).await;
            return Err("signIn");
        }
        self.send(reach.fail_by(&fault, Some("url"))).await;
        self.send(StepMaker::new("signIn", "ServiceNow").skip("reach")).await;
        Err("reach")
    }

    /// The setting by which it signs in.
    fn blame_secret(&self) -> &'static str {
        if self.own.client_id.is_some() {
            "client_secret"
        } else {
            "password"
        }
    }

    /// The table of all CIs, and the column of our id in it.
    async fn check_root(&self, raw: &RawAnswer) {
        let root = self.own.root_table.as_str();
        let right = StepMaker::new("right", root);
        let column = StepMaker::new("idField", self.own.id_field.as_str());
        let answer = match judge_answer(raw, CallEffect::Repeat) {
            Ok(answer) => answer,
            Err(trouble) => {
                self.send(right.fail_by(&trouble.into_fault(root), Some("root_table")))
                    .await;
                self.send(column.skip("right")).await;
                return;
            }
        };
        self.send(right.pass("CIs can be read")).await;
        self.send(judge_column(column, &answer, &self.own.id_field)).await;
    }

    async fn check_tables(&self) {
        let mut tables = Vec::new();
        if self.assign_users {
            tables.push((USERS, "users"));
        }
        tables.extend(REFERRED);
        for (table, content) in tables {
            let step = StepMaker::new("right", table);
            let query = [("sysparm_limit", "1"), ("sysparm_fields", "sys_id")];
            let step = match self.client.read_table(table, &query).await {
                Ok(_) => step.pass(format!("{content} can be read")),
                Err(CallTrouble::Forbidden) if table != USERS => step.note(
                    format!("{content} cannot be read: fields that refer to them stay empty, and writing them fails"),
                    "give the user a role that reads the table, or take these rows out of the mapping",
                ),
                Err(trouble) => step.fail_by(&trouble.into_fault(table), Some(self.blame_secret())),
            };
            self.send(step).await;
        }
    }

    /// By a CI that is not there, tried without effect.
    async fn check_reconciliation(&self) {
        let right = StepMaker::new("right", "identifyreconcile");
        let source = StepMaker::new("dataSource", self.own.data_source.as_str());
        let item = self.sample_item();
        let calls = ReconcileCalls {
            client: self.client,
            own: self.own,
        };
        let told = calls.send_items(&[&item], CallMode::Trial).await.pop();
        let told = told.unwrap_or_else(|| {
            Err(TargetFault::Unreadable {
                problem: "the answer of ServiceNow leaves an item out".to_owned(),
            })
        });
        let answer = match told {
            Ok(answer) => answer,
            Err(fault) => {
                self.send(right.fail_by(&fault, Some(self.blame_secret()))).await;
                self.send(source.skip("right")).await;
                return;
            }
        };
        self.send(right.pass("the Identification and Reconciliation API answers a trial"))
            .await;
        let step = match judge_item(&answer, &item.aim, true) {
            Ok(_) => source.pass("ServiceNow knows it, and would make a CI"),
            Err(fault @ TargetFault::Misconfigured { .. }) => source.fail_by(&fault, Some("data_source")),
            Err(fault) => source.fail_by(&fault, Some("default_class")),
        };
        self.send(step).await;
        for name in &self.own.other_sources {
            let step = StepMaker::new("otherSource", name.as_str());
            self.send(step.note(
                "another program writes the same devices: its CIs are set aside",
                "turn that program off for devices of Intune, and take its name out of `other_sources`: then its CIs are adopted",
            ))
            .await;
        }
    }

    fn sample_item(&self) -> CiItem {
        CiItem {
            json: json!({
                "className": self.own.default_class, "internal_id": NOBODY,
                "values": {"name": NOBODY, "serial_number": format!("{NOBODY}-0")},
                "sys_object_source_info": {"source_name": self.own.data_source, "source_native_key": NOBODY},
            }),
            aim: ItemAim::Make,
            is_new_key: true,
            emptied: Vec::new(),
            class: self.own.default_class.clone(),
        }
    }
}

/// A column shows in any CI that is there.
fn judge_column(step: StepMaker, answer: &Value, column: &str) -> CheckStep {
    let rows = answer.get("result").and_then(Value::as_array);
    let Some(row) = rows.into_iter().flatten().find_map(read_ci) else {
        return step.note(
            "there is no CI yet that would show whether the column is there",
            "no action needed if it is correlation_id",
        );
    };
    if row.has_column(column) {
        return step.pass("the column is there");
    }
    let missing = TargetFault::Misconfigured {
        problem: format!("CIs have no column `{column}`"),
        advice: "set `id_field` to a column of text that all CIs have, such as correlation_id".to_owned(),
    };
    step.fail_by(&missing, Some("id_field"))
}

fn judge_time(theirs: Option<SystemTime>, ours: SystemTime) -> CheckStep {
    let step = StepMaker::new("time", "ServiceNow");
    let Some(theirs) = theirs else {
        return step.pass("the time over there is not told");
    };
    let apart = ours.duration_since(theirs).unwrap_or_else(|behind| behind.duration());
    if apart <= CLOCK_MOST {
        return step.pass("the clocks agree");
    }
    step.note(
        format!(
            "the clock of ServiceNow is {} s away from that of this machine",
            apart.as_secs()
        ),
        "set the clock of this machine by a time server",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CheckStepState;

    #[test]
    fn clocks_that_are_apart_are_told() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let judged = |told| judge_time(told, at(10_000)).state;
        assert_eq!(judged(Some(at(10_030))), CheckStepState::Ok);
        assert_eq!(judged(Some(at(9_000))), CheckStepState::Note);
        assert_eq!(judged(None), CheckStepState::Ok);
    }

    #[test]
    fn a_column_is_seen_in_a_ci_or_not_known() {
        let judged = |answer: Value| judge_column(StepMaker::new("idField", "x"), &answer, "correlation_id");
        let row = |more: &str| json!({"result": [{"sys_id": "5137153cc611227c000bbd1bd8cd2007", more: ""}]});
        assert_eq!(judged(row("correlation_id")).state, CheckStepState::Ok);
        assert_eq!(judged(json!({"result": []})).state, CheckStepState::Note);
        let missing = judged(row("name"));
        assert_eq!(
            (missing.state, missing.field.as_deref()),
            (CheckStepState::Failed, Some("id_field"))
        );
    }
}
