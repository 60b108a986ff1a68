//! What orders may change: groups and their members, assignments of apps. Of a device nothing but that it reports now. Each
//! constructor makes one kind of address, of which an id is one segment at most, whatever stands in it; so no order can become
//! an action on a device.

use reqwest::Method;
use serde_json::Value;

use super::query::{DEVICES, encode_segment};
use super::read::EndpointVersion;
use super::write_request::WriteRequest;

const APPS: &str = "/deviceAppManagement/mobileApps";
const GROUPS: &str = "/groups";

/// One write of orders, ready to be sent once.
#[derive(Debug, Clone)]
pub struct OrderRequest {
    pub(super) write: WriteRequest,
}

impl OrderRequest {
    pub fn create_group(group: &Value) -> OrderRequest {
        OrderRequest::from_parts(Method::POST, EndpointVersion::V1, GROUPS.to_owned(), Some(group))
    }

    pub fn delete_group(group: &str) -> OrderRequest {
        let path = format!("{GROUPS}/{}", encode_segment(group));
        OrderRequest::from_parts(Method::DELETE, EndpointVersion::V1, path, None)
    }

    /// `member`: a reference to the object.
    pub fn add_member(group: &str, member: &Value) -> OrderRequest {
        let path = format!("{GROUPS}/{}/members/$ref", encode_segment(group));
        OrderRequest::from_parts(Method::POST, EndpointVersion::V1, path, Some(member))
    }

    /// Never without `$ref`: the request would be about the object itself.
    pub fn remove_member(group: &str, object: &str) -> OrderRequest {
        let (group, object) = (encode_segment(group), encode_segment(object));
        let path = format!("{GROUPS}/{group}/members/{object}/$ref");
        OrderRequest::from_parts(Method::DELETE, EndpointVersion::V1, path, None)
    }

    /// One assignment: `/assign` would replace those of others.
    pub fn create_assignment(app: &str, version: EndpointVersion, assignment: &Value) -> OrderRequest {
        let path = format!("{APPS}/{}/assignments", encode_segment(app));
        OrderRequest::from_parts(Method::POST, version, path, Some(assignment))
    }

    pub fn delete_assignment(app: &str, version: EndpointVersion, assignment: &str) -> OrderRequest {
        let (app, assignment) = (encode_segment(app), encode_segment(assignment));
        let path = format!("{APPS}/{app}/assignments/{assignment}");
        OrderRequest::from_parts(Method::DELETE, version, path, None)
    }

    /// Has Intune talk to a device now.
    pub fn sync_device(device: &str) -> OrderRequest {
        let path = format!("{DEVICES}/{}/syncDevice", encode_segment(device));
        OrderRequest::from_parts(Method::POST, EndpointVersion::V1, path, None)
    }

    fn from_parts(method: Method, version: EndpointVersion, path: String, body: Option<&Value>) -> OrderRequest {
        OrderRequest {
            write: WriteRequest {
                method,
                version,
                path,
                body: body.map(|body| body.to_string().into()),
                justification: None,
                approval_code: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_leads_to_another_address() {
        let paths = |id: &str| {
            let v1 = EndpointVersion::V1;
            [
                OrderRequest::delete_group(id),
                OrderRequest::add_member(id, &Value::Null),
                OrderRequest::remove_member(id, id),
                OrderRequest::create_assignment(id, v1, &Value::Null),
                OrderRequest::delete_assignment(id, v1, id),
                OrderRequest::sync_device(id),
            ]
            .map(|request| request.write.path)
        };
        for (good, bad) in paths("a").iter().zip(paths("../x/wipe?#")) {
            assert_eq!(bad.matches('/').count(), good.matches('/').count(), "{bad}");
            assert!(!bad.contains("..") && !bad.contains(['?', '#']), "{bad}");
        }
    }
}
