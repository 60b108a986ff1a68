//! The broken glass (A9): one person acts on one device alone. They say who they are in the form itself; everybody is
//! told, and a second person looks at it afterwards.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use connector_core::model::{ActionKind, Seq};
use http::StatusCode;
use sics_client::contract::{BreakGlassBody, GivenJob, JobBody};

use super::asking::job_for_device;
use super::measures::{MEASURES, describe_effect, emergency_path};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::device::{
    ActionFit, DeviceFace, action_label, find_policy, judge_action, list_own_actions, read_guard,
};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/emergency.html")]
struct EmergencyPage<'a> {
    ctx: &'a PageContext,
    face: DeviceFace,
    choices: Vec<EmergencyChoice>,
    typed: &'a TypedForm,
    /// Keys of what is wrong, by field.
    wrong: &'a WrongFields,
    problem: Option<&'a PageFailure>,
    /// The account that is signed in has a second factor.
    has_second_factor: bool,
}

impl EmergencyPage<'_> {
    fn target(&self) -> String {
        self.ctx.link(&emergency_path(&self.face.instance, &self.face.id))
    }

    fn wrong_text(&self, field: &str) -> Option<String> {
        self.wrong.get(field).map(|key| self.ctx.t(key))
    }
}

/// An action of the form.
struct EmergencyChoice {
    name: &'static str,
    label: String,
    effect: String,
    selected: bool,
}

/// Keys of texts by the field that is wrong.
type WrongFields = BTreeMap<&'static str, &'static str>;

/// What was typed, without what is secret.
#[derive(Debug, Default)]
struct TypedForm {
    action: String,
    name: String,
    reason: String,
    number: String,
    agree: bool,
    /// The sender's id of the job: the same form twice is the same job.
    job: String,
}

/// GET: the form for one device.
pub(super) async fn show_form(ctx: PageContext, Path((instance, id)): Path<(String, String)>) -> PageResult {
    let typed = TypedForm {
        action: ctx.list().value("action").to_owned(),
        name: ctx.operator().to_owned(),
        job: make_job_id(),
        ..TypedForm::default()
    };
    render(&ctx, (&instance, &id), &typed, &WrongFields::new(), None).await
}

async fn render(
    ctx: &PageContext,
    (instance, id): (&str, &str),
    typed: &TypedForm,
    wrong: &WrongFields,
    problem: Option<&PageFailure>,
) -> PageResult {
    let client = ctx.client();
    let (device, actions, guard) =
        tokio::join!(client.show_device(instance, id), client.list_actions(), read_guard(ctx));
    let face = DeviceFace::new(ctx, &device?);
    let own = list_own_actions(ctx, actions?.actions);
    let enabled = find_policy(guard.as_ref(), instance).map(|policy| &policy.verbs);
    let mut choices = Vec::new();
    for kind in MEASURES.into_iter().filter(|kind| kind.may_break_glass()) {
        let action = own.iter().find(|action| action.name == kind);
        let fit = action.and_then(|action| judge_action(action, &face.platform, enabled));
        if matches!(fit, Some(ActionFit::Works(_))) {
            choices.push(EmergencyChoice {
                name: kind.name(),
                label: action_label(ctx, kind),
                effect: describe_effect(ctx, kind, &face.platform),
                selected: typed.action == kind.name(),
            });
        }
    }
    let status = match (problem, wrong.is_empty()) {
        (Some(problem), _) if !problem.is_sign_in() => problem.status,
        (None, true) => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = EmergencyPage {
        ctx,
        face,
        choices,
        typed,
        wrong,
        problem,
        has_second_factor: ctx.account().is_some_and(|account| account.second_factor),
    };
    show_page_as(status, &page)
}

/// POST: acts, and goes on to the job.
pub(super) async fn break_glass(
    ctx: PageContext,
    Path((instance, id)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let typed = read_form(&form);
    let device = ctx.client().show_device(&instance, &id).await?;
    let face = DeviceFace::new(&ctx, &device);
    let (action, wrong) = check_form(&typed, form.raw("password"), face.is_proven_by(&typed.number));
    let Some(action) = action.filter(|_| wrong.is_empty()) else {
        return render(&ctx, (&instance, &id), &typed, &wrong, None).await;
    };
    let seen = form.text("seq").parse().map_or(device.seq, Seq);
    let job = JobBody {
        id: Some(typed.job.clone()).filter(|job| !job.is_empty()),
        expect_devices: Some(1),
        confirm: Some(action.name().to_owned()),
        ..job_for_device(action, &device, seen)
    };
    let body = BreakGlassBody {
        name: typed.name.clone(),
        password: form.secret("password"),
        code: form.given("code"),
        reason: typed.reason.clone(),
        job: GivenJob::from_body(&job),
    };
    match ctx.client().break_glass(&body).await {
        Ok(receipt) => {
            let job = receipt.job.map(|job| format!("/jobs/{job}"));
            go_to(&ctx, job.as_deref().unwrap_or("/jobs"), "emergency-sent")
        }
        Err(error) => {
            let failure = PageFailure::from(error);
            render(&ctx, (&instance, &id), &typed, &wrong, Some(&failure)).await
        }
    }
}

fn read_form(form: &FormFields) -> TypedForm {
    TypedForm {
        action: form.text("action").to_owned(),
        name: form.text("name").to_owned(),
        reason: form.text("reason").to_owned(),
        number: form.text("number").to_owned(),
        agree: form.is_ticked("agree"),
        job: form.text("job").to_owned(),
    }
}

/// The action, and what is missing in the form. `is_proven`: what was typed is what tells the device from all others.
fn check_form(typed: &TypedForm, password: &str, is_proven: bool) -> (Option<ActionKind>, WrongFields) {
    let action = typed.action.parse::<ActionKind>().ok();
    let action = action.filter(|action| action.may_break_glass());
    let checks = [
        ("action", action.is_some(), "emergency-wrong-action"),
        ("name", !typed.name.is_empty(), "emergency-wrong-name"),
        ("password", !password.is_empty(), "emergency-wrong-password"),
        ("reason", !typed.reason.is_empty(), "emergency-wrong-reason"),
        ("agree", typed.agree, "emergency-wrong-agree"),
        ("number", is_proven, "emergency-wrong-number"),
    ];
    let wrong = checks.into_iter().filter(|(_, is_right, _)| !is_right);
    (action, wrong.map(|(field, _, key)| (field, key)).collect())
}

/// Another one for each form; without randomness the bus makes one.
fn make_job_id() -> String {
    let mut bytes = [0; 12];
    match openssl::rand::rand_bytes(&mut bytes) {
        Ok(()) => format!("emergency-{}", hex::encode(bytes)),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> TypedForm {
        TypedForm {
            action: "wipe".to_owned(),
            name: "anna".to_owned(),
            reason: "stolen on the train".to_owned(),
            number: "C02X".to_owned(),
            agree: true,
            job: String::new(),
        }
    }

    #[test]
    fn a_whole_form_is_right() {
        let (action, wrong) = check_form(&whole(), "secret", true);
        assert_eq!((action, wrong.is_empty()), (Some(ActionKind::Wipe), true));
    }

    #[test]
    fn each_field_that_is_missing_is_told() {
        let (_, wrong) = check_form(&TypedForm::default(), "", false);
        let fields: Vec<&str> = wrong.keys().copied().collect();
        assert_eq!(fields, ["action", "agree", "name", "number", "password", "reason"]);
        let other = TypedForm {
            action: "locate".to_owned(),
            ..whole()
        };
        let (action, wrong) = check_form(&other, "secret", true);
        assert_eq!((action, wrong.len()), (None, 1));
    }
}
