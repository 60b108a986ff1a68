//! Every key of a section `[node NAME]`.

use super::instance_keys::{A_USER, PLAIN, define_key, define_secret, number_kind};
use super::keys::{SecretUse, SettingKey, ValueKind};

const S: &str = super::node_name::NODE_SECTION;

#[rustfmt::skip]
pub(super) const NODE: [SettingKey; 24] = [
    define_key(S, "node.NAME.header", ValueKind::Text, "x-intune", PLAIN, "Name of the header, or of the key in the shared state, that contains the Intune device id."),
    define_key(S, "node.NAME.id_from_shared_state", ValueKind::Flag, "no", PLAIN, "Reads the id from the shared state instead of the headers."),
    define_key(S, "node.NAME.save_properties", ValueKind::Flag, "no", PLAIN, "Writes the device's properties to the shared state, each as INTUNE_ followed by its name."),
    define_key(S, "node.NAME.save_apps", ValueKind::Flag, "no", PLAIN, "Writes the names of the installed apps to the shared state: INTUNE_INSTALLED_APPS as text, INTUNE_INSTALLED_APPS_JSON as JSON."),
    define_key(S, "node.NAME.compatible", ValueKind::Flag, "no", PLAIN, "Returns outcomes and shared state exactly as the original does, including its errors; keys that the original does not have are refused."),
    define_key(S, "node.NAME.password_grant", ValueKind::Flag, "no", A_USER, "Signs in as a user with a password, as the original does. Microsoft advises against it; only with compatible = yes."),
    define_key(S, "node.NAME.user_name", ValueKind::Text, "", A_USER, "The user who signs in; only for password_grant."),
    define_secret(S, "node.NAME.user_password", ValueKind::SecretText, SecretUse::UserPassword, "Password of this user; sealed when first read."),
    define_key(S, "node.NAME.user_password_file", ValueKind::Path, "", PLAIN, "File with the user's password; read once, then its sealed content replaces this line."),
    define_key(S, "node.NAME.apps_version", ValueKind::Word(&["v1.0", "beta"]), "beta", PLAIN, "Graph version used to read apps; v1.0 does not offer them everywhere."),
    define_key(S, "node.NAME.time_budget_ms", number_kind(200, 60_000), "3000", PLAIN, "Longest time for a decision, including retries, in milliseconds; after that it is an Error."),
    define_key(S, "node.NAME.cache_s", number_kind(0, 300), "30", PLAIN, "How long data read from a device is used for further decisions, in seconds; failures are never cached."),
    define_key(S, "node.NAME.allowed", ValueKind::Outcomes, "COMPLIANT", PLAIN, "Outcomes that `check` allows: ids, separated by commas."),
    define_key(S, "node.NAME.apps_optional", ValueKind::Flag, "no", PLAIN, "If the apps cannot be read, the decision is not an Error."),
    define_key(S, "node.NAME.reasons", ValueKind::Flag, "yes", PLAIN, "Reports which policies and settings fail if the outcome is bad (one more request)."),
    define_key(S, "node.NAME.not_found_apart", ValueKind::Flag, "no", PLAIN, "The outcome for a device that Intune does not know is NOTFOUND instead of ERROR."),
    define_key(S, "node.NAME.max_check_in_hours", number_kind(1, 8_760), "", PLAIN, "A good outcome becomes UNKNOWN if the device has not checked in for more than this many hours."),
    define_key(S, "node.NAME.forbidden_apps", ValueKind::Names, "", PLAIN, "A device with one of these apps is NONCOMPLIANT; separate names with semicolons. TeamViewer matches the app of that name, with or without version, architecture and language after it; TeamViewer* matches every app whose name begins with it."),
    define_key(S, "node.NAME.required_apps", ValueKind::Names, "", PLAIN, "A device without one of these apps is NONCOMPLIANT; names as for forbidden_apps."),
    define_key(S, "node.NAME.several_devices", ValueKind::Word(&["worst", "best", "refuse"]), "worst", PLAIN, "Which device's outcome counts if the user has several devices."),
    define_key(S, "node.NAME.policy_N", ValueKind::PolicyRule, "", PLAIN, "`NONCOMPLIANT: <CEL over the device>`; checked in the order of their numbers, the first that is true decides."),
    define_key(S, "node.NAME.inventory_answers", ValueKind::Flag, "no", PLAIN, "While Graph does not respond, decisions use the data that was read last and are marked as such."),
    define_key(S, "node.NAME.inventory_max_minutes", number_kind(1, 60), "60", PLAIN, "Maximum age of that data, in minutes."),
    define_key(S, "node.NAME.enabled", ValueKind::Flag, "yes", PLAIN, "If off, every decision of this node is an Error."),
];
