//! Error bodies. Graph's own are plain; Intune puts a JSON document, as text, into `message`, and where a gateway
//! stands between, it does so twice.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::answer::Answer;

/// The two ids of a request.
#[derive(Debug, Clone)]
pub struct Ids {
    pub request: String,
    /// The client's own, or the request's where it sent none.
    pub client: String,
}

/// Where an error happened: everything that its body repeats.
#[derive(Debug, Clone)]
pub struct Place {
    pub ids: Ids,
    pub at: DateTime<Utc>,
    /// The path within Graph, for the inner address that Intune tells.
    pub path: String,
}

impl Place {
    /// An error of Graph itself.
    pub fn graph(&self, status: StatusCode, code: &str, message: &str) -> Answer {
        Answer::json(
            status,
            &json!({"error": {"code": code, "message": message, "innerError": self.inner()}}),
        )
    }

    /// An error of Intune behind Graph.
    pub fn intune(&self, status: StatusCode, code: &str, message: &str) -> Answer {
        self.graph(status, code, &self.document(message))
    }

    /// An error of Intune that a gateway has wrapped once more, as 504s arrive.
    pub fn twice(&self, status: StatusCode, message: &str) -> Answer {
        let inner = json!({"error": {"code": "UnknownError", "message": self.document(message)}});
        self.graph(status, "UnknownError", &pretty(&inner))
    }

    /// Intune's 403, which names the permissions that would do.
    pub fn forbidden(&self, scopes: &[&str]) -> Answer {
        let message = format!(
            "Application is not authorized to perform this operation. Application must have one of the following \
             scopes: {}",
            scopes.join(", ")
        );
        self.intune(StatusCode::FORBIDDEN, "Forbidden", &message)
    }

    /// The same for a person, who lacks a role in Intune.
    pub fn forbidden_to_person(&self) -> Answer {
        let message = "User is not authorized to perform this operation";
        self.intune(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// Entra's 403, which names nothing.
    pub fn insufficient_privileges(&self) -> Answer {
        let message = "Insufficient privileges to complete the operation.";
        self.graph(StatusCode::FORBIDDEN, "Authorization_RequestDenied", message)
    }

    pub fn unauthorized(&self, message: &str) -> Answer {
        let mut answer = self.graph(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message);
        let challenge = concat!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", ",
            "client_id=\"00000003-0000-0000-c000-000000000000\""
        );
        answer.header("www-authenticate", challenge);
        answer
    }

    pub fn not_found(&self) -> Answer {
        self.intune(StatusCode::NOT_FOUND, "ResourceNotFound", "Resource Not Found")
    }

    pub fn too_many(&self) -> Answer {
        let error = json!({
            "code": "TooManyRequests", "message": "An error has occurred.", "details": [], "innerError": self.inner(),
        });
        Answer::json(StatusCode::TOO_MANY_REQUESTS, &json!({"error": error}))
    }

    fn inner(&self) -> Value {
        json!({
            "date": self.at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": self.ids.request,
            "client-request-id": self.ids.client,
        })
    }

    fn document(&self, message: &str) -> String {
        let address = "https://fef.amsub0502.manage.microsoft.com/DeviceFE/StatelessDeviceFEService";
        pretty(&json!({
            "_version": 3,
            "Message": format!(
                "{message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity \
                 ID: {} - Url: {address}{}?api-version=2021-04-07",
                self.ids.client, self.path
            ),
            "CustomApiErrorPhrase": "",
            "RetryAfter": null,
            "ErrorSourceService": "",
            "HttpHeaders": "{}",
        }))
    }
}

/// With the line ends that Intune's documents have.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value)
        .unwrap_or_default()
        .replace('\n', "\r\n")
}
