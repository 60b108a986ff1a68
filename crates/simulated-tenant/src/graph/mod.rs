//! Microsoft Graph, as far as Intune's devices and apps go, and what of Entra belongs to them.
//!
//! One request runs through [`dispatch()`]: who is asking, which endpoint, may he, has he budget left, then the
//! endpoint's own function, which is pure of HTTP: it gets a [`Call`] and hands back an [`Answer`]. So a batch can
//! send its inner requests the same way. [`TABLE`] lists the endpoints, one small file each; a new one is a file and
//! a row. Both roots, `/v1.0` and `/beta`, share them; [`Version`] tells the difference.
//!
//! | file | what |
//! |---|---|
//! | list, count, device, overview, users, batch | an endpoint each |
//! | people, directory_devices, organization | the directory |
//! | groups, group_edit, members, member_edit, membership | groups, who is in them, who is in which |
//! | mobile_apps, assignments, assign, intents | the catalogue of apps, and who gets them |
//! | install_report, export_jobs, storage | reports |
//! | detected, compliance, small_lists | lists of the tenant that other tools read |
//! | apps, policies | what was found on a device, and how it stands to each policy |
//! | action, body | every remote action: a row of `remote`'s table is an endpoint |
//! | delete, edit, category, audits, approvals | what else changes devices, and what tells of it |
//! | property, property_beta, complex, hardware, evolvable, render | what a device looks like |
//! | serve, dispatch | from HTTP to the endpoint and back |
//! | admission, strict_json | what is refused whatever the endpoint |
//! | query, filter, skip_token, page | what the list was asked for |
//! | paged, select, condition | small collections page by page; what was chosen of their members; their filters |
//! | entra, intune, permissions | what endpoints of the directory, or of apps, have in common; who may |
//! | errors, throttle, answer | how it is refused |

mod action;
mod admission;
mod answer;
mod approvals;
mod apps;
mod assign;
mod assignment_body;
mod assignments;
mod audit_filter;
mod audits;
mod batch;
mod body;
mod category;
mod complex;
mod compliance;
mod condition;
mod count;
mod delete;
mod detected;
mod device;
mod directory_devices;
mod dispatch;
mod edit;
mod entra;
mod errors;
pub mod evolvable;
mod export_jobs;
mod filter;
mod group_body;
mod group_edit;
mod groups;
mod hardware;
mod install_report;
mod intents;
mod intune;
mod list;
mod member_edit;
mod members;
mod membership;
mod mobile_app_types;
mod mobile_apps;
mod organization;
mod overview;
mod page;
mod paged;
mod people;
mod permissions;
mod policies;
mod property;
mod property_beta;
mod query;
mod render;
mod select;
mod serve;
mod skip_token;
mod small_lists;
mod storage;
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
pub use storage::ROOT as STORAGE_ROOT;
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
    people::ALL,
    people::DEVICES,
    people::REGISTERED,
    people::OWNED,
    directory_devices::ALL,
    directory_devices::ONE,
    directory_devices::OWNERS,
    directory_devices::USERS,
    organization::ALL,
    organization::ONE,
    groups::ALL,
    groups::ONE,
    group_edit::CREATE,
    group_edit::CHANGE,
    group_edit::DELETE,
    members::ALL,
    members::TRANSITIVE,
    members::OWNERS,
    member_edit::ADD,
    member_edit::REMOVE,
    member_edit::REMOVE_OBJECT,
    membership::CHECK_OBJECTS_OF_OBJECT,
    membership::CHECK_OBJECTS_OF_USER,
    membership::CHECK_OBJECTS_OF_DEVICE,
    membership::CHECK_OBJECTS_OF_GROUP,
    membership::CHECK_GROUPS_OF_OBJECT,
    membership::CHECK_GROUPS_OF_USER,
    membership::CHECK_GROUPS_OF_DEVICE,
    membership::CHECK_GROUPS_OF_GROUP,
    membership::OF_USER,
    membership::OF_DEVICE,
    membership::OF_GROUP,
    membership::TRANSITIVE_OF_USER,
    membership::TRANSITIVE_OF_DEVICE,
    membership::TRANSITIVE_OF_GROUP,
    mobile_apps::ALL,
    // Before the single app: `$count` is no id.
    mobile_apps::COUNT,
    mobile_apps::ONE,
    mobile_apps::CATEGORIES,
    mobile_apps::CATEGORIES_OF_APP,
    mobile_apps::DEVICE_STATUSES,
    mobile_apps::USER_STATUSES,
    mobile_apps::INSTALL_SUMMARY,
    assignments::ALL,
    assignments::ONE,
    assignments::CREATE,
    assignments::DELETE,
    assign::ENDPOINT,
    intents::ENDPOINT,
    install_report::ENDPOINT,
    install_report::QUALIFIED,
    export_jobs::ALL,
    export_jobs::ONE,
    export_jobs::CREATE,
    detected::ALL,
    detected::ONE,
    detected::DEVICES,
    compliance::ALL,
    compliance::ONE,
    compliance::ASSIGNMENTS,
    small_lists::ROLE_SCOPE_TAGS,
    small_lists::CONFIGURATIONS,
    small_lists::AUTOPILOT,
    small_lists::CONFIGURATION_STATES,
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
        if self.endpoint.class.is_entra() {
            self.place.graph(status, code, message)
        } else {
            self.place.intune(status, code, message)
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
