//! How the simulator behaves where there is a choice: what GRAPH's own documents leave open, it can do both ways.

use serde::{Deserialize, Serialize};

use super::remote::ActionTuning;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Tuning {
    /// Added to every answer of the token endpoint and of Graph.
    pub latency_ms: u64,
    /// Compresses where the client accepts it.
    pub gzip: bool,
    /// Devices on a page without `$top`, and the most a `$top` gets.
    pub page_size: usize,
    /// Apps on a page of `detectedApps`; a device has far fewer than the list has devices.
    pub apps_page_size: usize,
    /// `detectedApps` of a device is served on v1.0, too.
    pub detected_apps_on_v1: bool,
    /// The collection of compliance policies carries its `settingStates`.
    pub policies_with_settings: bool,
    /// `$top` above the page size is refused instead of clamped.
    pub refuse_large_top: bool,
    /// `@odata.count` tells the size of the list instead of the page's.
    pub count_is_total: bool,
    /// `and` may join filters.
    pub filter_and: bool,
    /// A v1.0 list without `$select` shows `managementState`.
    pub list_management_state: bool,
    /// Members of enums that are newer than the schema are shown only to clients that ask for them by
    /// `Prefer: include-unknown-enum-members`, as Graph's general rule has it.
    pub hide_new_members: bool,
    /// What a 429 says about when to come back.
    pub retry_after: RetryAfter,
    pub limits: Limits,
    pub actions: ActionTuning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RetryAfter {
    Seconds,
    Fraction,
    Date,
    Missing,
}

/// Requests per window; the published numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    pub enabled: bool,
    pub window_s: i64,
    pub any_per_tenant: u32,
    pub any_per_app: u32,
    pub write_per_tenant: u32,
    pub write_per_app: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            latency_ms: 0,
            gzip: true,
            page_size: 1000,
            apps_page_size: 50,
            detected_apps_on_v1: false,
            policies_with_settings: true,
            refuse_large_top: false,
            count_is_total: false,
            filter_and: true,
            list_management_state: false,
            hide_new_members: false,
            retry_after: RetryAfter::Seconds,
            limits: Limits::default(),
            actions: ActionTuning::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            enabled: true,
            window_s: 20,
            any_per_tenant: 4000,
            any_per_app: 2000,
            write_per_tenant: 400,
            write_per_app: 200,
        }
    }
}
