//! Webhooks of management servers. No message is kept: what is posted is read from the feed when it is posted, so what waits
//! for an address that is away takes no room here.

pub(crate) const SERVER_WEBHOOKS: &str = "
CREATE TABLE server_webhook (
    server TEXT PRIMARY KEY REFERENCES server(id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,           -- another one with each address: what came of an earlier one is not recorded
    url TEXT NOT NULL,                   -- sealed
    address TEXT NOT NULL,               -- scheme, host and port, for people
    allow_private INTEGER NOT NULL,
    key TEXT NOT NULL,                   -- sealed for this address
    old_key TEXT,                        -- the same: signs as well until old_key_until
    old_key_until INTEGER,
    set_at INTEGER NOT NULL,
    failing TEXT,                        -- kind of the message that is not taken; NULL: the last one was
    failing_since INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, -- since then
    next_attempt_at INTEGER,
    planned_at INTEGER,                  -- when next_attempt_at was written
    set_aside_at INTEGER,
    last_error TEXT,
    delivered_at INTEGER
) STRICT, WITHOUT ROWID;
";
