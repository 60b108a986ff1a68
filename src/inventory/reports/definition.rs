//! What a report is.

use super::context::ReportContext;
use super::device_record::DeviceRecord;
use super::table::ReportTable;
use crate::contract::ReportColumnKind;
use crate::store::WalkedTask;

/// The table of a fleet.
pub(super) type DeviceReport = fn(&mut dyn Iterator<Item = DeviceRecord>, &ReportContext) -> ReportTable;
/// The table of tasks, the newest job first.
pub(super) type JobReport = fn(&mut dyn Iterator<Item = WalkedTask>, &ReportContext) -> ReportTable;

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum ReportSource {
    Devices(DeviceReport),
    Jobs(JobReport),
}

#[derive(Debug)]
pub struct ReportDefinition {
    pub name: &'static str,
    /// In English, as all texts here.
    pub title: &'static str,
    pub summary: &'static str,
    /// Days, where none are said; `None`: it takes none.
    pub days: Option<u32>,
    pub columns: &'static [ColumnDefinition],
    pub(super) source: ReportSource,
}

impl ReportDefinition {
    /// The right that whoever reads the report needs beside the one for reports.
    pub fn required_right(&self) -> &'static str {
        match self.source {
            ReportSource::Devices(_) => "Devices_Read",
            ReportSource::Jobs(_) => "Jobs_Read",
        }
    }

    /// Jobs outlive their instance, devices do not.
    pub fn covers_removed_instances(&self) -> bool {
        matches!(self.source, ReportSource::Jobs(_))
    }
}

#[derive(Debug)]
pub struct ColumnDefinition {
    pub key: &'static str,
    pub title: &'static str,
    pub kind: ReportColumnKind,
}

pub(super) const fn text(key: &'static str, title: &'static str) -> ColumnDefinition {
    let kind = ReportColumnKind::Text;
    ColumnDefinition { key, title, kind }
}

pub(super) const fn number(key: &'static str, title: &'static str) -> ColumnDefinition {
    let kind = ReportColumnKind::Number;
    ColumnDefinition { key, title, kind }
}

pub(super) const fn time(key: &'static str, title: &'static str) -> ColumnDefinition {
    let kind = ReportColumnKind::Time;
    ColumnDefinition { key, title, kind }
}

pub(super) const fn flag(key: &'static str, title: &'static str) -> ColumnDefinition {
    let kind = ReportColumnKind::Flag;
    ColumnDefinition { key, title, kind }
}
