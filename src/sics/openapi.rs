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

use super::answers::shared_json;
use super::table::{Need, Place, RouteFacts, routes};
use super::{
    audit, changes, compliance, connection, devices, engine, health, install, instances, jobs, limit, notices,
    operators, power, preview, problem, products, roles, scans, servers, verify, view, workflows,
};

/// Made once, and shared by all who read it.
static BYTES: LazyLock<Bytes> = LazyLock::new(|| serde_json::to_vec(&document()).expect("it is plain JSON").into());

pub async fn show() -> Response {
    shared_json(BYTES.clone())
}

fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("SICS API of intune-connector")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Management servers read the changes of Intune tenants; people look after instances and servers.",
        ));
    let mut paths = PathsBuilder::new();
    for facts in routes() {
        paths = paths.path(facts.path, PathItem::new(method(&facts), operation(&facts)));
    }
    let mut document = OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components()))
        .build();
    // Two rows of one path are two items to the builder: it merges them.
    document.openapi = utoipa::openapi::OpenApiVersion::Version31;
    document
}

fn method(facts: &RouteFacts) -> HttpMethod {
    match facts.method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation(facts: &RouteFacts) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(facts.operation))
        .summary(Some(facts.summary))
        .description(Some(needs(facts)));
    for name in facts
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        operation = operation.parameter(parameter.required(Required::True).schema(Some(text())));
    }
    for (name, meaning) in facts.query {
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query);
        operation = operation.parameter(parameter.description(Some(*meaning)).schema(Some(text())));
    }
    if let Some(schema) = facts.takes {
        let content = Content::new(Some(Ref::from_schema_name(schema)));
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    let mut well = ResponseBuilder::new().description("It went well");
    if let Some(schema) = facts.gives {
        well = well.content("application/json", Content::new(Some(Ref::from_schema_name(schema))));
    }
    let wrong = ResponseBuilder::new()
        .description("It did not: code says what, advice what to do")
        .content(
            problem::MEDIA_TYPE,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        );
    operation = operation
        .response(facts.status.to_string(), well)
        .response("default", wrong);
    if facts.need != Need::Open {
        for scheme in ["basic", "token"] {
            operation = operation.security(SecurityRequirement::new(scheme, Vec::<String>::new()));
        }
    }
    operation
}

fn needs(facts: &RouteFacts) -> String {
    let right = match facts.need {
        Need::Open => "Open to everybody.".to_owned(),
        Need::SignedIn => "Needs a sign-in.".to_owned(),
        Need::Right(right) => format!("Needs the right {right}."),
        Need::Own(right) => format!("Needs the right {right}, on one's own management server."),
        Need::SelfOr(right) => format!("Needs the right {right}, or the account is one's own."),
        Need::OneOf(rights) => format!("Needs one of the rights {}.", rights.join(", ")),
        Need::Person(right) => {
            format!("Needs a sign-in, and in the body name and password of a person with the right {right}.")
        }
        Need::OwnOr { own, any } => format!("Needs {any}, or {own} on one's own management server."),
    };
    let place = match facts.place {
        Place::Everywhere | Place::Filtered => "",
        Place::Instance => " It must hold for the instance.",
        Place::Server => " It must hold for the server.",
        Place::Unscoped => " It must hold everywhere.",
    };
    right + place
}

fn text() -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(Type::String).build())
}

pub(super) type Named = (String, RefOr<Schema>);

/// A type with all types that it is made of.
pub(super) fn of<T: ToSchema + PartialSchema>() -> Vec<Named> {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    found
}

fn components() -> utoipa::openapi::Components {
    let mut all: Vec<Named> = Vec::new();
    all.extend(of::<connection::ConnectionView>());
    all.extend(of::<view::ServerView>());
    all.extend(of::<view::OperatorView>());
    all.extend(of::<view::TokenView>());
    all.extend(of::<servers::ServersView>());
    all.extend(of::<servers::AnnounceBody>());
    all.extend(of::<limit::LimitsBody>());
    all.extend(of::<servers::RewindBody>());
    all.extend(of::<changes::AckBody>());
    all.extend(of::<changes::AckView>());
    all.extend(of::<devices::DevicesView>());
    all.extend(of::<devices::FieldsView>());
    all.extend(of::<power::SupervisorsView>());
    all.extend(of::<power::StartTypeBody>());
    all.extend(of::<products::ProductsView>());
    all.extend(of::<products::PackageBody>());
    all.extend(of::<products::UpdateView>());
    all.extend(of::<products::UpdateBody>());
    all.extend(of::<products::RemovedView>());
    all.extend(of::<products::KeysView>());
    all.extend(of::<products::KeyBody>());
    all.extend(of::<instances::InstancesView>());
    all.extend(of::<instances::InstanceView>());
    all.extend(of::<instances::ConfirmGoneBody>());
    all.extend(of::<instances::ConfirmCompleteBody>());
    all.extend(of::<crate::inventory::wholeness::SnapshotView>());
    all.extend(of::<scans::ScansView>());
    all.extend(of::<scans::ScanBody>());
    all.extend(of::<preview::DryRunBody>());
    all.extend(of::<engine::ScanStarted>());
    all.extend(of::<verify::VerifyBody>());
    all.extend(of::<verify::VerifyView>());
    all.extend(of::<operators::OperatorsView>());
    all.extend(of::<operators::NewOperatorBody>());
    all.extend(of::<operators::OperatorBody>());
    all.extend(of::<operators::TokensView>());
    all.extend(of::<operators::WaitingView>());
    all.extend(of::<notices::NoticesView>());
    all.extend(of::<operators::NewTokenBody>());
    all.extend(of::<roles::RolesView>());
    all.extend(of::<roles::NewRoleBody>());
    all.extend(of::<roles::RoleBody>());
    all.extend(of::<roles::GiveBody>());
    all.extend(of_jobs());
    all.extend(of_installing());
    all.extend(of::<workflows::WorkflowsView>());
    all.extend(of::<workflows::RunsView>());
    all.extend(of::<workflows::WholeRunView>());
    all.extend(of::<workflows::CheckBody>());
    all.extend(of::<workflows::EnableBody>());
    all.extend(of::<workflows::TextView>());
    all.extend(of::<workflows::CheckView>());
    all.extend(of::<workflows::StartBody>());
    all.extend(of::<audit::AuditView>());
    all.extend(of::<health::ReadyView>());
    all.extend(compliance::schemas());
    all.extend(by_hand());
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

fn of_installing() -> Vec<Named> {
    let mut all = of::<install::AnswersBody>();
    all.extend(of::<install::ActBody>());
    all.extend(of::<install::InstallBody>());
    all.extend(of::<install::ChangeBody>());
    all.extend(of::<install::RunsBody>());
    all.extend(of::<install::ValidateView>());
    all.extend(of::<install::InstallationView>());
    all.extend(of::<install::InstallationsView>());
    all
}

fn of_jobs() -> Vec<Named> {
    let mut all = of::<jobs::send::ReceiptView>();
    all.extend(of::<jobs::look::JobsView>());
    all.extend(of::<jobs::look::WholeJobView>());
    all.extend(of::<jobs::view::JobView>());
    all.extend(of::<jobs::decide::ApproveBody>());
    all.extend(of::<jobs::decide::PersonBody>());
    all.extend(of::<jobs::glass::BreakGlassBody>());
    all.extend(of::<jobs::glass::BrokenGlassesView>());
    all.extend(of::<jobs::limits::AgreementBody>());
    all.extend(of::<jobs::decide::CancelledView>());
    all.extend(of::<jobs::decide::ResolveBody>());
    all.extend(of::<jobs::results::ResultsView>());
    all.extend(of::<jobs::results::AckResultsBody>());
    all.extend(of::<jobs::results::AckResultsView>());
    all.extend(of::<jobs::secrets::SecretsView>());
    all.extend(of::<jobs::power::KillSwitchBody>());
    all.extend(of::<jobs::power::KillSwitchView>());
    all.extend(of::<jobs::limits::GuardView>());
    all.extend(of::<jobs::limits::GuardBody>());
    all
}

/// What other rooms define and therefore does not know this document.
fn by_hand() -> Vec<Named> {
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
                "description": "With snapshotEnd: devices whose records could not be read. They have not gone: keep what you hold of them"},
            "device": {"type": "object", "description": "Graph's managedDevice, normalised"}}}),
        ),
        (
            "ChangesView",
            json!({"type": "object", "required": ["changes", "cursor", "more"], "properties": {
            "changes": {"type": "array", "items": {"$ref": "#/components/schemas/Change"},
                "description": "In the order in which to apply them"},
            "cursor": {"type": "string", "description": "Where to go on, and what to acknowledge"},
            "more": {"type": "boolean", "description": "There is more already"}}}),
        ),
        (
            "ScanSummary",
            json!({"type": "object", "additionalProperties": true, "properties": {
            "kind": {"type": "string"}, "seen": integer(), "new": integer(), "changed": integer(),
            "unchanged": integer(), "gone": integer(), "missing": integer(), "filtered": integer(),
            "setAside": integer(), "leftOutProperties": integer(), "unlisted": integer(), "requests": integer(),
            "braked": {"type": "boolean"}, "proven": {"type": "boolean", "description": "Whether the fleet is proven whole since this scan"},
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
            "missing": {"type": "array", "items": {"type": "object"}, "description": "ends that were there once: by, source, at, entry, head"},
            "restores": {"type": "array", "items": {"type": "object"}, "description": "entry and at of each"}}}),
        ),
        (
            "JobBody",
            json!({"type": "object", "additionalProperties": false, "properties": {
            "id": {"type": "string", "description": "The sender's; the header Idempotency-Key is taken for it, too. Never expires"},
            "instance": {"type": "string", "description": "Needed with a filter, and where two instances know the device"},
            "definition": {"type": "string", "description": "Name of a definition in the instance's settings, instead of action"},
            "action": {"type": "string", "description": "GET /sics/v1/actions lists them"},
            "devices": {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {
                "id": id(), "seq": integer(), "serialNumber": optional_text(),
                "enrolledDateTime": optional_text(), "userPrincipalName": optional_text()}},
                "description": "What is not harmless takes seq, or the three fields, of each: the state that was seen"},
            "filter": {"type": "string", "description": "CEL, instead of devices; resolved once; never for what destroys"},
            "expectDevices": integer(),
            "parameters": {"type": "object", "additionalProperties": true},
            "confirm": {"type": "string", "description": "The name of the action once more, for what is not harmless"},
            "definitionHash": {"type": "string", "description": "Of the definition as it was shown, where it can do something to devices"},
            "reason": {"type": "string"}, "requestedBy": {"type": "string"},
            "whenPending": {"type": "string", "enum": ["stop", "wait", "goOn"], "default": "stop",
                "description": "Where Intune shows an action as pending that was not sent from here: nothing is sent, it waits until nothing is pending, or it is sent all the same"},
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
            "description": "Keys as in the settings file; secrets by their content"}),
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
        .map(|(name, schema)| (name.to_owned(), parsed(schema)))
        .collect()
}

fn parsed(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).expect("these literals are schemas; a test reads them all")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn whole() -> Value {
        serde_json::to_value(document()).expect("JSON")
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
        let known: BTreeSet<(String, String)> = routes()
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
        let facts = routes();
        let names: BTreeSet<_> = facts.iter().map(|facts| facts.operation).collect();
        assert_eq!(names.len(), facts.len());
        assert!(
            facts
                .iter()
                .all(|facts| !facts.operation.is_empty() && !facts.summary.is_empty())
        );
    }
}
