//! What people keep for themselves in the console, and which reports are written by schedule.

pub(crate) const VIEWS_AND_REPORTS: &str = "
CREATE TABLE saved_view (
    owner INTEGER NOT NULL REFERENCES operator(id) ON DELETE CASCADE,
    page TEXT NOT NULL,
    name TEXT NOT NULL COLLATE NOCASE,
    query TEXT NOT NULL,
    shared INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (owner, page, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE report_schedule (
    report TEXT NOT NULL,
    instance INTEGER NOT NULL,           -- 0: all of them, in one file
    plan TEXT NOT NULL,                  -- JSON: schedule, zone, format, days, separator, decimal
    set_by INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    last_start INTEGER,                  -- of the last attempt
    written_at INTEGER,
    row_count INTEGER,
    failure TEXT,                        -- of the last attempt
    PRIMARY KEY (report, instance)
) STRICT, WITHOUT ROWID;
";
