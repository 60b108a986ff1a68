//! Products, trusted keys, the wizard and what is installed.

use serde_json::Value;

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    ActBody, AnswersBody, AnswersView, ChangeBody, ChecksView, ConfirmQuery, InstallBody, InstallationView,
    InstallationsView, KeyBody, KeysView, LanguageConfirmQuery, LanguageQuery, NextRunsView, PackageBody, ProductView,
    ProductsView, RegistrationBody, RegistrationCheckBody, RegistrationView, RemovalQuery, RemovedView, RunsBody,
    UpdateBody, UpdateView, ValidateView,
};

operations! {
    /// The catalogue: what is available, installed, and can be updated
    list_products() GET "/sics/v1/products" => 200 ProductsView;
    /// Add a package
    add_product() POST "/sics/v1/products" body PackageBody, => 201 | 200 ProductView;
    /// One product with its manifest, its versions and where it is installed
    show_product(product) GET "/sics/v1/products/{product}" => 200 ProductView;
    /// What an update would change
    plan_update(product) GET "/sics/v1/products/{product}/update" => 200 UpdateView;
    /// Update what is installed to the newest version, exactly as it was shown; instances stay
    update_product(product) POST "/sics/v1/products/{product}/update" body UpdateBody, => 200 UpdateView;
    /// Remove a product; with instances=true its installations as well
    remove_product(product) DELETE "/sics/v1/products/{product}" query RemovalQuery, => 200 RemovedView;
    /// Fingerprints of the keys whose packages are accepted
    list_trusted_keys() GET "/sics/v1/trusted-keys" => 200 KeysView;
    /// Accept packages signed with this key from now on
    trust_key() POST "/sics/v1/trusted-keys" body KeyBody, => 201 KeysView;
    /// Stop accepting packages signed with this key; those already added stay
    distrust_key(key) DELETE "/sics/v1/trusted-keys/{key}" => 204;
    /// The wizard of a product as JSON in one language; with Accept: application/xml the XML document
    show_template(product) GET "/sics/v1/products/{product}/template" query LanguageQuery, => 200 Value;
    /// JSON Schema of the answers that installing a product requires
    show_schema(product) GET "/sics/v1/products/{product}/schema" query LanguageQuery, => 200 Value;
    /// Errors in answers, each at its field; saves nothing
    validate_answers(product) POST "/sics/v1/products/{product}/validate" query LanguageQuery, body AnswersBody, => 200 ValidateView;
    /// Run a check of the wizard, step by step; streams with text/event-stream
    run_wizard_action(product, action) POST "/sics/v1/products/{product}/actions/{action}" query LanguageQuery, body ActBody, => 200 ChecksView;
    /// The next five runs of an interval or a cron expression, in local time
    next_runs(product) POST "/sics/v1/products/{product}/next-runs" body RunsBody, => 200 NextRunsView;
    /// Begin to register an application: a certificate whose key the bus keeps, and what is to be done in Entra
    begin_registration(product) POST "/sics/v1/products/{product}/registrations" body RegistrationBody, => 201 RegistrationView;
    /// A registration that was begun and is not used yet
    show_registration(product, registration) GET "/sics/v1/products/{product}/registrations/{registration}" => 200 RegistrationView;
    /// What of a registration has been done in Entra, step by step; streams with text/event-stream
    check_registration(product, registration) POST "/sics/v1/products/{product}/registrations/{registration}/check" body RegistrationCheckBody, => 200 ChecksView;
    /// Install a product; accepted once the plan is durable, carried out after the response
    install(product) POST "/sics/v1/products/{product}/installations" query LanguageQuery, body InstallBody, => 202 InstallationView;
    /// What is installed, with its members
    list_installations() GET "/sics/v1/installations" => 200 InstallationsView;
    /// One installation; streams its journal with text/event-stream
    show_installation(instance) GET "/sics/v1/installations/{instance}" => 200 InstallationView;
    /// The answers of an installation, without secrets
    show_answers(instance) GET "/sics/v1/installations/{instance}/answers" => 200 AnswersView;
    /// Change answers; omitted answers stay
    change_installation(instance) PATCH "/sics/v1/installations/{instance}" query LanguageConfirmQuery, body ChangeBody, => 200 InstallationView;
    /// Begin to give the application of an installation another certificate, whose key the bus keeps
    begin_renewal(instance) POST "/sics/v1/installations/{instance}/registrations" body RegistrationBody, => 201 RegistrationView;
    /// A renewal that was begun and is not used yet
    show_renewal(instance, registration) GET "/sics/v1/installations/{instance}/registrations/{registration}" => 200 RegistrationView;
    /// What of a renewal has been done in Entra, step by step; streams with text/event-stream
    check_renewal(instance, registration) POST "/sics/v1/installations/{instance}/registrations/{registration}/check" body RegistrationCheckBody, => 200 ChecksView;
    /// Remove an installation with all its members: its devices are reported as gone
    uninstall(instance) DELETE "/sics/v1/installations/{instance}" query ConfirmQuery, => 200 InstallationView;
    /// Run a check on changed answers, or the preview of an installation; streams
    run_installed_action(instance, action) POST "/sics/v1/installations/{instance}/actions/{action}" query LanguageQuery, body ActBody, => 200 ChecksView;
    files:
    /// The icon of a product: SVG or PNG, at most 32 KiB; 404 where it has none
    show_icon() GET "/sics/v1/products/{product}/icon";
}
