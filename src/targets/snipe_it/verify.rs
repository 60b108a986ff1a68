//! The check of a Snipe-IT, step by step: reach, sign-in, version, each right by a read, the custom field of our id, both
//! status labels, the clocks. It makes nothing and writes nothing. What follows from a step that failed is skipped and
//! names it.

use std::time::{Duration, Instant, SystemTime};

use reqwest::Method;
use serde_json::Value;
use tokio::sync::mpsc;

use super::answer::{ApiTrouble, CallEffect, RawAnswer, judge_answer};
use super::asset_row::read_asset;
use super::client::{CallParts, SnipeClient};
use super::list_rows::{LabelRow, read_list, text_of};
use super::name_lists::NameLists;
use crate::config::SnipeItSettings;
use crate::contract::{CheckStep, CheckStepState};
use crate::targets::TargetFault;

/// What has to be readable, and what for.
const READ_LISTS: [(&str, &str); 8] = [
    ("hardware", "assets"),
    ("models", "models"),
    ("manufacturers", "manufacturers"),
    ("categories", "categories"),
    ("statuslabels", "status labels"),
    ("fields", "custom fields"),
    ("fieldsets", "fieldsets"),
    ("users", "people"),
];
/// The last of them, which only the assignment of users needs.
const USERS: &str = "users";
/// Versions before this one answer otherwise.
const OLDEST_MAJOR: u32 = 7;
/// Clocks further apart than this are told.
const CLOCK_MOST: Duration = Duration::from_secs(60);

/// A step while it is done.
struct OpenStep {
    step: CheckStep,
    began: Instant,
}

impl OpenStep {
    fn new(step: &str, subject: &str) -> OpenStep {
        OpenStep {
            step: CheckStep {
                step: step.to_owned(),
                subject: subject.to_owned(),
                state: CheckStepState::Ok,
                detail: String::new(),
                cause: None,
                cure: None,
                field: None,
                took_ms: 0,
            },
            began: Instant::now(),
        }
    }

    fn pass(self, detail: &str) -> CheckStep {
        self.end(CheckStepState::Ok, detail.to_owned(), None)
    }

    fn note(self, detail: &str, cure: &str) -> CheckStep {
        self.end(CheckStepState::Note, detail.to_owned(), Some(cure.to_owned()))
    }

    fn skip(self, blocker: &str) -> CheckStep {
        let detail = format!("not tried, because step `{blocker}` failed");
        self.end(CheckStepState::Skipped, detail, None)
    }

    /// `field`: the setting that has to change.
    fn fail(mut self, cause: &str, detail: String, cure: String, field: Option<&str>) -> CheckStep {
        self.step.cause = Some(cause.to_owned());
        self.step.field = field.map(str::to_owned);
        self.end(CheckStepState::Failed, detail, Some(cure))
    }

    fn fail_by(self, fault: &TargetFault, field: Option<&str>) -> CheckStep {
        self.fail(fault.code(), fault.to_string(), fault.advice(), field)
    }

    fn end(mut self, state: CheckStepState, detail: String, cure: Option<String>) -> CheckStep {
        self.step.state = state;
        self.step.detail = detail;
        self.step.cure = cure;
        self.step.took_ms = self.began.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        self.step
    }
}

/// One check.
pub(super) struct ConnectionProof<'a> {
    pub client: &'a SnipeClient,
    pub own: &'a SnipeItSettings,
    pub assign_users: bool,
    pub steps: mpsc::Sender<CheckStep>,
}

impl ConnectionProof<'_> {
    pub(super) async fn run(self) {
        let blocker = match self.check_access().await {
            Ok(answer) => {
                self.check_version(&answer).await;
                let has_rights = self.check_rights().await;
                self.check_names(has_rights).await;
                self.send(judge_time(answer.sent_at, SystemTime::now())).await;
                return;
            }
            Err(blocker) => blocker,
        };
        for (step, subject) in [("version", "Snipe-IT"), ("right", "hardware"), ("time", "Snipe-IT")] {
            self.send(OpenStep::new(step, subject).skip(blocker)).await;
        }
    }

    /// Whoever does not listen any more misses nothing.
    async fn send(&self, step: CheckStep) {
        let _ = self.steps.send(step).await;
    }

    /// Reach and sign-in, by one request; the step that failed, where one did.
    async fn check_access(&self) -> Result<RawAnswer, &'static str> {
        let reach = OpenStep::new("reach", &self.client.host());
        let parts = CallParts::default();
        let raw = self
            .client
            .send_request(Method::GET, &["version"], parts, CallEffect::Read)
            .await;
        let raw = match raw {
            Ok(raw) => raw,
            Err(fault) => {
                self.send(reach.fail_by(&fault, Some("url"))).await;
                self.send(OpenStep::new("signIn", "token").skip("reach")).await;
                return Err("reach");
            }
        };
        match judge_answer(&raw, CallEffect::Read) {
            Err(ApiTrouble::Fault(fault @ TargetFault::SignIn { .. })) => {
                self.send(reach.pass("Snipe-IT answers")).await;
                let sign_in = OpenStep::new("signIn", "token");
                self.send(sign_in.fail_by(&fault, Some("token"))).await;
                Err("signIn")
            }
            Err(ApiTrouble::Fault(fault)) => {
                self.send(reach.fail_by(&fault, Some("url"))).await;
                self.send(OpenStep::new("signIn", "token").skip("reach")).await;
                Err("reach")
            }
            Ok(_) | Err(ApiTrouble::Said(_) | ApiTrouble::Forbidden) => {
                self.send(reach.pass("Snipe-IT answers")).await;
                self.send(OpenStep::new("signIn", "token").pass("the token is accepted"))
                    .await;
                Ok(raw)
            }
        }
    }

    async fn check_version(&self, raw: &RawAnswer) {
        let told = judge_answer(raw, CallEffect::Read).ok();
        let version = told.and_then(|answer| text_of(&answer, "version"));
        self.send(judge_version(version.as_deref())).await;
    }

    /// Whether all that is needed can be read.
    async fn check_rights(&self) -> bool {
        let mut has_all = true;
        for (list, content) in READ_LISTS {
            if list == USERS && !self.assign_users {
                continue;
            }
            let step = OpenStep::new("right", list);
            let query = [("limit", "1"), ("sort", "id"), ("order", "asc")];
            let step = match self.client.read(&[list], &query).await {
                Ok(answer) => judge_right(step, list, content, answer),
                Err(trouble) => step.fail_by(&trouble.into_fault(&format!("GET {list}")), Some("token")),
            };
            has_all &= step.state != CheckStepState::Failed;
            self.send(step).await;
        }
        has_all
    }

    async fn check_names(&self, has_rights: bool) {
        let subjects = [
            ("customField", self.own.id_field.as_str()),
            ("statusLabel", self.own.status_label.as_str()),
            ("statusLabel", self.own.gone_label.as_str()),
        ];
        if !has_rights {
            for (step, subject) in subjects {
                self.send(OpenStep::new(step, subject).skip("right")).await;
            }
            return;
        }
        let mut lists = NameLists::default();
        let [field, status, gone] = subjects.map(|(step, subject)| OpenStep::new(step, subject));
        let column = lists.find_id_column(self.client, &self.own.id_field).await;
        self.send(match column {
            Ok(column) => judge_field(field, column.as_deref()),
            Err(fault) => field.fail_by(&fault, None),
        })
        .await;
        let label = lists.find_label(self.client, &self.own.status_label).await;
        self.send(match label {
            Ok(label) => judge_status_label(status, label.as_ref()),
            Err(fault) => status.fail_by(&fault, None),
        })
        .await;
        let label = lists.find_label(self.client, &self.own.gone_label).await;
        self.send(match label {
            Ok(label) => judge_gone_label(gone, label.as_ref()),
            Err(fault) => gone.fail_by(&fault, None),
        })
        .await;
        if self.own.built_in_sync {
            let step = OpenStep::new("builtInSync", "Snipe-IT");
            self.send(step.note(
                "the Intune adapter of Snipe-IT writes the same devices: those are set aside",
                "turn it off in Snipe-IT (Settings, Sync Adapters) and set `built_in_sync` to no: then its assets are adopted",
            ))
            .await;
        }
    }
}

fn judge_version(version: Option<&str>) -> CheckStep {
    let step = OpenStep::new("version", "Snipe-IT");
    let Some(version) = version else {
        return step.note(
            "the version is not told",
            "no action needed if Snipe-IT is version 7 or newer",
        );
    };
    let digits = version.trim_start_matches(['v', 'V']).split('.').next();
    match digits.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= OLDEST_MAJOR => step.pass(&format!("Snipe-IT {version}")),
        Some(_) => step.fail(
            "tooOld",
            format!("Snipe-IT {version} is older than 7"),
            "upgrade Snipe-IT".to_owned(),
            None,
        ),
        None => step.note(
            &format!("the version is told as {version}"),
            "no action needed if Snipe-IT is version 7 or newer",
        ),
    }
}

/// A list can be read; an asset in it tells whether it may be changed as well.
fn judge_right(step: OpenStep, list: &str, content: &str, answer: Value) -> CheckStep {
    let part = match read_list(answer) {
        Ok(part) => part,
        Err(fault) => return step.fail_by(&fault, Some("url")),
    };
    let asset = part.rows.first().filter(|_| list == "hardware").and_then(read_asset);
    if asset.is_some_and(|asset| asset.may_update == Some(false)) {
        return step.fail(
            "rightMissing",
            "the user of the token may read assets, and may not change them".to_owned(),
            "give that user the rights to view, create, edit, check out and check in assets (People, Permissions)"
                .to_owned(),
            Some("token"),
        );
    }
    step.pass(&format!("{content} can be read: {}", part.total))
}

fn judge_field(step: OpenStep, column: Option<&str>) -> CheckStep {
    match column {
        Some(column) => step.pass(&format!("it is there, as {column}")),
        None => step.note(
            "it is not there yet; it is made with the first asset, where the user of the token may",
            "make it now: intune-connector targets fields TARGET --make",
        ),
    }
}

fn judge_status_label(step: OpenStep, label: Option<&LabelRow>) -> CheckStep {
    match label {
        Some(label) if label.kind == "deployable" => step.pass("it is there, of type deployable"),
        Some(label) => step.fail(
            "labelType",
            format!("it is of type {}, not deployable", label.kind),
            "set `status_label` to the name of a label of type deployable".to_owned(),
            Some("status_label"),
        ),
        None => step.fail(
            "labelMissing",
            "Snipe-IT has no status label of this name".to_owned(),
            "set `status_label` to the name of a label of type deployable, or make it in Snipe-IT (Settings, Status Labels)"
                .to_owned(),
            Some("status_label"),
        ),
    }
}

fn judge_gone_label(step: OpenStep, label: Option<&LabelRow>) -> CheckStep {
    match label {
        Some(label) if label.kind == "archived" => step.pass("it is there, of type archived"),
        Some(label) => step.fail(
            "labelType",
            format!("it is of type {}, not archived", label.kind),
            "set `gone_label` to the name of a label of type archived".to_owned(),
            Some("gone_label"),
        ),
        None => step.note(
            "it is not there yet; it is made when the first device has gone, where the user of the token may",
            "no action needed; or make it in Snipe-IT (Settings, Status Labels), of type archived",
        ),
    }
}

fn judge_time(theirs: Option<SystemTime>, ours: SystemTime) -> CheckStep {
    let step = OpenStep::new("time", "Snipe-IT");
    let Some(theirs) = theirs else {
        return step.pass("the time over there is not told");
    };
    let apart = ours.duration_since(theirs).unwrap_or_else(|behind| behind.duration());
    if apart <= CLOCK_MOST {
        return step.pass("the clocks agree");
    }
    step.note(
        &format!(
            "the clock of Snipe-IT is {} s away from that of this machine",
            apart.as_secs()
        ),
        "set both by a time server",
    )
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
