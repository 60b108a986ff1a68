//! Every bound of the API in one place, with its reason. Tests shrink them.

use std::time::Duration;

use super::denials::DenialBounds;
use crate::config::{BusSettings, SecondFactorRule};
use crate::contract::STREAM_HEARTBEAT;
use crate::inventory::device_index::DeviceIndexBounds;

#[derive(Debug, Clone)]
pub struct SicsLimits {
    /// A request body: the largest is an instance's settings with a PFX in it.
    pub body_bytes: usize,
    /// From the head of a request to the end of its body.
    pub body_timeout: Duration,
    /// From the opening of a connection, or the end of the previous response, to the end of a request's head; an idle
    /// connection is kept for this long, too.
    pub header_timeout: Duration,
    /// TLS handshake.
    pub handshake_timeout: Duration,
    /// A reader that accepts no data for this long is disconnected: it holds a connection and a page of changes.
    pub stall_timeout: Duration,
    /// Requests in progress when the bus is asked to stop may take this long to finish.
    pub shutdown_timeout: Duration,
    /// Open connections of all callers together, strangers included.
    pub connections: usize,
    /// Of these, connections over which nobody has signed in (E8). Each may cost some hundred kB: with all their
    /// requests they stay below 64 MiB.
    pub stranger_connections: usize,
    /// Connections of one account: one account must not use them all (E2).
    pub connections_per_account: usize,
    /// Requests of strangers at the same time, beyond the one that each of their connections may always have.
    pub stranger_requests: usize,
    /// Memory held by responses until they are read.
    pub response_bounds: ResponseBounds,
    pub changes_default: usize,
    pub changes_max: usize,
    /// Changes held in memory per reader, whatever it requested: a page is sent in pieces of this size.
    pub changes_per_chunk: usize,
    pub wait_max: Duration,
    /// Reads that wait, and streams, at the same time per management server.
    pub waiting_per_server: usize,
    /// The same for all management servers that one account reads: each holds a piece in memory.
    pub waiting_per_account: usize,
    /// Streams of events of one account at the same time: one for each page of the console that is open.
    pub event_streams_per_account: usize,
    /// Interval between heartbeats of a silent stream; below the idle limits of usual proxies.
    pub heartbeat: Duration,
    /// A stream ends after this long, and the reader reconnects with `Last-Event-ID`: rights are checked again then.
    pub stream_duration: Duration,
    pub devices_default: usize,
    pub devices_max: usize,
    /// Device lists that read the bodies of whole fleets (a filter, any sort): this many at the same time.
    pub concurrent_searches: usize,
    /// Device lists from the device index: this many at the same time.
    pub concurrent_lists: usize,
    /// How long the device index stays, and how old a check-in in it may be.
    pub device_index: DeviceIndexBounds,
    /// Exports of devices that are made or sent at the same time.
    pub concurrent_exports: usize,
    /// Dry runs at the same time: each reads a whole tenant and copies the store.
    pub concurrent_previews: usize,
    pub jobs_default: usize,
    /// Jobs in a list, and devices of one job in an answer.
    pub jobs_max: usize,
    pub history_default: usize,
    /// Changes, tasks and decisions of one device in an answer: each change may have a hundred fields.
    pub history_max: usize,
    pub scans_max: u32,
    pub audit_max: u32,
    /// Name and value of a query parameter, a display name, a search text: characters.
    pub text_chars: usize,
    /// What a management server says it accepts: bytes of JSON.
    pub accepts_bytes: usize,
    pub tokens_per_operator: usize,
    pub servers_per_operator: usize,
    /// Saved views of the console.
    pub views_per_operator: usize,
    /// Below so much free space in the data folder the bus is not ready; 0: never for that reason.
    pub min_free_bytes: u64,
    pub login: LoginLimits,
}

/// What answers hold in memory at most, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseBounds {
    pub per_account: usize,
    pub all_accounts: usize,
    pub per_stranger: usize,
    pub all_strangers: usize,
}

#[derive(Debug, Clone)]
pub struct LoginLimits {
    /// A verified password is remembered for this long, by keyed hash.
    pub remember_duration: Duration,
    pub remembered_entries: usize,
    /// Failures are forgotten this long after the last one.
    pub failure_window: Duration,
    /// Failures before the next attempts are slowed, and the longest time they wait.
    pub delay_max: Duration,
    pub failures_per_name: u32,
    /// Several servers may stand behind one address.
    pub failures_per_address: u32,
    /// An address from which a name signed in within this time is not held up by others who guess at that name.
    pub trust_duration: Duration,
    /// Names and addresses that are kept in mind.
    pub tracked_entries: usize,
    /// Passwords waiting for their turn to be verified (one at a time): of strangers, and as many more of those for whom
    /// a reserve is kept.
    pub queue_length: usize,
    /// Where strangers have used up what is theirs, every wrong sign-in is answered after this time, whatever was looked
    /// at meanwhile: so it does not tell which names exist.
    pub failure_response_time: Duration,
    /// Rows of refused sign-ins in the audit trail.
    pub denial_bounds: DenialBounds,
    /// A session that was not used for this long is over.
    pub session_idle: Duration,
    /// However much it is used.
    pub session_duration: Duration,
    /// Who has to sign in with a second factor, beyond those who have set one up.
    pub second_factor: SecondFactorRule,
}

impl Default for SicsLimits {
    fn default() -> Self {
        SicsLimits {
            body_bytes: 1 << 20,
            body_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(60),
            shutdown_timeout: Duration::from_secs(10),
            connections: 1_024,
            stranger_connections: 48,
            connections_per_account: 256,
            stranger_requests: 64,
            response_bounds: ResponseBounds {
                per_account: 32 << 20,
                all_accounts: 96 << 20,
                per_stranger: 128 << 10,
                all_strangers: 8 << 20,
            },
            changes_default: 500,
            changes_max: 5_000,
            changes_per_chunk: 500,
            wait_max: Duration::from_millis(60_000),
            waiting_per_server: 16,
            waiting_per_account: 64,
            event_streams_per_account: 16,
            heartbeat: STREAM_HEARTBEAT,
            stream_duration: Duration::from_secs(3_600),
            devices_default: 100,
            devices_max: 1_000,
            concurrent_searches: 2,
            concurrent_lists: 4,
            device_index: DeviceIndexBounds {
                idle: Duration::from_secs(15 * 60),
                check_ins_every: Duration::from_secs(1),
            },
            concurrent_exports: 2,
            concurrent_previews: 1,
            jobs_default: 100,
            jobs_max: 1_000,
            history_default: 100,
            history_max: 500,
            scans_max: 200,
            audit_max: 1_000,
            text_chars: 1_000,
            accepts_bytes: 16 << 10,
            tokens_per_operator: 50,
            servers_per_operator: 100,
            views_per_operator: 200,
            min_free_bytes: 0,
            login: LoginLimits::default(),
        }
    }
}

impl Default for LoginLimits {
    fn default() -> Self {
        LoginLimits {
            remember_duration: Duration::from_secs(300),
            remembered_entries: 1_000,
            failure_window: Duration::from_secs(900),
            delay_max: Duration::from_secs(60),
            failures_per_name: 10,
            failures_per_address: 50,
            trust_duration: Duration::from_secs(24 * 3_600),
            tracked_entries: 50_000,
            queue_length: 64,
            failure_response_time: Duration::from_secs(2),
            denial_bounds: DenialBounds::default(),
            session_idle: Duration::from_secs(3_600),
            session_duration: Duration::from_secs(12 * 3_600),
            second_factor: SecondFactorRule::Off,
        }
    }
}

impl SicsLimits {
    /// The published defaults with what `bus.ini` says.
    pub fn from_settings(settings: &BusSettings) -> Self {
        let (api, login) = (&settings.api, &settings.login);
        let defaults = SicsLimits::default();
        SicsLimits {
            connections: api.max_connections,
            body_bytes: api.max_body_bytes,
            body_timeout: Duration::from_secs(api.request_timeout_s),
            wait_max: Duration::from_millis(api.max_wait_ms),
            changes_max: api.max_changes as usize,
            changes_default: defaults.changes_default.min(api.max_changes as usize),
            min_free_bytes: settings.store.min_free_bytes,
            login: LoginLimits {
                failures_per_name: login.free_attempts,
                delay_max: Duration::from_millis(login.max_delay_ms),
                remember_duration: Duration::from_secs(login.remember_s),
                session_idle: Duration::from_secs(login.session_idle_s),
                session_duration: Duration::from_secs(login.session_max_s),
                second_factor: login.second_factor,
                ..LoginLimits::default()
            },
            ..defaults
        }
    }
}
