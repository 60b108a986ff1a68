//! Every operation of the API: name, method, path, parameters, body, answer. Each file below holds the operations of one
//! subject, one after the other; each becomes a description (for routes and the OpenAPI document) and a method of the
//! client.

mod compliance;
mod general;
mod inventory;
mod jobs;
mod notices;
mod operators;
mod orders;
mod overview;
mod products;
mod reports;
mod safeguards;
mod servers;
mod sessions;
mod targets;
mod workflows;

use std::borrow::Cow;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// What an operation is, apart from who may call it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Name in `snake_case`, as the method of the client is called.
    pub name: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path with places in braces: `/sics/v1/jobs/{id}`.
    pub path: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// What else there is to know of it, in Markdown; empty where the sentence says all.
    pub details: &'static str,
    /// Query parameters, with types and meanings.
    pub query: Option<fn() -> Vec<Parameter>>,
    /// Schema of the JSON body it takes; `None`: no body.
    pub request: Option<SchemaSource>,
    /// Schema of the JSON it answers; `None`: no JSON, but nothing, a file or a document of its own.
    pub answer: Option<SchemaSource>,
    /// HTTP status of success.
    pub status: u16,
    /// Another one with the same answer: what was there already, or what waits for a second person.
    pub other_status: Option<u16>,
    /// Schema of what it answers with 202 where a second person must agree first; `None`: it never waits.
    pub waiting_answer: Option<SchemaSource>,
}

impl Operation {
    /// The name in camelCase, as the OpenAPI document has it: `listJobs`.
    pub fn operation_id(&self) -> String {
        let mut words = self.name.split('_');
        let mut id = words.next().unwrap_or_default().to_owned();
        for word in words {
            let (first, rest) = word.split_at(word.len().min(1));
            id.push_str(&first.to_ascii_uppercase());
            id.push_str(rest);
        }
        id
    }

    /// The path with these names in the places in braces, in their order; each stays one segment.
    pub fn fill_path(&self, names: &[String]) -> String {
        let mut names = names.iter();
        let segment = |part: &str| {
            if part.starts_with('{') {
                names.next().map(|name| encode_segment(name)).unwrap_or_default()
            } else {
                part.to_owned()
            }
        };
        self.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    /// The first name that can't be a segment of a path, and its place: an empty one, and those that lead elsewhere.
    pub(crate) fn find_wrong_name<'a>(&self, names: &'a [String]) -> Option<(&str, &'a str)> {
        let places = self.path.split('/').filter_map(|part| part.strip_prefix('{'));
        let mut named = places
            .zip(names)
            .map(|(place, name)| (place.trim_end_matches('}'), name.as_str()));
        named.find(|(_, name)| matches!(*name, "" | "." | ".."))
    }
}

impl Operation {
    /// Whether a request to this path is one of this operation; a path without places wins over one with them, so ask
    /// those first.
    pub fn matches_path(&self, path: &str) -> bool {
        let (own, asked): (Vec<&str>, Vec<&str>) = (self.path.split('/').collect(), path.split('/').collect());
        own.len() == asked.len()
            && own
                .iter()
                .zip(&asked)
                .all(|(own, asked)| own.starts_with('{') || own == asked)
    }
}

/// A name as one segment of a path.
fn encode_segment(name: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let write = |byte: u8| {
        if keep(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    match name {
        "." | ".." => name.replace('.', "%2E"),
        _ => name.bytes().map(write).collect(),
    }
}

/// The schema of a type, with those that it is made of.
#[derive(Debug, Clone, Copy)]
pub struct SchemaSource {
    name: fn() -> Cow<'static, str>,
    collect: fn() -> Vec<(String, RefOr<Schema>)>,
    read_back: fn(&Value) -> Result<Value, serde_json::Error>,
}

impl SchemaSource {
    /// Of this type.
    pub const fn of<T: ToSchema + PartialSchema + Serialize + DeserializeOwned>() -> SchemaSource {
        SchemaSource {
            name: T::name,
            collect: collect_schemas::<T>,
            read_back: |json| serde_json::to_value(serde_json::from_str::<T>(&json.to_string())?),
        }
    }

    /// Name of the type in the OpenAPI document.
    pub fn name(&self) -> String {
        (self.name)().into_owned()
    }

    /// JSON read as this type and written again: the same, where the JSON says what the contract says and nothing else.
    pub fn read_back(&self, json: &Value) -> Result<Value, serde_json::Error> {
        (self.read_back)(json)
    }

    /// The type and all that it is made of, by name.
    pub fn collect(&self) -> Vec<(String, RefOr<Schema>)> {
        (self.collect)()
    }
}

fn collect_schemas<T: ToSchema + PartialSchema>() -> Vec<(String, RefOr<Schema>)> {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    found
}

fn query_parameters<Q: IntoParams>() -> Vec<Parameter> {
    Q::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query))
}

/// One row an operation: `/// Summary.`, with what else there is to know behind it, and `name(places, in the path) METHOD "/path" [query Type,] [body Type,] => status
/// [| other status] [Answer][, or waits];` `or waits`: where a second person must agree first, it answers 202 and what waits. Behind `files:`
/// stand those that answer a document of its own (`name() METHOD "/path"[, query Type];`): they have no method,
/// [`crate::SicsClient::download`] reads them.
macro_rules! operations {
    ($(
        #[doc = $summary:literal]
        $(#[doc = $details:literal])*
        $name:ident ( $($place:ident),* ) $method:ident $path:literal
            $(query $query:ty,)? $(body $body:ty,)? => $status:literal $(| $other:literal)? $($answer:ty)? $(, or $waits:ident)?;
    )*
    $(files: $(
        #[doc = $file_summary:literal]
        $(#[doc = $file_details:literal])*
        $file_name:ident() $file_method:ident $file_path:literal $(, query $file_query:ty)?;
    )*)?
    ) => {
        $($(
            #[doc = $file_summary]
            $(#[doc = $file_details])*
            pub fn $file_name() -> $crate::operations::Operation {
                $crate::operations::Operation {
                    name: stringify!($file_name),
                    method: http::Method::$file_method,
                    path: $file_path,
                    summary: $file_summary.trim_ascii(),
                    details: concat!($($file_details, "\n"),*).trim_ascii(),
                    query: None$(.or(Some($crate::operations::query_parameters::<$file_query>)))?,
                    request: None,
                    answer: None,
                    status: 200,
                    other_status: None,
                    waiting_answer: None,
                }
            }
        )*)?

        $(
            #[doc = $summary]
            $(#[doc = $details])*
            pub fn $name() -> $crate::operations::Operation {
                $crate::operations::Operation {
                    name: stringify!($name),
                    method: http::Method::$method,
                    path: $path,
                    summary: $summary.trim_ascii(),
                    details: concat!($($details, "\n"),*).trim_ascii(),
                    query: None$(.or(Some($crate::operations::query_parameters::<$query>)))?,
                    request: None$(.or(Some($crate::operations::SchemaSource::of::<$body>())))?,
                    answer: None$(.or(Some($crate::operations::SchemaSource::of::<$answer>())))?,
                    status: $status,
                    other_status: None$(.or(Some($other)))?,
                    waiting_answer: waiting_answer!($($waits)?),
                }
            }
        )*

        /// All of this subject.
        pub(super) fn list_operations() -> Vec<$crate::operations::Operation> {
            vec![$($name(),)* $($($file_name(),)*)?]
        }

        impl $crate::SicsClient {
            $(
                #[doc = $summary]
                $(#[doc = $details])*
                pub async fn $name(
                    &self,
                    $($place: impl std::fmt::Display,)*
                    $(query: &$query,)?
                    $(body: &$body,)?
                ) -> Result<answer_type!($($answer)? $(, or $waits)?), $crate::ClientError> {
                    let request = self.build_request(&$name(), &[$($place.to_string()),*])?;
                    $(
                        let query: &$query = query;
                        let request = $crate::client::with_query(request, query)?;
                    )?
                    $(
                        let body: &$body = body;
                        let request = $crate::client::with_body(request, body)?;
                    )?
                    self.send_for_answer(request).await
                }
            )*
        }
    };
}

macro_rules! answer_type {
    () => {
        ()
    };
    ($answer:ty) => {
        $answer
    };
    ($($answer:ty)?, or waits) => {
        $crate::contract::AccountReply<$crate::operations::answer_type!($($answer)?)>
    };
}

macro_rules! waiting_answer {
    () => {
        None
    };
    (waits) => {
        Some($crate::operations::SchemaSource::of::<$crate::contract::WaitingView>())
    };
}

use {answer_type, operations, waiting_answer};

/// The operations by name.
pub mod operation {
    // Each brings its functions; their lists are joined below.
    pub use super::compliance::*;
    pub use super::general::*;
    pub use super::inventory::*;
    pub use super::jobs::*;
    pub use super::notices::*;
    pub use super::operators::*;
    pub use super::orders::*;
    pub use super::overview::*;
    pub use super::products::*;
    pub use super::reports::*;
    pub use super::safeguards::*;
    pub use super::servers::*;
    pub use super::sessions::*;
    pub use super::targets::*;
    pub use super::workflows::*;

    /// All operations.
    pub fn all() -> Vec<super::Operation> {
        let subjects = [
            super::general::list_operations(),
            super::overview::list_operations(),
            super::servers::list_operations(),
            super::inventory::list_operations(),
            super::products::list_operations(),
            super::jobs::list_operations(),
            super::safeguards::list_operations(),
            super::workflows::list_operations(),
            super::operators::list_operations(),
            super::sessions::list_operations(),
            super::compliance::list_operations(),
            super::reports::list_operations(),
            super::orders::list_operations(),
            super::targets::list_operations(),
            super::notices::list_operations(),
        ];
        subjects.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_leave_its_segment() {
        for (name, path) in [
            ("a/b", "a%2Fb"),
            ("..", "%2E%2E"),
            ("a?b#c", "a%3Fb%23c"),
            ("ok-1.x_y", "ok-1.x_y"),
        ] {
            assert_eq!(encode_segment(name), path);
        }
    }
}
