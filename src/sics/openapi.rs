//! `/sics/v1/openapi.json`: OpenAPI 3.1, made of the table of routes and of the types that handlers take and give.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::openapi::content::Content;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr, Required};
use utoipa::{PartialSchema, ToSchema};

use super::response_budget::shared_json;
use super::routes::{AccessRule, AccessScope, RouteDescription, describe_routes};
use super::{
    audit, changes, compliance, connection_test, devices, engine, health, install, instances, jobs, lifecycle, notices,
    operators, problem, products, roles, scan_preview, scans, server_limits, servers, verify, view, workflows,
};

/// Made once, and shared by all who read it.
static BYTES: LazyLock<Bytes> =
    LazyLock::new(|| serde_json::to_vec(&build_document()).expect("it is plain JSON").into());

pub(crate) async fn show_document() -> Response {
    shared_json(BYTES.clone())
}

fn build_document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("SICS API of intune-connector")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Management servers read the changes of Intune tenants; people manage instances and servers.",
        ));
    let mut paths = PathsBuilder::new();
    for facts in describe_routes() {
        paths = paths.path(
            facts.path,
            PathItem::new(http_method(&facts), describe_operation(&facts)),
        );
    }
    let mut document = OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(build_components()))
        .build();
    // Two rows of one path are two items to the builder: it merges them.
    document.openapi = utoipa::openapi::OpenApiVersion::Version31;
    document
}

fn http_method(route: &RouteDescription) -> HttpMethod {
    match route.method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn describe_operation(route: &RouteDescription) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.operation_id))
        .summary(Some(route.summary))
        .description(Some(describe_access(route)));
    for name in route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        operation = operation.parameter(parameter.required(Required::True).schema(Some(text_schema())));
    }
    for (name, meaning) in route.query_parameters {
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query);
        operation = operation.parameter(parameter.description(Some(*meaning)).schema(Some(text_schema())));
    }
    if let Some(schema) = route.request_schema {
        let content = Content::new(Some(Ref::from_schema_name(schema)));
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    let mut well = ResponseBuilder::new().description("Success");
    if let Some(schema) = route.response_schema {
        well = well.content("application/json", Content::new(Some(Ref::from_schema_name(schema))));
    }
    let wrong = ResponseBuilder::new()
        .description("Error: `code` identifies it, `advice` says what to do")
        .content(
            problem::MEDIA_TYPE,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        );
    operation = operation
        .response(route.status.to_string(), well)
        .response("default", wrong);
    if route.access_rule != AccessRule::Open {
        for scheme in ["basic", "token"] {
            operation = operation.security(SecurityRequirement::new(scheme, Vec::<String>::new()));
        }
    }
    operation
}

fn describe_access(route: &RouteDescription) -> String {
    let right = match route.access_rule {
        AccessRule::Open => "No sign-in required.".to_owned(),
        AccessRule::SignedIn => "Requires a sign-in.".to_owned(),
        AccessRule::Right(right) => format!("Requires the right {right}."),
        AccessRule::Own(right) => format!("Requires the right {right}, on your own management server."),
        AccessRule::SelfOr(right) => format!("Requires the right {right}, or that the account is your own."),
        AccessRule::OneOf(rights) => format!("Requires one of the rights {}.", rights.join(", ")),
        AccessRule::Person(right) => {
            format!("Requires a sign-in, and in the body name and password of a person with the right {right}.")
        }
        AccessRule::OwnOr { own, any } => format!("Requires {any}, or {own} on your own management server."),
    };
    let scope_text = match route.access_scope {
        AccessScope::Everywhere | AccessScope::Filtered => "",
        AccessScope::Instance => " It must apply to the instance.",
        AccessScope::Server => " It must apply to the server.",
        AccessScope::Unscoped => " It must apply everywhere.",
    };
    right + scope_text
}

fn text_schema() -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(Type::String).build())
}

pub(super) type NamedSchema = (String, RefOr<Schema>);

/// A type with all types that it is made of.
pub(super) fn collect_schemas<T: ToSchema + PartialSchema>() -> Vec<NamedSchema> {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    found
}

fn build_components() -> utoipa::openapi::Components {
    let mut all: Vec<NamedSchema> = Vec::new();
    all.extend(collect_schemas::<connection_test::ConnectionView>());
    all.extend(collect_schemas::<view::ServerView>());
    all.extend(collect_schemas::<view::OperatorView>());
    all.extend(collect_schemas::<view::TokenView>());
    all.extend(collect_schemas::<servers::ServersView>());
    all.extend(collect_schemas::<servers::AnnounceBody>());
    all.extend(collect_schemas::<server_limits::LimitsBody>());
    all.extend(collect_schemas::<servers::RewindBody>());
    all.extend(collect_schemas::<changes::AckBody>());
    all.extend(collect_schemas::<changes::AckView>());
    all.extend(collect_schemas::<devices::DevicesView>());
    all.extend(collect_schemas::<devices::FieldsView>());
    all.extend(collect_schemas::<lifecycle::SupervisorsView>());
    all.extend(collect_schemas::<lifecycle::StartTypeBody>());
    all.extend(collect_schemas::<products::ProductsView>());
    all.extend(collect_schemas::<products::PackageBody>());
    all.extend(collect_schemas::<products::UpdateView>());
    all.extend(collect_schemas::<products::UpdateBody>());
    all.extend(collect_schemas::<products::RemovedView>());
    all.extend(collect_schemas::<products::KeysView>());
    all.extend(collect_schemas::<products::KeyBody>());
    all.extend(collect_schemas::<instances::InstancesView>());
    all.extend(collect_schemas::<instances::InstanceView>());
    all.extend(collect_schemas::<instances::ConfirmGoneBody>());
    all.extend(collect_schemas::<instances::ConfirmCompleteBody>());
    all.extend(collect_schemas::<crate::inventory::fleet_confirmation::SnapshotView>());
    all.extend(collect_schemas::<scans::ScansView>());
    all.extend(collect_schemas::<scans::ScanBody>());
    all.extend(collect_schemas::<scan_preview::DryRunBody>());
    all.extend(collect_schemas::<engine::ScanStarted>());
    all.extend(collect_schemas::<verify::VerifyBody>());
    all.extend(collect_schemas::<verify::VerifyView>());
    all.extend(collect_schemas::<operators::OperatorsView>());
    all.extend(collect_schemas::<operators::NewOperatorBody>());
    all.extend(collect_schemas::<operators::OperatorBody>());
    all.extend(collect_schemas::<operators::TokensView>());
    all.extend(collect_schemas::<operators::WaitingView>());
    all.extend(collect_schemas::<notices::NoticesView>());
    all.extend(collect_schemas::<operators::NewTokenBody>());
    all.extend(collect_schemas::<roles::RolesView>());
    all.extend(collect_schemas::<roles::NewRoleBody>());
    all.extend(collect_schemas::<roles::RoleBody>());
    all.extend(collect_schemas::<roles::GiveBody>());
    all.extend(job_schemas());
    all.extend(install_schemas());
    all.extend(collect_schemas::<workflows::WorkflowsView>());
    all.extend(collect_schemas::<workflows::RunsView>());
    all.extend(collect_schemas::<workflows::WholeRunView>());
    all.extend(collect_schemas::<workflows::CheckBody>());
    all.extend(collect_schemas::<workflows::EnableBody>());
    all.extend(collect_schemas::<workflows::TextView>());
    all.extend(collect_schemas::<workflows::CheckView>());
    all.extend(collect_schemas::<workflows::StartBody>());
    all.extend(collect_schemas::<audit::AuditView>());
    all.extend(collect_schemas::<health::ReadyView>());
    all.extend(compliance::decision_schemas());
    all.extend(manual_schemas());
    let mut builder = ComponentsBuilder::new();
    for (name, schema) in all {
        builder = builder.schema(name, schema);
    }
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("An operator's name and password"));
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("icp_…");
    builder
        .security_scheme("basic", SecurityScheme::Http(basic.build()))
        .security_scheme("token", SecurityScheme::Http(token.build()))
        .build()
}

fn install_schemas() -> Vec<NamedSchema> {
    let mut all = collect_schemas::<install::AnswersBody>();
    all.extend(collect_schemas::<install::ActBody>());
    all.extend(collect_schemas::<install::InstallBody>());
    all.extend(collect_schemas::<install::ChangeBody>());
    all.extend(collect_schemas::<install::RunsBody>());
    all.extend(collect_schemas::<install::ValidateView>());
    all.extend(collect_schemas::<install::InstallationView>());
    all.extend(collect_schemas::<install::InstallationsView>());
    all
}

fn job_schemas() -> Vec<NamedSchema> {
    let mut all = collect_schemas::<jobs::submission::ReceiptView>();
    all.extend(collect_schemas::<jobs::queries::JobsView>());
    all.extend(collect_schemas::<jobs::queries::WholeJobView>());
    all.extend(collect_schemas::<jobs::view::JobSummaryView>());
    all.extend(collect_schemas::<jobs::operator_decisions::ApproveBody>());
    all.extend(collect_schemas::<jobs::operator_decisions::PersonBody>());
    all.extend(collect_schemas::<jobs::broken_glass::BreakGlassBody>());
    all.extend(collect_schemas::<jobs::broken_glass::BrokenGlassesView>());
    all.extend(collect_schemas::<jobs::guard_policy::AgreementBody>());
    all.extend(collect_schemas::<jobs::operator_decisions::CancelledView>());
    all.extend(collect_schemas::<jobs::operator_decisions::ResolveBody>());
    all.extend(collect_schemas::<jobs::results::ResultsView>());
    all.extend(collect_schemas::<jobs::results::AckResultsBody>());
    all.extend(collect_schemas::<jobs::results::AckResultsView>());
    all.extend(collect_schemas::<jobs::secrets::SecretsView>());
    all.extend(collect_schemas::<jobs::kill_switch::KillSwitchBody>());
    all.extend(collect_schemas::<jobs::kill_switch::KillSwitchView>());
    all.extend(collect_schemas::<jobs::guard_policy::GuardView>());
    all.extend(collect_schemas::<jobs::guard_policy::GuardBody>());
    all
}

/// Schemas that are defined elsewhere, without a type of this document.
fn manual_schemas() -> Vec<NamedSchema> {
    let integer = || json!({"type": "integer"});
    let id = || json!({"type": "string", "format": "uuid"});
    let optional_text = || json!({"type": ["string", "null"]});
    let reasons = [
        "deleted",
        "filtered",
        "replaced",
        "unassigned",
        "instanceRemoved",
        "byJob",
    ];
    let schemas = [
        (
            "Change",
            json!({"type": "object", "required": ["instance", "kind"], "properties": {
            "instance": {"type": "string"}, "seq": integer(),
            "kind": {"type": "string", "enum": ["upsert", "gone", "snapshotBegin", "snapshotEnd"]},
            "reason": {"type": "string", "enum": reasons},
            "deviceId": id(), "changedAt": {"type": "string", "format": "date-time"},
            "replaces": id(), "sameAs": id(),
            "setAside": {"type": "array", "items": id(),
                "description": "With snapshotEnd: devices whose records could not be read. They are not gone: keep \
                    what you hold of them"},
            "device": {"type": "object", "description": "Graph's managedDevice, normalised"}}}),
        ),
        (
            "ChangesView",
            json!({"type": "object", "required": ["changes", "cursor", "more"], "properties": {
            "changes": {"type": "array", "items": {"$ref": "#/components/schemas/Change"},
                "description": "In the order in which to apply them"},
            "cursor": {"type": "string", "description": "Where to continue, and what to acknowledge"},
            "more": {"type": "boolean", "description": "More changes are available"}}}),
        ),
        (
            "ScanSummary",
            json!({"type": "object", "additionalProperties": true, "properties": {
            "kind": {"type": "string"}, "seen": integer(), "new": integer(), "changed": integer(),
            "unchanged": integer(), "gone": integer(), "missing": integer(), "filtered": integer(),
            "setAside": integer(), "leftOutProperties": integer(), "unlisted": integer(), "requests": integer(),
            "braked": {"type": "boolean"}, "proven": {"type": "boolean", "description": "Whether the fleet is proven \
                complete since this scan"},
            "unread": {"type": "array", "description": "Records, and properties of records, that could not be read: the first 50",
                "items": {"type": "object", "properties": {"deviceId": {"type": ["string", "null"]},
                    "property": optional_text(), "reason": {"type": "string"}, "problem": {"type": "string"}}}}}}),
        ),
        (
            "BrakeView",
            json!({"type": "object", "required": ["count", "digest", "devices"], "properties": {
            "count": integer(), "digest": {"type": "string"},
            "devices": {"type": "array", "items": {"type": "object", "properties": {
                "id": id(), "reason": {"type": "string"}, "deviceName": optional_text(),
                "serialNumber": optional_text(), "userPrincipalName": optional_text(), "lastSyncS": integer()}}}}}),
        ),
        (
            "ReleasedView",
            json!({"type": "object", "properties": {"filtered": integer(), "asked": integer()}}),
        ),
        ("GoneView", json!({"type": "object", "properties": {"gone": integer()}})),
        (
            "AuditVerdictView",
            json!({"type": "object", "properties": {
            "whole": {"type": "boolean"}, "entries": integer(), "head": {"type": "string"},
            "brokenAt": {"type": ["integer", "null"]}, "compared": integer(), "beforeRestore": integer(),
            "missing": {"type": "array", "items": {"type": "object"}, "description": "Earlier ends that are missing: \
                by, source, at, entry, head"},
            "restores": {"type": "array", "items": {"type": "object"}, "description": "Entry and at of each"}}}),
        ),
        (
            "JobBody",
            json!({"type": "object", "additionalProperties": false, "properties": {
            "id": {"type": "string", "description": "The sender's id; the header Idempotency-Key is accepted as well. \
                Never expires"},
            "instance": {"type": "string", "description": "Required with a filter, and if two instances know the \
                device"},
            "definition": {"type": "string", "description": "Name of a definition in the instance's settings, instead of action"},
            "action": {"type": "string", "description": "GET /sics/v1/actions lists them"},
            "devices": {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {
                "id": id(), "seq": integer(), "serialNumber": optional_text(),
                "enrolledDateTime": optional_text(), "userPrincipalName": optional_text()}},
                "description": "Actions that are not harmless require seq, or the three fields, of each: the state \
                    that was seen"},
            "filter": {"type": "string", "description": "CEL, instead of devices; resolved once; never for \
                destructive actions"},
            "expectDevices": integer(),
            "parameters": {"type": "object", "additionalProperties": true},
            "confirm": {"type": "string", "description": "The name of the action again, for actions that are not \
                harmless"},
            "definitionHash": {"type": "string", "description": "Hash of the definition as shown, if it can act on \
                devices"},
            "reason": {"type": "string"}, "requestedBy": {"type": "string"},
            "whenPending": {"type": "string", "enum": ["stop", "wait", "goOn"], "default": "stop",
                "description": "If Intune shows a pending action that this bus did not send: send nothing, wait until \
                    nothing is pending, or send anyway"},
            "urgent": {"type": "boolean"}, "dryRun": {"type": "boolean"},
            "expiresAt": {"type": "string", "format": "date-time"}}}),
        ),
        (
            "ActionsView",
            json!({"type": "object", "properties": {"actions": {"type": "array", "items": {"type": "object",
                "additionalProperties": true, "description": "Name, summary, danger, right, platforms, JSON Schema of parameters"}}}}),
        ),
        (
            "Settings",
            json!({"type": "object", "additionalProperties": true,
            "description": "Keys as in the settings file; secrets by value"}),
        ),
        (
            "Problem",
            json!({"type": "object", "additionalProperties": true,
            "required": ["type", "title", "status", "detail", "code", "advice"], "properties": {
                "type": {"type": "string"}, "title": {"type": "string"}, "status": integer(),
                "detail": {"type": "string"}, "code": {"type": "string", "description": "Stable, for machines"},
                "advice": {"type": "string", "description": "What to do, for people"}}}),
        ),
    ];
    schemas
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), parse_schema(schema)))
        .collect()
}

fn parse_schema(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).expect("these literals are schemas; a test reads them all")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn whole() -> Value {
        serde_json::to_value(build_document()).expect("JSON")
    }

    #[test]
    fn the_document_has_every_route_of_the_table_and_no_other() {
        let document = whole();
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().expect("paths");
        let written: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, item)| {
                item.as_object()
                    .expect("an item")
                    .keys()
                    .map(|method| (path.clone(), method.to_uppercase()))
            })
            .collect();
        let known: BTreeSet<(String, String)> = describe_routes()
            .iter()
            .map(|facts| (facts.path.to_owned(), facts.method.to_string()))
            .collect();
        assert_eq!(written, known);
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document = whole();
        let known = document["components"]["schemas"].as_object().expect("schemas");
        let text = document.to_string();
        let references: Vec<&str> = text
            .split("\"#/components/schemas/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert!(references.len() > 40, "{references:?}");
        for name in references {
            assert!(known.contains_key(name), "{name} is not defined");
        }
    }

    #[test]
    fn operations_have_a_name_of_their_own_and_a_summary() {
        let facts = describe_routes();
        let names: BTreeSet<_> = facts.iter().map(|facts| facts.operation_id).collect();
        assert_eq!(names.len(), facts.len());
        assert!(
            facts
                .iter()
                .all(|facts| !facts.operation_id.is_empty() && !facts.summary.is_empty())
        );
    }
}
