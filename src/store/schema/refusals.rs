//! Requests that Entra and Graph refused, and until when (E9).

pub(crate) const REFUSALS: &str = "
CREATE TABLE left_alone (
    address TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    family TEXT NOT NULL,
    until INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL,
    advice TEXT NOT NULL,
    PRIMARY KEY (address, tenant_id, client_id, family)
) STRICT, WITHOUT ROWID;
";

/// Refusals without a time as well: of a part of the family, by its mark, and how often on end.
pub(crate) const UNTIMED: &str = "
CREATE TABLE left_alone_anew (
    address TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    family TEXT NOT NULL,
    part TEXT NOT NULL,
    times INTEGER NOT NULL,
    passing INTEGER NOT NULL,
    until INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL,
    advice TEXT NOT NULL,
    PRIMARY KEY (address, tenant_id, client_id, family, part)
) STRICT, WITHOUT ROWID;
INSERT INTO left_alone_anew SELECT address, tenant_id, client_id, family, '', 0, 1, until, code, text, advice FROM left_alone;
DROP TABLE left_alone;
ALTER TABLE left_alone_anew RENAME TO left_alone;
";
