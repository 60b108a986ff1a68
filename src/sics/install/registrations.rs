//! Registering an application for an installation that is to be, or another certificate for one that exists. The key is
//! made here and never leaves the bus; what people need is the public certificate, the steps, and a check that tells how
//! far they are.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::reconfigure::{change_mode, load_installed_product};
use super::wizard_actions::{require_check_right, respond_with_steps};
use super::{find_installable_product, form};
use crate::bus::translation::localize_text;
use crate::bus::{DesiredSettings, RegisteredApplication};
use crate::contract::{
    RegistrationBody, RegistrationCheckBody, RegistrationPermission, RegistrationStep, RegistrationView,
};
use crate::entra::{RegistrationPlan, describe_certificate};
use crate::model::{InstanceName, Language};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{NewRegistration, RegistrationRow};

/// For a product that is to be installed.
pub(crate) async fn begin_registration(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(product): PathParams<String>,
    JsonBody(body): JsonBody<RegistrationBody>,
) -> Result<(StatusCode, Json<RegistrationView>), ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    let wizard = form::build_valid_wizard(&offer, &body.answers, body.language)?;
    let wanted = DesiredSettings {
        product: offer.id(),
        ..wizard.with_open_pages().desired_settings()
    };
    begin(&sics, &caller, wanted, None, body.language).await
}

/// For an installation that gets another certificate.
pub(crate) async fn begin_renewal(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    JsonBody(body): JsonBody<RegistrationBody>,
) -> Result<(StatusCode, Json<RegistrationView>), ApiProblem> {
    let installed = load_installed_product(&sics, &name).await?;
    let wizard = installed.build_wizard(&body.answers, change_mode(true), body.language)?;
    let wanted = DesiredSettings {
        product: installed.product_id(),
        ..wizard.with_open_pages().desired_settings()
    };
    begin(&sics, &caller, wanted, Some(installed.number), body.language).await
}

async fn begin(
    sics: &Sics,
    caller: &Caller,
    wanted: DesiredSettings,
    number: Option<i64>,
    language: Language,
) -> Result<(StatusCode, Json<RegistrationView>), ApiProblem> {
    // A key is some work for the machine.
    let _permit = sics.acquire_check_permit()?;
    let wanted = DesiredSettings {
        by: Some(caller.operator.id),
        ..wanted
    };
    let host = sics.install_context().installer.host().clone();
    let new = host.begin_registration(wanted, number, language).await?;
    let view = registration_view(&new.id, &new.certificate, &new.plan)?;
    keep(sics, caller, new, &view).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

async fn keep(sics: &Sics, caller: &Caller, new: NewRegistration, view: &RegistrationView) -> Result<(), ApiProblem> {
    let detail = json!({
        "product": new.product,
        "installation": new.installation,
        "thumbprint": view.thumbprint,
        "expires": view.not_after,
    });
    let describe = move |displaced: &Vec<String>| {
        let mut detail = detail.clone();
        detail["displaced"] = json!(displaced);
        Some(detail)
    };
    let store = sics.recording(caller, "registration.begun", new.id.clone(), describe);
    store.add_registration(new).await?;
    Ok(())
}

pub(crate) async fn show_registration(
    State(sics): State<Sics>,
    PathParams((product, id)): PathParams<(String, String)>,
) -> Result<Json<RegistrationView>, ApiProblem> {
    let offer = find_installable_product(&sics, &product)?;
    let row = find_registration(&sics, &id, &offer.id(), None).await?;
    registration_view(&row.id, &row.certificate, &row.plan).map(Json)
}

pub(crate) async fn show_renewal(
    State(sics): State<Sics>,
    PathParams((name, id)): PathParams<(InstanceName, String)>,
) -> Result<Json<RegistrationView>, ApiProblem> {
    let installed = load_installed_product(&sics, &name).await?;
    let row = find_registration(&sics, &id, &installed.product_id(), Some(installed.number)).await?;
    registration_view(&row.id, &row.certificate, &row.plan).map(Json)
}

/// How far the administrator has come, for a product that is to be installed.
pub(crate) async fn check_registration(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((product, id)): PathParams<(String, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<RegistrationCheckBody>,
) -> Result<Response, ApiProblem> {
    require_check_right(&caller, None)?;
    let offer = find_installable_product(&sics, &product)?;
    let row = find_registration(&sics, &id, &offer.id(), None).await?;
    let language = read_plan(&row.plan)?.language;
    let wizard = form::build_valid_wizard(&offer, &body.answers, language)?;
    let wanted = wizard.with_open_pages().desired_settings();
    check(&sics, &caller, &headers, (&row, language), &body, wanted).await
}

pub(crate) async fn check_renewal(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((name, id)): PathParams<(InstanceName, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<RegistrationCheckBody>,
) -> Result<Response, ApiProblem> {
    require_check_right(&caller, Some(&name))?;
    let installed = load_installed_product(&sics, &name).await?;
    let row = find_registration(&sics, &id, &installed.product_id(), Some(installed.number)).await?;
    let language = read_plan(&row.plan)?.language;
    let wizard = installed.build_wizard(&body.answers, change_mode(true), language)?;
    let wanted = wizard.with_open_pages().desired_settings();
    check(&sics, &caller, &headers, (&row, language), &body, wanted).await
}

async fn check(
    sics: &Sics,
    caller: &Caller,
    headers: &HeaderMap,
    (row, language): (&RegistrationRow, Language),
    body: &RegistrationCheckBody,
    wanted: DesiredSettings,
) -> Result<Response, ApiProblem> {
    // It reads hosts of the caller's choice.
    let permit = sics.acquire_check_permit()?;
    let application = RegisteredApplication {
        tenant_id: body.tenant_id.clone(),
        client_id: body.client_id.clone(),
    };
    let host = sics.install_context().installer.host().clone();
    let steps = host.check_registration(row, &application, wanted).await?;
    sics.store_for_caller(caller).touch_registration(&row.id).await?;
    // It proves nothing for later: the check of the wizard does that, over all answers.
    respond_with_steps(sics, caller, headers, language, None, (steps, permit)).await
}

/// One of this product, or of this installation, that is not used up.
async fn find_registration(
    sics: &Sics,
    id: &str,
    product: &str,
    number: Option<i64>,
) -> Result<RegistrationRow, ApiProblem> {
    let found = sics.store().find_registration(&id.to_ascii_lowercase()).await?;
    found
        .filter(|row| row.product == product && row.installation == number)
        .ok_or_else(|| {
            ApiProblem::new(
                StatusCode::NOT_FOUND,
                "unknown",
                format!("registration {id} does not exist"),
                "Begin a new one: it has been used, was begun for something else, or is older than 30 days.",
            )
        })
}

fn read_plan(plan: &str) -> Result<RegistrationPlan, ApiProblem> {
    serde_json::from_str(plan).map_err(|error| ApiProblem::internal("registrationPlan", &error))
}

fn registration_view(id: &str, certificate_pem: &str, plan: &str) -> Result<RegistrationView, ApiProblem> {
    let plan = read_plan(plan)?;
    let certificate = describe_certificate(certificate_pem);
    let certificate = certificate.map_err(|error| ApiProblem::internal("registrationCertificate", &error))?;
    let language = plan.language;
    let scripts = plan.write_scripts(&certificate, certificate_pem);
    let localized = |text: &str| localize_text(text, language).into_owned();
    let steps = plan.list_steps(&certificate).into_iter().map(|step| RegistrationStep {
        title: localized(&step.title),
        text: localized(&step.text),
        link: step.link,
    });
    let permissions = plan.permissions.iter().map(|permission| RegistrationPermission {
        reason: localized(&permission.reason),
        ..permission.clone()
    });
    Ok(RegistrationView {
        id: id.to_owned(),
        steps: steps.collect(),
        permissions: permissions.collect(),
        name: plan.name,
        client_id: plan.client_id,
        certificate_pem: certificate_pem.to_owned(),
        thumbprint: certificate.thumbprint,
        thumbprint_sha256: certificate.thumbprint_sha256,
        not_after: certificate.not_after,
        az_script: scripts.az,
        powershell_script: scripts.powershell,
    })
}
