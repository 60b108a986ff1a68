//! Reads that are no list: one device, the count of the tenant, Graph's time, anything for `verify`.

use bytes::Bytes;
use serde::Deserialize;

use super::client::{Ask, Graph};
use super::error::{GraphError, Problem};
use super::page::{of_json, unreadable};
use super::query::{self, ListQuery};
use super::walk::Walk;
use crate::model::{DeviceId, Timestamp};

/// One JSON object as it came, and when. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    pub body: Bytes,
    /// Graph's `Date` of this answer; the clock's time where it had none.
    pub date: Timestamp,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reading({} bytes, {})", self.body.len(), self.date)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V1,
    /// Microsoft may change it at any time.
    Beta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Overview {
    enrolled_device_count: u64,
}

impl Graph {
    /// All devices, page by page.
    pub fn list(&self, query: ListQuery) -> Walk {
        Walk::start(self.clone(), self.base().v1(&query::list(&query)))
    }

    /// Goes on where another walk stood.
    pub fn resume(&self, link: String, seen_links: Vec<u64>) -> Walk {
        Walk::resume(self.clone(), link, seen_links)
    }

    /// Any list, page by page; `path` begins with a slash.
    pub fn collection(&self, version: Version, path: &str) -> Walk {
        let url = match version {
            Version::V1 => self.base().v1(path),
            Version::Beta => self.base().beta(path),
        };
        Walk::start(self.clone(), url)
    }

    /// Devices of which this user is the primary one.
    pub fn devices_of_user(&self, user_principal_name: &str, select: &str) -> Walk {
        self.collection(Version::V1, &query::devices_of_user(user_principal_name, select))
    }

    /// One device by its Intune id. [`GraphError::is_not_found`] is true only for HTTP 404.
    pub async fn device(&self, id: DeviceId, select: Option<&str>) -> Result<Reading, GraphError> {
        self.object(&query::device(id, select)).await
    }

    /// How many devices the tenant says it has; a scan is measured by it (S1).
    pub async fn enrolled_device_count(&self) -> Result<u64, GraphError> {
        let url = self.base().v1(query::OVERVIEW);
        let ask = Ask {
            url: &url,
            body: None,
            weight: 1,
        };
        self.ask(ask, |answer| {
            let overview: Overview =
                serde_json::from_slice(&answer.body).map_err(|error| of_json(&error, answer.body.len()))?;
            Ok(overview.enrolled_device_count)
        })
        .await
    }

    /// Graph's own time. Costs a request; a scan takes it from its first page instead.
    pub async fn now(&self) -> Result<Timestamp, GraphError> {
        Ok(self.object(query::OVERVIEW).await?.date)
    }

    /// Any object of version 1.0; `path` begins with a slash.
    pub async fn object(&self, path: &str) -> Result<Reading, GraphError> {
        self.object_at(self.base().v1(path)).await
    }

    /// The same of the beta version.
    pub async fn beta_object(&self, path: &str) -> Result<Reading, GraphError> {
        self.object_at(self.base().beta(path)).await
    }

    async fn object_at(&self, url: String) -> Result<Reading, GraphError> {
        let ask = Ask {
            url: &url,
            body: None,
            weight: 1,
        };
        self.ask(ask, |answer| {
            check_object(&answer.body)?;
            Ok(Reading {
                body: answer.body.clone(),
                date: answer.date,
            })
        })
        .await
    }
}

/// A whole JSON object, read to its end.
pub(super) fn check_object(body: &[u8]) -> Result<(), Problem> {
    let raw: &serde_json::value::RawValue =
        serde_json::from_slice(body).map_err(|error| of_json(&error, body.len()))?;
    if raw.get().starts_with('{') {
        Ok(())
    } else {
        Err(unreadable("it is not an object"))
    }
}
