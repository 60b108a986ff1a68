//! Reports: tables of what devices say of an app, of found software, and of devices. One table each; who asks chooses
//! columns, rows and order. A table is made when it is read, never kept.
//!
//! | file | what |
//! |---|---|
//! | table | columns and rows |
//! | report_filter | `(ApplicationId eq '…')` |
//! | installs | what devices say of an app, with several rows of some devices |
//! | inventory | found software and devices |
//! | catalogue | which reports there are, and what they insist on |
//! | export | export jobs and their course |
//! | archive | CSV or JSON in a zip |

mod archive;
mod catalogue;
mod export;
mod installs;
mod inventory;
mod report_filter;
mod table;

pub use archive::{csv, json_text, zip};
pub use catalogue::{REPORTS, Report, find_report};
pub use export::{ExportJob, ExportJobs, ExportStatus, NewExport};
pub use installs::install_table;
pub use report_filter::ReportFilter;
pub use table::{Column, Table};

/// Columns of texts for people end so. They come along with their column and can't be chosen.
pub const LOCALIZED: &str = "_loc";
