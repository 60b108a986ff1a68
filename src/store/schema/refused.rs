//! What Entra and Graph asked to be left alone for (E9).

pub const REFUSALS: &str = "
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
