//! Saved views of the console, and reports.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    ReportExportQuery, ReportQuery, ReportScheduleBody, ReportScheduleQuery, ReportScheduleView, ReportView,
    ReportsView, SavedViewBody, SavedViewQuery, SavedViewView, SavedViewsView,
};

operations! {
    /// Saved views: your own, and those that others share
    list_views() GET "/sics/v1/views" => 200 SavedViewsView;
    /// Save a view: what a page of the console shows, under a name
    save_view(view) PUT "/sics/v1/views/{view}" body SavedViewBody, => 201 | 200 SavedViewView;
    /// Remove a saved view
    remove_view(view) DELETE "/sics/v1/views/{view}" query SavedViewQuery, => 204;
    /// Reports that there are, and which of them are written into files by schedule
    list_reports() GET "/sics/v1/reports" => 200 ReportsView;
    /// A report, page by page
    ///
    /// Reports on devices are about the instances at which the caller has Devices_Read as well, the one on actions about
    /// those at which they have Jobs_Read. Each request makes the report anew from what the store holds at that moment; for
    /// all rows of one moment, export it.
    show_report(report) GET "/sics/v1/reports/{report}" query ReportQuery, => 200 ReportView;
    /// Have a report written into a file of the data folder by schedule
    set_report_schedule(report) PUT "/sics/v1/reports/{report}/schedule" body ReportScheduleBody, => 200 ReportScheduleView;
    /// Stop writing a report by schedule; the file stays
    remove_report_schedule(report) DELETE "/sics/v1/reports/{report}/schedule" query ReportScheduleQuery, => 204;
    files:
    /// A whole report as a file: text/csv, or application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
    export_report() GET "/sics/v1/reports/{report}/export", query ReportExportQuery;
}
