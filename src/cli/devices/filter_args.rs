//! Which devices a command is about; alike for the list and for an export.

use clap::Args;

use crate::cli::filter_text::{check_filter_text, check_filter_words};
use crate::cli::period::check_moment;
use crate::contract::{DevicesExportQuery, DevicesQuery};
use crate::model::InstanceName;

#[derive(Debug, Args)]
pub(super) struct DeviceFilterArgs {
    /// Only devices of this instance
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Text to find in name, serial number, user, model, addresses or ids
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    search: Option<String>,
    /// Search all fields; slower
    #[arg(long, requires = "search")]
    search_all: bool,
    /// Condition (CEL) on the device's fields
    #[arg(long, value_name = "CEL")]
    filter: Option<String>,
    /// Part of the device's name
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    name: Option<String>,
    /// Part of the serial number
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    serial: Option<String>,
    /// Part of the user principal name
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    upn: Option<String>,
    /// Operating systems, such as iOS,iPadOS
    #[arg(long, value_name = "NAME,NAME", value_parser = check_filter_words)]
    platform: Option<String>,
    /// Compliance states, such as noncompliant,inGracePeriod
    #[arg(long, value_name = "STATE,STATE", value_parser = check_filter_words)]
    compliance: Option<String>,
    /// Who owns the devices: company, personal
    #[arg(long, value_name = "OWNER,OWNER", value_parser = check_filter_words)]
    ownership: Option<String>,
    /// Devices that last checked in before this time, or never, such as 2026-11-28T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = check_moment)]
    checked_in_before: Option<String>,
    /// Devices that last checked in at this time or later
    #[arg(long, value_name = "TIME", value_parser = check_moment)]
    checked_in_after: Option<String>,
    /// Sort by any field, or by changedAt; a leading - sorts in descending order
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true, value_parser = check_filter_text)]
    sort: Option<String>,
}

impl DeviceFilterArgs {
    /// Whether a device may be left out because it can't be judged.
    pub(super) fn has_condition(&self) -> bool {
        self.filter.is_some()
    }

    /// Of the list; without paging.
    pub(super) fn build_query(&self) -> DevicesQuery {
        DevicesQuery::from(&self.build_export_query())
    }

    /// Of an export; without its form.
    pub(super) fn build_export_query(&self) -> DevicesExportQuery {
        let sort = self.sort.as_deref();
        DevicesExportQuery {
            instance: self.instance.as_ref().map(ToString::to_string),
            search: self.search.clone(),
            search_all: self.search_all.then_some(true),
            filter: self.filter.clone(),
            name: self.name.clone(),
            serial: self.serial.clone(),
            user: self.upn.clone(),
            platform: self.platform.clone(),
            compliance: self.compliance.clone(),
            ownership: self.ownership.clone(),
            checked_in_before: self.checked_in_before.clone(),
            checked_in_after: self.checked_in_after.clone(),
            sort: sort.map(|sort| sort.trim_start_matches('-').to_owned()),
            order: sort.filter(|sort| sort.starts_with('-')).map(|_| "desc".to_owned()),
            ..DevicesExportQuery::default()
        }
    }
}
