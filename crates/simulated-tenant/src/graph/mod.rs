//! Microsoft Graph, as far as Intune's devices go.
//!
//! One request runs through [`dispatch()`]: who is asking, which endpoint, may he, has he budget left, then the
//! endpoint's own function, which is pure of HTTP: it gets a [`Call`] and hands back an [`Answer`]. So a batch can
//! send its inner requests the same way. [`TABLE`] lists the endpoints, one small file each; a new one is a file and
//! a row. Both roots, `/v1.0` and `/beta`, share them; [`Version`] tells the difference.
//!
//! | file | what |
//! |---|---|
//! | list, count, device, overview, users, batch | an endpoint each |
//! | apps, policies | what was found on a device, and how it stands to each policy |
//! | action, body | every remote action: a row of `remote`'s table is an endpoint |
//! | delete, edit, category, audits, approvals | what else changes devices, and what tells of it |
//! | property, property_beta, complex, hardware, evolvable, render | what a device looks like |
//! | serve, dispatch | from HTTP to the endpoint and back |
//! | admission, strict_json | what is refused whatever the endpoint |
//! | query, filter, skip_token, page | what the list was asked for |
//! | paged, select | small collections page by page; what was chosen of their members |
//! | errors, throttle, answer | how it is refused |

mod action;
mod admission;
mod answer;
mod approvals;
mod apps;
mod audit_filter;
mod audits;
mod batch;
mod body;
mod category;
mod complex;
mod count;
mod delete;
mod device;
mod dispatch;
mod edit;
mod errors;
pub mod evolvable;
mod filter;
mod hardware;
mod list;
mod overview;
mod page;
mod paged;
mod policies;
mod property;
mod property_beta;
mod query;
mod render;
mod select;
mod serve;
mod skip_token;
mod strict_json;
mod throttle;
mod users;

use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;

pub use answer::Answer;
pub use dispatch::dispatch;
pub use errors::{Ids, Place};
pub use property::View;
pub use query::Query;
pub use render::{Shape, Style};
pub use serve::{is_graph, router, unknown_version};
pub use throttle::{Class, Throttle};

use super::directory::Caller;
use super::fault::Twist;
use super::remote::Conduct;
use super::state::{Simulated, Tenant};
use super::tuning::Tuning;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    V1,
    Beta,
}

/// One kind of request that Graph answers.
pub struct Endpoint {
    pub method: Method,
    /// Behind the version; `{id}` stands for a segment or for the key in OData's parentheses.
    pub path: &'static str,
    /// Elsewhere there is no such thing.
    pub versions: &'static [Version],
    /// Any of these permissions will do; none means that none is needed.
    pub scopes: &'static [&'static str],
    pub class: Class,
    /// OData's options that it honours, in lower case; others are refused.
    pub options: &'static [&'static str],
    pub handle: fn(&Call) -> Answer,
}

const TABLE: &[Endpoint] = &[
    list::ENDPOINT,
    // Before the single device: `$count` is no id.
    count::ENDPOINT,
    device::ENDPOINT,
    users::OF_DEVICE,
    users::ONE,
    apps::OF_DEVICE,
    policies::OF_DEVICE,
    policies::ONE,
    policies::SETTINGS,
    overview::ENDPOINT,
    delete::ENDPOINT,
    edit::ENDPOINT,
    category::ALL,
    category::OF_DEVICE,
    category::SET,
    audits::ALL,
    audits::ONE,
    approvals::ALL,
    approvals::ONE,
    batch::ENDPOINT,
];

/// All there is: the table, and a row for each verb.
fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    TABLE.iter().chain(action::ENDPOINTS.iter())
}

pub const BOTH: &[Version] = &[Version::V1, Version::Beta];
pub const BETA: &[Version] = &[Version::Beta];

pub const READ: &[&str] = &[
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
];
pub const WRITE: &[&str] = &["DeviceManagementManagedDevices.ReadWrite.All"];
pub const PRIVILEGED: &[&str] = &["DeviceManagementManagedDevices.PrivilegedOperations.All"];

/// A request, taken out of HTTP.
#[derive(Clone)]
pub struct Asked {
    pub method: Method,
    pub version: Version,
    /// Behind the version, with its slash.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `https://graph.microsoft.com`, by whichever name the client came.
    pub origin: String,
    pub ids: Ids,
    /// What a fault makes of the list.
    pub twist: Option<Twist>,
    /// What a fault makes of an action.
    pub conduct: Option<Conduct>,
}

/// A request that may be answered.
pub struct Call {
    pub sim: Simulated,
    pub asked: Asked,
    pub caller: Caller,
    pub tenant: Arc<Tenant>,
    pub tuning: Arc<Tuning>,
    pub endpoint: &'static Endpoint,
    /// What stood for the `{id}`s of the path.
    pub keys: Vec<String>,
    pub query: Query,
    pub place: Place,
}

impl Call {
    /// The address of the version's root.
    pub fn root(&self) -> String {
        self.asked.root()
    }

    /// A refusal by whoever stands behind the endpoint.
    pub(crate) fn refuse(&self, status: StatusCode, code: &str, message: &str) -> Answer {
        match self.endpoint.class {
            Class::Free => self.place.graph(status, code, message),
            Class::DeviceRead | Class::DeviceWrite => self.place.intune(status, code, message),
        }
    }

    /// Whether this client is not shown new members of enums.
    pub fn hides_new(&self) -> bool {
        self.tuning.hide_new_members && !evolvable::is_preferred(&self.asked.headers)
    }
}

impl Asked {
    fn root(&self) -> String {
        let version = if self.version == Version::Beta { "beta" } else { "v1.0" };
        format!("{}/{version}", self.origin)
    }
}
