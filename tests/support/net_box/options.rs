//! How a stand-in behaves: its version, settings that NetBox has as well, and what it is made to do wrong.

use std::sync::Arc;

use tokio::sync::Barrier;

/// Whose habits it has.
///
/// | | 4.2 | 4.6 |
/// |---|---|---|
/// | tokens of version 2 | not known | taken |
/// | `ETag` and `If-Match` | none, left out | of single objects |
/// | lists by cursor (`start`) | left out | taken |
/// | an unknown custom field | told of the whole | told at its place |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetBoxVersion {
    V42,
    V46,
}

impl NetBoxVersion {
    pub fn text(self) -> &'static str {
        match self {
            NetBoxVersion::V42 => "4.2.9",
            NetBoxVersion::V46 => "4.6.8",
        }
    }
}

#[derive(Debug, Clone)]
pub struct NetBoxOptions {
    pub version: NetBoxVersion,
    /// Of version 2 where it begins with `nbt_`.
    pub token: String,
    /// When it ends; `None`: never.
    pub token_expires: Option<String>,
    /// `MAX_PAGE_SIZE`.
    pub max_page_size: u64,
    /// Kinds of requests for which the user has no right.
    pub denied: Vec<String>,
    /// Whether the token may only read.
    pub is_read_only: bool,
    /// A device of this name breaks the program, each time that it is written.
    pub crashes_at: Option<String>,
    /// New devices are looked at, and written when so many requests have come so far.
    pub meeting: Option<Arc<Barrier>>,
}

impl NetBoxOptions {
    /// As stock, with a token of the newest version that it takes.
    pub fn of_version(version: NetBoxVersion) -> NetBoxOptions {
        let token = match version {
            NetBoxVersion::V42 => "0123456789abcdef0123456789abcdef01234567",
            NetBoxVersion::V46 => "nbt_AbCdEf012345.0123456789abcdefghijklmnopqrstuvwxyzABCD",
        };
        NetBoxOptions {
            version,
            token: token.to_owned(),
            token_expires: None,
            max_page_size: 1_000,
            denied: Vec::new(),
            is_read_only: false,
            crashes_at: None,
            meeting: None,
        }
    }
}

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetBoxFault {
    /// The connection breaks off before anything is done.
    LostBefore,
    /// It is done; then the connection breaks off.
    LostAfter,
    /// This code, and nothing is done.
    Status(u16),
    /// 429 of a proxy with, or without, `Retry-After` in seconds.
    Throttled(Option<u64>),
    /// 302 to this address.
    Redirect(String),
    /// 200 with a page of HTML, as a proxy for signing in shows it.
    Page,
}

/// When something goes wrong.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// Kind of request, as [`super::NetBoxServer::count`] has it; empty: any.
    pub kind: String,
    pub times: usize,
    pub fault: NetBoxFault,
}

impl FaultRule {
    /// The next request of this kind.
    pub fn once(kind: &str, fault: NetBoxFault) -> FaultRule {
        FaultRule {
            kind: kind.to_owned(),
            times: 1,
            fault,
        }
    }
}

/// The fault of this request; the rules are counted down.
pub fn take_fault(rules: &mut Vec<FaultRule>, kind: &str) -> Option<NetBoxFault> {
    let rule = rules
        .iter_mut()
        .find(|rule| rule.kind.is_empty() || rule.kind == kind)?;
    rule.times = rule.times.saturating_sub(1);
    let fault = rule.fault.clone();
    rules.retain(|rule| rule.times > 0);
    Some(fault)
}
