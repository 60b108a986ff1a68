//! Every setting of an installation of app orders (`intune-app-orders`). The bus keeps them with the installation: there
//! is no file, and secrets are sealed. What signs in to the tenant has the keys of an instance.

use super::instance_keys::{INSTANCE_KEYS, PLAIN, define_key, define_secret, number_kind};
use super::keys::{KeyRole, KeyTable, SecretUse, SettingKey, ValueKind};

/// What an installation of app orders has in common with an instance.
pub(super) const TENANT_KEYS: [&str; TENANT_ROWS] = [
    "tenant_id",
    "client_id",
    "cloud",
    "login_url",
    "graph_url",
    "secret",
    "secret_expires_on",
    "pfx",
    "pfx_password",
    "cert",
    "key",
    "algorithm",
    "proxy",
    "proxy_user",
    "proxy_password",
    "no_proxy",
    "ca",
];
const TENANT_ROWS: usize = 17;

/// Where the keys of one webhook's signature go.
const STATUS: KeyRole = KeyRole::Leads(&[SecretUse::StatusWebhook]);
const APPROVAL: KeyRole = KeyRole::Leads(&[SecretUse::ApprovalWebhook]);
const WEBHOOKS: KeyRole = KeyRole::Leads(&[SecretUse::StatusWebhook, SecretUse::ApprovalWebhook]);

/// The group of settings in the wizard.
const GROUP: &str = "Intune Integration";

pub const ORDER_TABLE: KeyTable = KeyTable {
    title: "App orders (kept with the installation, set by its wizard)",
    keys: ORDER_KEYS,
    retired: &[],
};

#[rustfmt::skip]
const OWN: [SettingKey; 21] = [
    define_key("budget", "budget_percent", number_kind(1, 100), "50", PLAIN, "Share of Graph's published limits that may be used, in percent."),
    define_key(GROUP, "zone", ValueKind::Zone, "UTC", PLAIN, "Time zone of the cron expressions."),
    define_key(GROUP, "assignment_interval", ValueKind::Trigger, "every 1m", PLAIN, "When the assignment worker looks for applications that wait for their groups and assignments; a new one is begun at once."),
    define_key(GROUP, "order_interval", ValueKind::Trigger, "every 1m", PLAIN, "When the order processor looks for orders that wait; a new or approved one is begun at once."),
    define_key(GROUP, "status_interval", ValueKind::Trigger, "every 5m", PLAIN, "When the status processor reads the installation reports of apps with open orders: one report for each app."),
    define_key(GROUP, "time_limit_h", number_kind(1, 8_760), "24", PLAIN, "An order without a final status after this many hours has failed."),
    define_key(GROUP, "timeout_membership", ValueKind::Word(&["keep", "remove"]), "keep", PLAIN, "Whether the membership of an order that ran out of time stays (keep), so that Intune can still install, or goes (remove)."),
    define_key(GROUP, "group_name", ValueKind::Text, "App orders {application} {intent}", PLAIN, "Name of the groups that are made: {application} is the id of the application, {intent} is install or uninstall, {app} is the name of the app in Intune. The first two are required."),
    define_key(GROUP, "target", ValueKind::List, "user, device", PLAIN, "What may be ordered for, where an application does not say it: user, device, or both."),
    define_key(GROUP, "installed_on", ValueKind::Word(&["any", "all"]), "any", PLAIN, "When the order of a user is done: any of their devices reports success, or all of them do."),
    define_key(GROUP, "state_mapping", ValueKind::Text, "", PLAIN, "Changes of what a state in the report means: `install.notApplicable=open, uninstall.failed=0`; 1 is success, 0 is failure, open goes on reading."),
    define_key(GROUP, "sync_after", ValueKind::Flag, "no", PLAIN, "Whether devices are synchronised after a change; needs the permission for privileged operations."),
    define_key(GROUP, "order_log", ValueKind::Flag, "no", PLAIN, "Whether the three jobs write a log of their own, logs/NAME/app-orders.DATE.log, with the id of the order in each line."),
    define_key(GROUP, "check_emails", ValueKind::Flag, "no", PLAIN, "Whether an order for a user whose address belongs to several users is refused."),
    define_key("webhooks", "status_url", ValueKind::WebhookUrl, "", STATUS, "Address to which the end of each order is posted."),
    define_secret("webhooks", "status_key", ValueKind::SecretText, SecretUse::StatusWebhook, "Key that signs it, as in Standard Webhooks: `whsec_` and 24 to 64 bytes in base64."),
    define_secret("webhooks", "status_key_2", ValueKind::SecretText, SecretUse::StatusWebhook, "Second key that signs it too, while keys are exchanged."),
    define_key("webhooks", "approval_url", ValueKind::WebhookUrl, "", APPROVAL, "Address that is asked for approvals, for applications with approval by callback; https://, or http:// on this machine (127.0.0.1)."),
    define_secret("webhooks", "approval_key", ValueKind::SecretText, SecretUse::ApprovalWebhook, "Key that signs these requests."),
    define_secret("webhooks", "approval_key_2", ValueKind::SecretText, SecretUse::ApprovalWebhook, "Second key that signs them too, while keys are exchanged."),
    define_key("webhooks", "allow_private_addresses", ValueKind::Flag, "no", WEBHOOKS, "Whether the two addresses may be in a private network or on this machine. There, status_url may begin with http://; approval_url only on this machine."),
];

const TOTAL: usize = TENANT_ROWS + OWN.len();

const fn all_keys() -> [SettingKey; TOTAL] {
    let mut keys = [OWN[0]; TOTAL];
    let mut at = 0;
    while at < TENANT_ROWS {
        keys[at] = instance_row(TENANT_KEYS[at]);
        at += 1;
    }
    while at < TOTAL {
        keys[at] = OWN[at - TENANT_ROWS];
        at += 1;
    }
    keys
}

/// The row of an instance's key.
const fn instance_row(name: &str) -> SettingKey {
    let mut at = 0;
    while at < INSTANCE_KEYS.len() {
        if is_same_text(INSTANCE_KEYS[at].name, name) {
            return INSTANCE_KEYS[at];
        }
        at += 1;
    }
    panic!("an instance has no such key")
}

const fn is_same_text(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

const ORDER_KEYS: &[SettingKey] = &all_keys();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e7_what_signs_in_is_kept_and_led_as_an_instances_own() {
        for name in TENANT_KEYS {
            let row = ORDER_TABLE.find_key(name).expect("a row");
            let of_instance = super::super::INSTANCE_TABLE.find_key(name).expect("a row");
            assert_eq!((row.kind, row.role), (of_instance.kind, of_instance.role), "{name}");
        }
        for (at, key) in ORDER_KEYS.iter().enumerate() {
            let later = &ORDER_KEYS[at + 1..];
            assert!(later.iter().all(|other| other.name != key.name), "{}", key.name);
        }
        assert!(
            ORDER_KEYS.iter().all(|key| key.kind != ValueKind::Path),
            "requests name no files"
        );
    }
}
