//! (stub until the token endpoint lands)

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

#[derive(Debug, Clone, Default)]
pub struct Directory(std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<(String, String), Vec<String>>>>);

#[derive(Debug, Clone)]
pub struct Caller {
    pub tenant_id: String,
    pub client_id: String,
    pub roles: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("Lifetime validation failed, the token is expired.")]
pub struct BearerProblem;

impl Directory {
    pub fn check(&self, bearer: &str, _now: DateTime<Utc>) -> Result<Caller, BearerProblem> {
        let mut parts = bearer.split('|').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(tenant_id), Some(client_id), Some(roles)) => Ok(Caller {
                tenant_id,
                client_id,
                roles: roles.split(',').map(str::to_owned).collect(),
            }),
            _ => Err(BearerProblem),
        }
    }

    pub fn issue(&self, tenant: &str, client: &str, _now: DateTime<Utc>) -> Option<String> {
        let apps = self.0.lock().ok()?;
        let roles = apps.get(&(tenant.to_owned(), client.to_owned()))?;
        Some(format!("{tenant}|{client}|{}", roles.join(",")))
    }

    pub fn set_roles(&self, tenant: &str, client: &str, roles: Vec<String>) -> bool {
        let Ok(mut apps) = self.0.lock() else { return false };
        apps.insert((tenant.to_owned(), client.to_owned()), roles).is_some()
    }

    pub fn put_app(&self, tenant: &str, client: &str, body: &Value) -> Result<(), String> {
        let roles = body["roles"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned);
        self.set_roles(tenant, client, roles.collect());
        Ok(())
    }

    pub fn remove_app(&self, tenant: &str, client: &str) -> bool {
        self.0
            .lock()
            .is_ok_and(|mut apps| apps.remove(&(tenant.to_owned(), client.to_owned())).is_some())
    }

    pub fn describe(&self) -> Value {
        json!([])
    }
}
