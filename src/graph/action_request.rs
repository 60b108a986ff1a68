//! An action on one device, ready to be sent once. Only `actions/issue.rs` makes one (a test keeps it).

use bytes::Bytes;
use reqwest::Method;

use super::query;
use super::read::EndpointVersion;
use super::write_request::WriteRequest;
use crate::model::DeviceId;

/// The one form of request that can wipe a device.
#[derive(Debug, Clone)]
pub struct ActionRequest {
    pub(super) write: WriteRequest,
}

impl ActionRequest {
    /// `step`: what stands behind the device in the address, such as `wipe`; empty for the device itself.
    pub fn for_device(
        device: DeviceId,
        step: &str,
        method: Method,
        version: EndpointVersion,
        body: Option<Bytes>,
    ) -> ActionRequest {
        ActionRequest {
            write: WriteRequest {
                method,
                version,
                path: query::device_step_path(device, step),
                body,
                justification: None,
                approval_code: None,
            },
        }
    }

    /// For Microsoft's Multi Admin Approval: why it is asked for, and the code under which it was.
    #[must_use]
    pub fn with_approval(mut self, justification: String, code: Option<String>) -> ActionRequest {
        self.write.justification = Some(justification);
        self.write.approval_code = code;
        self
    }
}
