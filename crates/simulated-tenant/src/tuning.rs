//! How the simulator behaves where there is a choice: what GRAPH's own documents leave open, it can do both ways.

use serde::{Deserialize, Serialize};

use super::objects::DirectoryTuning;
use super::remote::ActionTuning;
use super::software::SoftwareTuning;

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
    /// Groups, people and devices of the directory.
    pub directory: DirectoryTuning,
    /// Apps, their installations, and reports of them.
    pub software: SoftwareTuning,
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
    /// Apps and their assignments, in windows of `windowS`.
    pub apps: Quota,
    /// Groups, users and devices of the directory. Reads are counted by request, not by Microsoft's resource units.
    pub directory: DirectoryQuota,
    /// Reports that answer at once; no number is published.
    pub reports_per_app: u32,
    /// Export jobs in a minute, polling included.
    pub exports_per_tenant: u32,
    pub exports_per_app: u32,
}

/// A family of requests with budgets of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Quota {
    pub any_per_tenant: u32,
    pub any_per_app: u32,
    pub write_per_tenant: u32,
    pub write_per_app: u32,
}

impl Default for Quota {
    fn default() -> Self {
        Quota {
            any_per_tenant: 2000,
            any_per_app: 1000,
            write_per_tenant: 200,
            write_per_app: 100,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryQuota {
    /// In 10 seconds.
    pub reads_per_app: u32,
    /// In 150 seconds.
    pub writes_per_app: u32,
    /// In 300 seconds.
    pub writes_per_tenant: u32,
}

impl Default for DirectoryQuota {
    fn default() -> Self {
        DirectoryQuota {
            reads_per_app: 8000,
            writes_per_app: 3000,
            writes_per_tenant: 18_000,
        }
    }
}

impl Tuning {
    /// For people who look on: groups show up late, installations take a while, and some of them fail.
    pub fn lively() -> Self {
        Tuning {
            directory: DirectoryTuning {
                group_lag_ms: 3000,
                member_lag_ms: 2000,
                ..DirectoryTuning::default()
            },
            software: SoftwareTuning {
                pending_after_ms: 5000,
                ends_after_ms: 25_000,
                failing_per_mille: 40,
                export_after_ms: 8000,
                ..SoftwareTuning::default()
            },
            ..Tuning::default()
        }
    }
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
            directory: DirectoryTuning::default(),
            software: SoftwareTuning::default(),
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
            apps: Quota::default(),
            directory: DirectoryQuota::default(),
            reports_per_app: 1000,
            exports_per_tenant: 100,
            exports_per_app: 48,
        }
    }
}
