//! Routes of the catalogue and of installing what is in it.

use axum::http::StatusCode;

use super::AccessRule::Right;
use super::AccessScope::{Everywhere, Filtered, Instance, Unscoped};
use super::CONFIRM;
use super::route::{RouteEntry, delete, get, patch, post};
use crate::model::RelaxationRule;
use crate::sics::{install, products};

const REMOVAL: &[(&str, &str)] = &[
    ("instances", "true: remove its instances, too"),
    (
        "confirm",
        "`confirm` from the refusal without it: count and digest (F7)",
    ),
];
const LANG: &[(&str, &str)] = &[("lang", "en or de (en)")];
const LANG_CONFIRM: &[(&str, &str)] = &[
    ("lang", "en or de (en)"),
    (
        "confirm",
        "`confirm` from the refusal without it: count and digest (F7)",
    ),
];

#[rustfmt::skip]
pub(super) fn product_routes() -> Vec<RouteEntry> {
    vec![
        get("/sics/v1/products", Right("Products_Read"), Everywhere, products::list_products)
            .operation("listProducts", "The catalogue: what is available, installed, and can be updated").response("ProductsView"),
        post("/sics/v1/products", Right("Products_Manage"), Unscoped, products::add_product)
            .relaxation_rule(RelaxationRule::ByContent).operation("addProduct", "Add a package").body("PackageBody").response("ProductView").status(StatusCode::CREATED),
        get("/sics/v1/products/{product}", Right("Products_Read"), Everywhere, products::show_product)
            .operation("showProduct", "One product with its manifest, its versions and where it is installed").response("ProductView"),
        get("/sics/v1/products/{product}/update", Right("Products_Read"), Everywhere, products::plan_update)
            .operation("planUpdate", "What an update would change").response("UpdateView"),
        post("/sics/v1/products/{product}/update", Right("Products_Manage"), Unscoped, products::update_product)
            .relaxation_rule(RelaxationRule::ByContent).operation("updateProduct", "Update what is installed to the newest version, exactly as it was shown; instances stay")
            .body("UpdateBody").response("UpdateView"),
        delete("/sics/v1/products/{product}", Right("Products_Manage"), Unscoped, products::remove)
            .relaxation_rule(RelaxationRule::Never).operation("removeProduct", "Remove a product; with instances=true its installations as well")
            .query(REMOVAL).response("RemovedView")
            .status(StatusCode::OK),
        get("/sics/v1/trusted-keys", Right("Products_Read"), Everywhere, products::list_trusted_keys)
            .operation("listTrustedKeys", "Fingerprints of the keys whose packages are accepted").response("KeysView"),
        post("/sics/v1/trusted-keys", Right("Products_Manage"), Unscoped, products::trust_key)
            .relaxation_rule(RelaxationRule::ByContent).operation("trustKey", "Accept packages signed with this key from now on").body("KeyBody").response("KeysView")
            .status(StatusCode::CREATED),
        delete("/sics/v1/trusted-keys/{key}", Right("Products_Manage"), Unscoped, products::distrust_key)
            .relaxation_rule(RelaxationRule::Never).operation("distrustKey", "Stop accepting packages signed with this key; those already added stay"),
    ]
}

#[rustfmt::skip]
pub(super) fn installation_routes() -> Vec<RouteEntry> {
    let manage = Right("Instances_Manage");
    vec![
        get("/sics/v1/products/{product}/template", manage, Everywhere, install::show_template)
            .operation("showTemplate", "The wizard of a product as JSON in one language; with Accept: application/xml the XML document").query(LANG),
        get("/sics/v1/products/{product}/schema", manage, Everywhere, install::show_schema)
            .operation("showSchema", "JSON Schema of the answers that installing a product requires").query(LANG),
        post("/sics/v1/products/{product}/validate", manage, Unscoped, install::validate_answers)
            .relaxation_rule(RelaxationRule::Never).operation("validateAnswers", "Errors in answers, each at its field; saves nothing").query(LANG)
            .body("AnswersBody").response("ValidateView"),
        post("/sics/v1/products/{product}/actions/{action}", manage, Unscoped, install::run)
            .relaxation_rule(RelaxationRule::Never).operation("runWizardAction", "Run a check of the wizard, step by step; streams with text/event-stream").query(LANG)
            .body("ActBody"),
        post("/sics/v1/products/{product}/next-runs", manage, Everywhere, install::next)
            .relaxation_rule(RelaxationRule::Never).operation("nextRuns", "The next five runs of an interval or a cron expression, in local time").body("RunsBody"),
        post("/sics/v1/products/{product}/installations", manage, Unscoped, install::install_product)
            .relaxation_rule(RelaxationRule::ByContent).operation("install", "Install a product; accepted once the plan is durable, carried out after the response").query(LANG)
            .body("InstallBody").response("InstallationView").status(StatusCode::ACCEPTED),
        get("/sics/v1/installations", Right("Instances_Read"), Filtered, install::list_installations)
            .operation("listInstallations", "What is installed, with its members").response("InstallationsView"),
        get("/sics/v1/installations/{instance}", Right("Instances_Read"), Instance, install::show_installation)
            .operation("showInstallation", "One installation; streams its journal with text/event-stream").response("InstallationView"),
        get("/sics/v1/installations/{instance}/answers", manage, Instance, install::show_answers)
            .operation("showAnswers", "The answers of an installation, without secrets"),
        patch("/sics/v1/installations/{instance}", manage, Instance, install::change_installation)
            .relaxation_rule(RelaxationRule::ByContent).operation("changeInstallation", "Change answers; omitted answers stay").query(LANG_CONFIRM)
            .body("ChangeBody").response("InstallationView"),
        delete("/sics/v1/installations/{instance}", manage, Instance, install::remove)
            .relaxation_rule(RelaxationRule::Never).operation("uninstall", "Remove an installation with all its members: its devices are reported as gone").query(CONFIRM)
            .response("InstallationView").status(StatusCode::OK),
        post("/sics/v1/installations/{instance}/actions/{action}", manage, Instance, install::run_installed_action)
            .relaxation_rule(RelaxationRule::Never).operation("runInstalledAction", "Run a check on changed answers, or the preview of an installation; streams").query(LANG)
            .body("ActBody"),
    ]
}
