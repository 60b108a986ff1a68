//! The check of a NetBox, step by step: reach, sign-in, version, each right by a read, the custom field of our id, site, role
//! and tag, the clocks. It makes nothing and writes nothing. What follows from a step that failed is skipped and names it.

use std::time::SystemTime;

use reqwest::Method;
use serde_json::Value;
use tokio::sync::mpsc;

use super::answer::{NetBoxTrouble, SendEffect, WireAnswer, judge_answer};
use super::client::{NetBoxClient, SendParts};
use super::judge_steps::{judge_field, judge_name, judge_time, judge_version};
use super::list_rows::{read_list, text_of};
use super::name_lists::{NameKind, NetBoxNames};
use crate::config::NetBoxSettings;
use crate::contract::{CheckStep, CheckStepState};
use crate::targets::TargetFault;
use crate::targets::step_maker::{StepMaker, send_step};

/// What has to be readable.
const READ_LISTS: [[&str; 2]; 7] = [
    ["dcim", "devices"],
    ["dcim", "device-types"],
    ["dcim", "manufacturers"],
    ["dcim", "device-roles"],
    ["dcim", "sites"],
    ["extras", "tags"],
    ["extras", "custom-fields"],
];
const NETBOX: &str = "NetBox";

/// One check.
pub(super) struct NetBoxProof<'a> {
    pub client: &'a NetBoxClient,
    pub own: &'a NetBoxSettings,
    pub steps: mpsc::Sender<CheckStep>,
}

impl NetBoxProof<'_> {
    pub(super) async fn run(self) {
        let blocker = match self.check_access().await {
            Ok((answer, status)) => {
                let version = text_of(&status, "netbox-version");
                self.send(judge_version(version.as_deref(), self.client.has_second_version))
                    .await;
                let has_rights = self.check_rights().await;
                self.check_names(has_rights).await;
                self.send(judge_time(answer.sent_at, SystemTime::now())).await;
                return;
            }
            Err(blocker) => blocker,
        };
        for (step, subject) in [("version", NETBOX), ("right", "dcim/devices"), ("time", NETBOX)] {
            self.send(StepMaker::new(step, subject).skip(blocker)).await;
        }
    }

    async fn send(&self, step: CheckStep) {
        send_step(&self.steps, step).await;
    }

    /// Reach and sign-in, by one request; the step that failed, where one did.
    async fn check_access(&self) -> Result<(WireAnswer, Value), &'static str> {
        let reach = StepMaker::new("reach", self.client.host());
        let parts = SendParts::default();
        let raw = self
            .client
            .send_request(Method::GET, &["status"], parts, SendEffect::Read)
            .await;
        let raw = match raw {
            Ok(raw) => raw,
            Err(fault) => return self.tell_unreached(reach, &fault).await,
        };
        let sign_in = StepMaker::new("signIn", "token");
        match judge_answer(&raw, SendEffect::Read) {
            Ok(status) => {
                self.send(reach.pass("NetBox answers")).await;
                self.send(sign_in.pass("the token is accepted")).await;
                Ok((raw, status))
            }
            Err(NetBoxTrouble::Forbidden) => {
                self.send(reach.pass("NetBox answers")).await;
                let fault = super::answer::explain_sign_in();
                self.send(sign_in.fail_by(&fault, Some("token"))).await;
                Err("signIn")
            }
            Err(trouble) => {
                let fault = self.client.explain(trouble, "GET status").await;
                self.tell_unreached(reach, &fault).await
            }
        }
    }

    async fn tell_unreached<T>(&self, reach: StepMaker, fault: &TargetFault) -> Result<T, &'static str> {
        self.send(reach.fail_by(fault, Some("url"))).await;
        self.send(StepMaker::new("signIn", "token").skip("reach")).await;
        Err("reach")
    }

    /// Whether all that is needed can be read.
    async fn check_rights(&self) -> bool {
        let mut has_all = true;
        for list in READ_LISTS {
            let subject = list.join("/");
            let step = StepMaker::new("right", subject.as_str());
            let step = match self.client.read(&list, &[("limit", "1")]).await {
                Ok(answer) => judge_right(step, answer),
                Err(trouble) => {
                    let fault = self.client.explain(trouble, &format!("GET {subject}")).await;
                    step.fail_by(&fault, Some("token"))
                }
            };
            has_all &= step.state != CheckStepState::Failed;
            self.send(step).await;
        }
        has_all
    }

    async fn check_names(&self, has_rights: bool) {
        let own = self.own;
        let names = [
            ("site", own.site.as_str(), NameKind::Site),
            ("role", own.default_role.as_str(), NameKind::Role),
            ("tag", own.tag.as_str(), NameKind::Tag),
        ];
        if !has_rights {
            let fields = [("customField", own.id_field.as_str())];
            let names = names.map(|(step, subject, _)| (step, subject));
            for (step, subject) in fields.into_iter().chain(names) {
                self.send(StepMaker::new(step, subject).skip("right")).await;
            }
            return;
        }
        let mut lists = NetBoxNames::default();
        let step = StepMaker::new("customField", own.id_field.as_str());
        let field = lists.find_field(self.client, &own.id_field).await;
        self.send(match field {
            Ok(field) => judge_field(step, field.as_ref()),
            Err(fault) => step.fail_by(&fault, None),
        })
        .await;
        for (name, subject, kind) in names {
            let step = StepMaker::new(name, subject);
            let found = lists.find_name(self.client, kind, subject).await;
            self.send(match found {
                Ok(found) => judge_name(step, found.is_some()),
                Err(fault) => step.fail_by(&fault, None),
            })
            .await;
        }
    }
}

fn judge_right(step: StepMaker, answer: Value) -> CheckStep {
    match read_list(answer) {
        Ok(part) => {
            let count = part.total;
            step.pass(format!("can be read: {count}"))
        }
        Err(fault) => step.fail_by(&fault, Some("url")),
    }
}
