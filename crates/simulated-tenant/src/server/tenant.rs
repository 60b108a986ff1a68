//! The tenant a simulator starts with: ids and secret from the seed, and app registrations of several kinds.

use openssl::sha::sha256;
use uuid::Uuid;

use crate::directory::{Account, App, Directory};

/// Rights for the scan, for users and Entra devices, for every action, and to see what became of approvals.
const FULL: &[&str] = &[
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
    "DeviceManagementRBAC.Read.All",
    "Device.Read.All",
    "User.ReadBasic.All",
];

/// Rights for app orders: groups and their members, assignments, look-ups, reports, and the sync that follows.
const ORDERS: &[&str] = &[
    "DeviceManagementApps.ReadWrite.All",
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
    "Group.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Device.ReadWrite.All",
    "User.Read.All",
];

/// What the least privileged scanner has.
const READ_ONLY: &[&str] = &["DeviceManagementManagedDevices.Read.All"];

/// What an app may do in the name of a person who lets it.
const DELEGATED: &[&str] = &["DeviceManagementManagedDevices.Read.All", "User.Read"];

/// Who to sign in as.
#[derive(Debug, Clone)]
pub struct Registration {
    pub tenant_id: String,
    pub client_id: String,
    /// Made up from the seed: it protects nothing.
    pub client_secret: String,
    /// Somebody who may read devices and signs in by password, for the password grant.
    pub user_name: String,
    pub user_password: String,
}

/// Adds the seed's tenant with four apps: one that may do all with devices, one that may only read them
/// (`{secret}-reader`), one for app orders (`{secret}-orders`), one that nobody granted anything (`{secret}-bare`). The
/// first is the one to use.
pub fn register(directory: &Directory, seed: u64) -> Registration {
    let main = Registration {
        tenant_id: uuid_of(seed, "tenant"),
        client_id: uuid_of(seed, "app"),
        client_secret: format!("sim~{}", &hex::encode(digest(seed, "secret"))[..32]),
        user_name: format!("intune.reader@{}", domain(seed)),
        user_password: format!("pw~{}", &hex::encode(digest(seed, "password"))[..32]),
    };
    directory.add_tenant(&main.tenant_id, &[&domain(seed)]);
    let apps = [
        ("app", "Connector", FULL, main.client_secret.clone()),
        ("reader", "Reader", READ_ONLY, format!("{}-reader", main.client_secret)),
        ("orders", "App orders", ORDERS, format!("{}-orders", main.client_secret)),
        ("bare", "No rights", &[], format!("{}-bare", main.client_secret)),
    ];
    for (kind, name, roles, secret) in apps {
        let app = App::new(&uuid_of(seed, kind)).named(name).with_roles(roles);
        // The bare one has no consent of any kind.
        let app = if roles.is_empty() {
            app
        } else {
            app.with_delegated(DELEGATED)
        };
        directory.add_app(&main.tenant_id, app.with_secret(&secret, None));
    }
    directory.add_account(&main.tenant_id, Account::new(&main.user_name, &main.user_password));
    main
}

/// The client id of the seed's `reader`, `orders` or `bare` app.
pub fn client_id(seed: u64, kind: &str) -> String {
    uuid_of(seed, kind)
}

fn domain(seed: u64) -> String {
    format!("sim{seed}.onmicrosoft.com")
}

fn digest(seed: u64, what: &str) -> [u8; 32] {
    sha256(format!("simulated {what} {seed}").as_bytes())
}

fn uuid_of(seed: u64, what: &str) -> String {
    let bytes: [u8; 16] = std::array::from_fn(|at| digest(seed, what)[at]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Any GUID, for tests that register an app of their own.
pub fn new_id() -> String {
    Uuid::new_v4().to_string()
}
