//! How a stand-in behaves: its version, settings that Snipe-IT has as well, and what it is made to do wrong.

use std::time::Duration;

/// Whose shapes and quirks it has.
///
/// | | 7 | 8 |
/// |---|---|---|
/// | a check-out without `name` | takes the name away | keeps it |
/// | `assigned_user` of nobody | left out in silence | an error of validation |
/// | `assigned_user` with a label that is not deployable | taken | an error of validation |
/// | other codes of HTTP | dressed as 405 | as they are |
/// | `assigned_to` of a read | without e-mail address | with it |
/// | the answer of a restore | text in `messages` | text in `payload` |
///
/// Both take the name of an asset from a change that checks it out, escaped, and lose it where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnipeVersion {
    V7,
    V8,
}

impl SnipeVersion {
    pub fn text(self) -> &'static str {
        match self {
            SnipeVersion::V7 => "v7.1.15",
            SnipeVersion::V8 => "v8.1.4",
        }
    }
}

#[derive(Debug, Clone)]
pub struct SnipeOptions {
    pub version: SnipeVersion,
    pub token: String,
    /// Whether new assets get a tag by themselves.
    pub auto_increment: bool,
    pub unique_serial: bool,
    /// `show_archived_in_list`.
    pub shows_archived: bool,
    /// Most rows of a page (`MAX_RESULTS`).
    pub max_results: u64,
    /// `API_THROTTLE_PER_MINUTE`.
    pub per_minute: u32,
    /// How long such a minute is.
    pub window: Duration,
    /// Whether a 429 says when to come back.
    pub tells_retry: bool,
    /// Kinds of requests for which the account has no right.
    pub denied: Vec<String>,
    /// Whether the account may change assets, as each asset tells.
    pub may_update: bool,
}

impl SnipeOptions {
    /// As stock, but for the budget: tests that are not about it would wait for minutes.
    pub fn of_version(version: SnipeVersion) -> SnipeOptions {
        SnipeOptions {
            version,
            token: "snipe-it-token".to_owned(),
            auto_increment: true,
            unique_serial: false,
            shows_archived: false,
            max_results: 500,
            per_minute: 1_000_000,
            window: Duration::from_secs(60),
            tells_retry: true,
            denied: Vec::new(),
            may_update: true,
        }
    }
}

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnipeFault {
    /// The connection breaks off before anything is done.
    LostBefore,
    /// It is done; then the connection breaks off.
    LostAfter,
    /// This code, and nothing is done.
    Status(u16),
    /// It is done; then this code: mail could not be sent, for instance.
    StatusAfter(u16),
    /// 429 with, or without, `Retry-After` in seconds.
    Throttled(Option<u64>),
    /// It is done, so much later.
    Slow(Duration),
    /// 302 to this address.
    Redirect(String),
    /// 200 with a page of HTML, as a proxy for signing in shows it.
    Page,
    /// More than a client should read.
    Endless(usize),
}

/// When something goes wrong.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// Kind of request, as [`super::SnipeServer::count`] has it; empty: any.
    pub kind: String,
    /// So many of them go well first.
    pub skip: usize,
    pub times: usize,
    pub fault: SnipeFault,
}

impl FaultRule {
    /// The next request of this kind.
    pub fn once(kind: &str, fault: SnipeFault) -> FaultRule {
        FaultRule::times(kind, 1, fault)
    }

    pub fn times(kind: &str, times: usize, fault: SnipeFault) -> FaultRule {
        FaultRule {
            kind: kind.to_owned(),
            skip: 0,
            times,
            fault,
        }
    }
}

/// The fault of this request; the rules are counted down.
pub fn take_fault(rules: &mut Vec<FaultRule>, kind: &str) -> Option<SnipeFault> {
    let rule = rules
        .iter_mut()
        .find(|rule| rule.kind.is_empty() || rule.kind == kind)?;
    if rule.skip > 0 {
        rule.skip -= 1;
        return None;
    }
    rule.times = rule.times.saturating_sub(1);
    let fault = rule.fault.clone();
    rules.retain(|rule| rule.times > 0);
    Some(fault)
}
