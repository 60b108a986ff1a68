//! `/sics/v1/openapi.json`: OpenAPI 3.1, made of the table of routes and of the types that handlers take and give.

use serde_json::Value;
use utoipa::openapi::content::Content;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, PathsBuilder, Ref, Required};

use super::api_schemas::{collect_schemas, open_free_schemas};
use super::problem;
use super::routes::{AccessRule, AccessScope, RouteDescription};
use super::tagged_schemas::flatten_tagged_unions;

/// `routes`: all there are.
pub(super) fn write_document(routes: &[RouteDescription]) -> Value {
    let mut document = serde_json::to_value(build_document(routes)).expect("it is plain JSON");
    open_free_schemas(&mut document);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        flatten_tagged_unions(schemas);
    }
    document
}

fn build_document(routes: &[RouteDescription]) -> OpenApi {
    let info = InfoBuilder::new()
        .title("SICS API of intune-connector")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Management servers read the changes of Intune tenants; people manage instances and servers. What is wrong is \
             told as application/problem+json; only what is no HTTP (400), and a head of more than 64 KiB (8 KiB in \
             HTTP/2) or 100 headers (431), is refused without a body.",
        ));
    let mut paths = PathsBuilder::new();
    for facts in routes {
        paths = paths.path(
            facts.operation.path,
            PathItem::new(http_method(facts), describe_operation(facts)),
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
    match route.operation.method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn describe_operation(route: &RouteDescription) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.operation.operation_id()))
        .summary(Some(route.operation.summary))
        .description(Some(describe_route(route)));
    for name in route
        .operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        operation = operation.parameter(
            parameter
                .required(Required::True)
                .schema(Some(path_schema(route.operation.path, name))),
        );
    }
    for parameter in route.operation.query.into_iter().flat_map(|parameters| parameters()) {
        operation = operation.parameter(parameter);
    }
    if let Some(schema) = route.operation.request {
        let content = Content::new(Some(Ref::from_schema_name(schema.name())));
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    let mut well = ResponseBuilder::new().description("Success");
    if let Some(schema) = route.operation.answer {
        well = well.content(
            "application/json",
            Content::new(Some(Ref::from_schema_name(schema.name()))),
        );
    }
    let wrong = ResponseBuilder::new()
        .description("Error: `code` identifies it, `advice` says what to do")
        .content(
            problem::MEDIA_TYPE,
            Content::new(Some(Ref::from_schema_name("Problem"))),
        );
    let well = well.build();
    for status in [Some(route.operation.status), route.operation.other_status]
        .into_iter()
        .flatten()
    {
        operation = operation.response(status.to_string(), well.clone());
    }
    operation = operation.response("default", wrong);
    if let Some(schema) = route.operation.waiting_answer {
        let waits = ResponseBuilder::new()
            .description("Not done yet: a second person must agree")
            .content(
                "application/json",
                Content::new(Some(Ref::from_schema_name(schema.name()))),
            );
        operation = operation.response("202", waits);
    }
    if route.access_rule != AccessRule::Open {
        for scheme in ["basic", "token"] {
            operation = operation.security(SecurityRequirement::new(scheme, Vec::<String>::new()));
        }
    }
    operation
}

/// Who may call it, and what else there is to know.
fn describe_route(route: &RouteDescription) -> String {
    match route.operation.details {
        "" => describe_access(route),
        // Each line of a comment begins with a space.
        details => format!("{}\n\n{}", describe_access(route), details.replace("\n ", "\n")),
    }
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

/// What stands at a place of a path: ids of devices are UUIDs, most numbers are numbers, all else is text. A job is named
/// by its number or by the name that its sender gave it.
fn path_schema(path: &str, place: &str) -> Schema {
    let object = ObjectBuilder::new();
    let object = match place {
        "id" if path.contains("/devices/") => object
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
        "id" if path.contains("/jobs/") => object.schema_type(Type::String),
        "id" | "run" | "task" | "token" => object
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))),
        _ => object.schema_type(Type::String),
    };
    Schema::Object(object.build())
}

/// The schemas of all operations, and how one signs in.
fn build_components() -> utoipa::openapi::Components {
    let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some(
        "An operator's name and password. An account with a second factor also needs a code of it in the header \
             X-Second-Factor; each code works once, so a session or a token is the better way",
    ));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("icp_…")
        .description(Some("A token (icp_…), or the token of a session (ics_…)"));
    collect_schemas()
        .security_scheme("basic", SecurityScheme::Http(basic.build()))
        .security_scheme("token", SecurityScheme::Http(token.build()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sics::routes::describe_routes;
    use std::collections::BTreeSet;

    fn whole() -> Value {
        write_document(&describe_routes())
    }

    /// Generators of clients give each class of theirs a member of this name.
    #[test]
    fn no_member_has_a_name_that_generators_keep_for_themselves() {
        let document = whole();
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            assert!(schema["properties"].get("additionalProperties").is_none(), "{name}");
        }
        assert!(!document.to_string().contains("\\n "), "descriptions are indented");
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
            .map(|facts| (facts.operation.path.to_owned(), facts.operation.method.to_string()))
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
        let names: BTreeSet<_> = facts.iter().map(|facts| facts.operation.operation_id()).collect();
        assert_eq!(names.len(), facts.len());
        assert!(facts.iter().all(|facts| !facts.operation.summary.is_empty()));
    }
}
