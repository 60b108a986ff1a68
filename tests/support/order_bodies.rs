//! What is sent to a bus about app orders: answers of the wizard, orders.

use serde_json::{Value, json};
use simulated_tenant::Running;

use super::order_tenant::{Machine, Person};

pub const PRODUCT: &str = "intune-app-orders";
pub const INSTANCE: &str = "IntuneAppOrders_1";
/// Permissions that the product asks for.
pub const ROLES: [&str; 8] = [
    "DeviceManagementApps.ReadWrite.All",
    "Group.Create",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "User.Read.All",
    "Device.ReadWrite.All",
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
];

pub fn merge(mut body: Value, change: Value) -> Value {
    let change = change.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(change);
    body
}

/// Every minute, also where there is nothing to do: an interval would be longer then.
const EACH_MINUTE: &str = "* * * * *";

/// What leads to the tenant, every job each minute, and what a test wants else.
pub fn usual_answers(sim: &Running, answers: Value) -> Value {
    let registration = &sim.registration;
    let usual = json!({
        "tenant_id": registration.tenant_id, "client_id": registration.client_id,
        "secret": registration.client_secret, "network": ["addresses"], "login_url": sim.base, "graph_url": sim.base,
        "assignment_interval": EACH_MINUTE, "order_interval": EACH_MINUTE, "status_interval": EACH_MINUTE,
        "budget_percent": 100,
    });
    merge(usual, answers)
}

pub fn order_body(id: &str, application: &str, kind: &str, target: Value) -> Value {
    merge(json!({"id": id, "application": application, "type": kind}), target)
}

pub fn for_user(person: &Person) -> Value {
    json!({"user": person.name})
}

pub fn for_device(machine: &Machine) -> Value {
    json!({"device": machine.name})
}
