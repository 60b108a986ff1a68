//! Reads that are no list: one device, the count of the tenant, Graph's time, anything for `verify`.

use bytes::Bytes;
use serde::Deserialize;

use super::client::{GraphClient, ReadRequest};
use super::error::{GraphError, GraphProblem};
use super::page::{json_problem, unreadable_problem};
use super::query::{self, ListQuery};
use super::walk::ListWalk;
use crate::model::{DeviceId, Timestamp};

/// One JSON object as it came, and when. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectReading {
    pub body: Bytes,
    /// Graph's `Date` of this answer; the clock's time where it had none.
    pub date: Timestamp,
}

impl std::fmt::Debug for ObjectReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reading({} bytes, {})", self.body.len(), self.date)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointVersion {
    V1,
    /// Microsoft may change it at any time.
    Beta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceOverview {
    enrolled_device_count: u64,
}

impl GraphClient {
    /// All devices, page by page.
    pub fn list_devices(&self, query: ListQuery) -> ListWalk {
        ListWalk::start(self.clone(), self.link_base().v1_url(&query::list_path(&query)))
    }

    /// Goes on where another walk stood.
    pub fn resume_walk(&self, link: String, seen_links: Vec<u64>) -> ListWalk {
        ListWalk::resume(self.clone(), link, seen_links)
    }

    /// Any list, page by page; `path` begins with a slash.
    pub fn list_collection(&self, version: EndpointVersion, path: &str) -> ListWalk {
        let url = match version {
            EndpointVersion::V1 => self.link_base().v1_url(path),
            EndpointVersion::Beta => self.link_base().beta_url(path),
        };
        ListWalk::start(self.clone(), url)
    }

    /// Devices of which this user is the primary one.
    pub fn list_user_devices(&self, user_principal_name: &str, select: &str) -> ListWalk {
        self.list_collection(
            EndpointVersion::V1,
            &query::user_devices_path(user_principal_name, select),
        )
    }

    /// One device by its Intune id. [`GraphError::is_not_found`] is true only for HTTP 404.
    pub async fn read_device(&self, id: DeviceId, select: Option<&str>) -> Result<ObjectReading, GraphError> {
        self.read_object(&query::device_path(id, select)).await
    }

    /// How many devices the tenant says it has; a scan is measured by it (S1).
    pub async fn read_device_count(&self) -> Result<u64, GraphError> {
        let url = self.link_base().v1_url(query::OVERVIEW);
        let request = ReadRequest::get(&url);
        self.read_with_retries(request, |answer| {
            let overview: DeviceOverview =
                serde_json::from_slice(&answer.body).map_err(|error| json_problem(&error, answer.body.len()))?;
            Ok(overview.enrolled_device_count)
        })
        .await
    }

    /// Graph's own time. Costs a request; a scan takes it from its first page instead.
    pub async fn read_graph_time(&self) -> Result<Timestamp, GraphError> {
        Ok(self.read_object(query::OVERVIEW).await?.date)
    }

    /// Any object of version 1.0; `path` begins with a slash.
    pub async fn read_object(&self, path: &str) -> Result<ObjectReading, GraphError> {
        self.read_object_at(self.link_base().v1_url(path)).await
    }

    /// The same of the beta version.
    pub async fn read_beta_object(&self, path: &str) -> Result<ObjectReading, GraphError> {
        self.read_object_at(self.link_base().beta_url(path)).await
    }

    /// What the tenant has written down of actions on one device. It survives the device (A6).
    pub async fn read_remote_action_audits(&self, device: DeviceId) -> Result<ObjectReading, GraphError> {
        self.read_beta_object(&query::remote_action_audits_path(device)).await
    }

    /// In which groups an object of the directory is: a POST that changes nothing.
    pub async fn query_memberships(&self, object: &str, body: Bytes) -> Result<ObjectReading, GraphError> {
        self.query_at(&query::memberships_path(object), body, false).await
    }

    /// The report on installations: another one, and its answer is called a stream.
    pub async fn query_install_report(&self, body: Bytes) -> Result<ObjectReading, GraphError> {
        self.query_at(query::INSTALL_REPORT, body, true).await
    }

    /// Private, as `path` is free: what changes something is a POST, too.
    async fn query_at(&self, path: &str, body: Bytes, is_stream: bool) -> Result<ObjectReading, GraphError> {
        let url = self.link_base().v1_url(path);
        let request = ReadRequest {
            body: Some(body),
            is_stream,
            ..ReadRequest::get(&url)
        };
        self.read_object_by(request).await
    }

    /// Devices of which a property has this value; `property` is one that Intune filters by.
    pub fn list_devices_by(&self, property: &str, value: &str, select: &str) -> ListWalk {
        self.list_collection(EndpointVersion::V1, &query::devices_by_path(property, value, select))
    }

    async fn read_object_at(&self, url: String) -> Result<ObjectReading, GraphError> {
        self.read_object_by(ReadRequest::get(&url)).await
    }

    async fn read_object_by(&self, request: ReadRequest<'_>) -> Result<ObjectReading, GraphError> {
        self.read_with_retries(request, |answer| {
            check_object(&answer.body)?;
            Ok(ObjectReading {
                body: answer.body.clone(),
                date: answer.date,
            })
        })
        .await
    }
}

/// A whole JSON object, read to its end.
pub(super) fn check_object(body: &[u8]) -> Result<(), GraphProblem> {
    let raw: &serde_json::value::RawValue =
        serde_json::from_slice(body).map_err(|error| json_problem(&error, body.len()))?;
    if raw.get().starts_with('{') {
        Ok(())
    } else {
        Err(unreadable_problem("it is not an object"))
    }
}
