//! Registrations of applications that are on their way.

pub(crate) const REGISTRATIONS: &str = "
CREATE TABLE registration (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL,
    installation INTEGER,                -- whose application gets another certificate; NULL: of a new one
    certificate TEXT NOT NULL,           -- PEM
    sealed_key TEXT NOT NULL,
    plan TEXT NOT NULL,                  -- JSON, no secrets
    by INTEGER,
    used_by INTEGER,                     -- the installation that is being made with it
    created_at INTEGER NOT NULL,
    touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
