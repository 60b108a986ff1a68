//! Routes of the catalogue and of installing what is in it.

use axum::http::StatusCode;

use super::CONFIRM;
use super::Need::Right;
use super::Place::{Everywhere, Filtered, Instance, Unscoped};
use super::row::{Row, delete, get, patch, post};
use crate::model::Loosens;
use crate::sics::{install, products};

const REMOVAL: &[(&str, &str)] = &[
    ("instances", "true: remove its instances, too"),
    ("confirm", "`confirm` of the refusal without it: count and digest (F7)"),
];
const LANG: &[(&str, &str)] = &[("lang", "en or de (en)")];
const LANG_CONFIRM: &[(&str, &str)] = &[
    ("lang", "en or de (en)"),
    ("confirm", "`confirm` of the refusal without it: count and digest (F7)"),
];

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/products", Right("Products_Read"), Everywhere, products::list)
            .says("listProducts", "The catalogue: what is available, installed, and can be updated").gives("ProductsView"),
        post("/sics/v1/products", Right("Products_Manage"), Unscoped, products::add)
            .loosens(Loosens::ByContent).says("addProduct", "Take a package in").takes("PackageBody").gives("ProductView").status(StatusCode::CREATED),
        get("/sics/v1/products/{product}", Right("Products_Read"), Everywhere, products::show)
            .says("showProduct", "One product with its manifest, its versions and where it is installed").gives("ProductView"),
        get("/sics/v1/products/{product}/update", Right("Products_Read"), Everywhere, products::plan)
            .says("planUpdate", "What an update would change").gives("UpdateView"),
        post("/sics/v1/products/{product}/update", Right("Products_Manage"), Unscoped, products::update)
            .loosens(Loosens::ByContent).says("updateProduct", "Take what is installed over to the newest version, exactly as it was shown; instances stay")
            .takes("UpdateBody").gives("UpdateView"),
        delete("/sics/v1/products/{product}", Right("Products_Manage"), Unscoped, products::remove)
            .loosens(Loosens::Never).says("removeProduct", "Remove a product; with instances=true what is installed of it as well")
            .asks(REMOVAL).gives("RemovedView")
            .status(StatusCode::OK),
        get("/sics/v1/trusted-keys", Right("Products_Read"), Everywhere, products::keys)
            .says("listTrustedKeys", "Fingerprints of the keys whose packages are taken").gives("KeysView"),
        post("/sics/v1/trusted-keys", Right("Products_Manage"), Unscoped, products::trust)
            .loosens(Loosens::ByContent).says("trustKey", "Take packages by this key from now on").takes("KeyBody").gives("KeysView")
            .status(StatusCode::CREATED),
        delete("/sics/v1/trusted-keys/{key}", Right("Products_Manage"), Unscoped, products::distrust)
            .loosens(Loosens::Never).says("distrustKey", "Take packages by this key no more; those that were taken stay"),
    ]
}

#[rustfmt::skip]
pub(super) fn installations() -> Vec<Row> {
    let manage = Right("Instances_Manage");
    vec![
        get("/sics/v1/products/{product}/template", manage, Everywhere, install::template)
            .says("showTemplate", "The wizard of a product as JSON in one language; with Accept: application/xml the document").asks(LANG),
        get("/sics/v1/products/{product}/schema", manage, Everywhere, install::schema)
            .says("showSchema", "JSON Schema of the answers that installing a product takes").asks(LANG),
        post("/sics/v1/products/{product}/validate", manage, Unscoped, install::validate)
            .loosens(Loosens::Never).says("validateAnswers", "What is wrong with answers, each at its field; keeps nothing").asks(LANG)
            .takes("AnswersBody").gives("ValidateView"),
        post("/sics/v1/products/{product}/actions/{action}", manage, Unscoped, install::run)
            .loosens(Loosens::Never).says("runWizardAction", "A check of the wizard, step by step; streams with text/event-stream").asks(LANG)
            .takes("ActBody"),
        post("/sics/v1/products/{product}/next-runs", manage, Everywhere, install::next)
            .loosens(Loosens::Never).says("nextRuns", "The next five runs of an interval or a cron expression, in local time").takes("RunsBody"),
        post("/sics/v1/products/{product}/installations", manage, Unscoped, install::install)
            .loosens(Loosens::ByContent).says("install", "Install a product; accepted when the plan is durable, carried out behind the answer").asks(LANG)
            .takes("InstallBody").gives("InstallationView").status(StatusCode::ACCEPTED),
        get("/sics/v1/installations", Right("Instances_Read"), Filtered, install::list)
            .says("listInstallations", "What is installed, with its members").gives("InstallationsView"),
        get("/sics/v1/installations/{instance}", Right("Instances_Read"), Instance, install::show)
            .says("showInstallation", "One installation; streams its journal with text/event-stream").gives("InstallationView"),
        get("/sics/v1/installations/{instance}/answers", manage, Instance, install::answers)
            .says("showAnswers", "The answers that an installation stands on, without secrets"),
        patch("/sics/v1/installations/{instance}", manage, Instance, install::change)
            .loosens(Loosens::ByContent).says("changeInstallation", "Change answers; those not given stay").asks(LANG_CONFIRM)
            .takes("ChangeBody").gives("InstallationView"),
        delete("/sics/v1/installations/{instance}", manage, Instance, install::remove)
            .loosens(Loosens::Never).says("uninstall", "Take an installation away with all its members: its devices are told gone").asks(CONFIRM)
            .gives("InstallationView").status(StatusCode::OK),
        post("/sics/v1/installations/{instance}/actions/{action}", manage, Instance, install::run_for_installed)
            .loosens(Loosens::Never).says("runInstalledAction", "A check over changed answers, or the preview of what was installed; streams").asks(LANG)
            .takes("ActBody"),
    ]
}
