//! Operations of the OpenAPI document.

use serde_json::Value;

use super::schema::{Shape, read_shape};

/// Methods in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Operations whose path names no subject of the API.
const BUS: &str = "bus";
/// What every path of the API begins with.
const PREFIX: &str = "/sics/v1/";

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiOperation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) group: String,
    pub(super) summary: String,
    /// Who may call it; the first paragraph of its description.
    pub(super) access: String,
    /// The other paragraphs.
    pub(super) details: String,
    /// Names of rights in `access`.
    pub(super) rights: Vec<String>,
    pub(super) parameters: Vec<ApiParameter>,
    pub(super) body: Option<Shape>,
    pub(super) answers: Vec<ApiAnswer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiParameter {
    pub(super) name: String,
    /// `path` or `query`.
    pub(super) place: String,
    pub(super) required: bool,
    pub(super) shape: Shape,
    pub(super) description: String,
}

/// What it answers with a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiAnswer {
    pub(super) status: String,
    /// `None`: no JSON.
    pub(super) shape: Option<Shape>,
}

impl ApiOperation {
    /// Whether this text is in anything that is said of it; an empty one is.
    pub(super) fn mentions(&self, find: &str) -> bool {
        let needle = find.trim().to_lowercase();
        let texts = [
            &self.id,
            &self.method,
            &self.path,
            &self.summary,
            &self.access,
            &self.details,
        ];
        texts.iter().any(|text| text.to_lowercase().contains(&needle))
            || self
                .parameters
                .iter()
                .any(|parameter| parameter.name.to_lowercase().contains(&needle))
            || self
                .list_types()
                .iter()
                .any(|name| name.to_lowercase().contains(&needle))
    }

    /// Types that it names.
    pub(super) fn list_types(&self) -> Vec<&str> {
        let shapes = self.parameters.iter().map(|parameter| &parameter.shape);
        let answers = self.answers.iter().filter_map(|answer| answer.shape.as_ref());
        let all = shapes.chain(&self.body).chain(answers);
        all.flat_map(Shape::list_types).collect()
    }
}

/// All operations: by group, path and method.
pub(super) fn list_operations(document: &Value) -> Vec<ApiOperation> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = methods.get(method) {
                operations.push(read_operation(path, method, operation));
            }
        }
    }
    // The bus itself first; stable, so paths and methods keep their order.
    operations.sort_by_key(|operation| (operation.group != BUS, operation.group.clone()));
    operations
}

/// Names of all types.
pub(super) fn list_type_names(document: &Value) -> Vec<String> {
    let schemas = document["components"]["schemas"].as_object();
    let mut names: Vec<String> = schemas
        .into_iter()
        .flat_map(|schemas| schemas.keys().cloned())
        .collect();
    names.sort();
    names
}

/// The first word of a path behind the common beginning.
fn group_of(path: &str) -> &str {
    let subject = path.strip_prefix(PREFIX).and_then(|rest| rest.split('/').next());
    subject
        .filter(|subject| !subject.is_empty() && !subject.contains('.'))
        .unwrap_or(BUS)
}

fn read_operation(path: &str, method: &str, operation: &Value) -> ApiOperation {
    let text = |name: &str| operation[name].as_str().unwrap_or_default();
    let (access, details) = text("description")
        .split_once("\n\n")
        .unwrap_or((text("description"), ""));
    ApiOperation {
        id: text("operationId").to_owned(),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        group: group_of(path).to_owned(),
        summary: text("summary").to_owned(),
        access: access.to_owned(),
        details: details.to_owned(),
        rights: find_rights(access),
        parameters: operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(read_parameter)
            .collect(),
        body: read_content(&operation["requestBody"]),
        answers: read_answers(&operation["responses"]),
    }
}

fn read_parameter(parameter: &Value) -> ApiParameter {
    let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
    ApiParameter {
        name: text("name"),
        place: text("in"),
        required: parameter["required"].as_bool().unwrap_or_default(),
        shape: read_shape(&parameter["schema"]),
        description: text("description"),
    }
}

/// The JSON of a body or an answer.
fn read_content(part: &Value) -> Option<Shape> {
    let schema = part.get("content")?.get("application/json")?.get("schema")?;
    Some(read_shape(schema))
}

/// Those of success; errors look the same everywhere.
fn read_answers(responses: &Value) -> Vec<ApiAnswer> {
    let answers = responses.as_object().into_iter().flatten();
    let good = answers.filter(|(status, _)| status.as_str() != "default");
    good.map(|(status, response)| ApiAnswer {
        status: status.clone(),
        shape: read_content(response),
    })
    .collect()
}

/// Words such as `Devices_Read`, each once.
fn find_rights(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let is_right = |word: &&str| {
        let parts: Vec<&str> = word.split('_').collect();
        parts.len() == 2
            && parts
                .iter()
                .all(|part| part.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    let mut rights: Vec<String> = words.filter(is_right).map(str::to_owned).collect();
    rights.dedup();
    rights
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"paths": {
            "/healthz": {"get": {"operationId": "alive", "summary": "Whether it lives",
                "description": "No sign-in required.", "responses": {"200": {"description": "Success"}}}},
            "/sics/v1": {"get": {"operationId": "testConnection", "responses": {}}},
            "/sics/v1/limits": {"put": {"operationId": "changeLimits", "summary": "Change limits",
                "description": "Requires the right Limits_Change. It must apply everywhere.\n\nMore.\n\nAnd more.",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/GuardBody"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/GuardView"}}}},
                    "default": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}},
                "get": {"operationId": "showLimits", "responses": {}}},
            "/sics/v1/devices/{instance}/{id}": {"get": {"operationId": "showDevice", "parameters": [
                {"name": "instance", "in": "path", "required": true, "schema": {"type": "string"}, "description": "Which"}]}},
            "/sics/v1/openapi.json": {"get": {"operationId": "openapi"}}
        }, "components": {"schemas": {"B": {}, "A": {}}}})
    }

    #[test]
    fn operations_stand_in_groups_by_their_path() {
        let operations = list_operations(&document());
        let listed: Vec<(&str, &str)> = operations
            .iter()
            .map(|operation| (operation.group.as_str(), operation.id.as_str()))
            .collect();
        assert_eq!(
            listed,
            [
                ("bus", "alive"),
                ("bus", "testConnection"),
                ("bus", "openapi"),
                ("devices", "showDevice"),
                ("limits", "showLimits"),
                ("limits", "changeLimits"),
            ]
        );
        assert_eq!(list_type_names(&document()), ["A", "B"]);
    }

    #[test]
    fn an_operation_has_who_may_call_it_and_its_types() {
        let operations = list_operations(&document());
        let change = operations
            .iter()
            .find(|operation| operation.id == "changeLimits")
            .unwrap();
        assert_eq!(change.method, "PUT");
        assert_eq!(
            change.access,
            "Requires the right Limits_Change. It must apply everywhere."
        );
        assert_eq!(change.details, "More.\n\nAnd more.");
        assert_eq!(change.rights, ["Limits_Change"]);
        assert_eq!(
            change.list_types(),
            ["GuardBody", "GuardView"],
            "errors are the same everywhere"
        );
        assert!(change.mentions("guardview") && change.mentions("AND MORE") && change.mentions(""));
        assert!(!change.mentions("devices"));
        let show = operations
            .iter()
            .find(|operation| operation.id == "showDevice")
            .unwrap();
        assert_eq!(
            (show.parameters[0].place.as_str(), show.parameters[0].required),
            ("path", true)
        );
    }

    #[test]
    fn rights_are_found_in_sentences() {
        let text = "Requires Servers_Manage, or Servers_Announce on your own management server.";
        assert_eq!(find_rights(text), ["Servers_Manage", "Servers_Announce"]);
        assert_eq!(find_rights("No sign-in required, next_runs."), Vec::<String>::new());
    }
}
