//! How a stand-in for GLPI behaves, and what goes wrong in it.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlpiVersion {
    /// Inventories alone.
    V10,
    V11,
}

/// What is asked of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMode {
    Nothing,
    Basic,
    OauthClient,
}

#[derive(Debug, Clone)]
pub struct GlpiOptions {
    pub version: GlpiVersion,
    pub sign_in: SignInMode,
    pub takes_inventories: bool,
    pub inventory_user: String,
    pub inventory_password: String,
    pub client_id: String,
    pub client_secret: String,
    pub user: String,
    pub password: String,
    pub token_lasts: Duration,
    /// Applied at every inventory; `None`: left alone (-1).
    pub default_status: Option<u64>,
    /// Whether the high-level API shows agents (since its version 2.3).
    pub shows_agents: bool,
    /// Whether a list leaves out the trash unless a filter speaks of it.
    pub hides_trash: bool,
    /// Kinds of requests for which the user lacks the right.
    pub denied: Vec<String>,
    /// A rule of its owner refuses names that begin so.
    pub refused_name: Option<String>,
}

impl GlpiOptions {
    pub fn of_version(version: GlpiVersion) -> GlpiOptions {
        GlpiOptions {
            version,
            sign_in: SignInMode::Nothing,
            takes_inventories: true,
            inventory_user: "agents".to_owned(),
            inventory_password: "agents-password".to_owned(),
            client_id: "glpi-client".to_owned(),
            client_secret: "glpi-client-secret".to_owned(),
            user: "intune".to_owned(),
            password: "glpi-password".to_owned(),
            token_lasts: Duration::from_secs(3_600),
            default_status: None,
            shows_agents: true,
            hides_trash: false,
            denied: Vec::new(),
            refused_name: None,
        }
    }
}

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlpiFault {
    /// The connection breaks off before anything is done.
    LostBefore,
    /// It is done; then the connection breaks off.
    LostAfter,
    /// This code, and nothing is done.
    Status(u16),
    /// 500 in GLPI's own words, and nothing is done.
    Exception,
    /// 429 with, or without, `Retry-After` in seconds.
    Throttled(Option<u64>),
    /// It is done, and somebody between says that it is pending.
    Pending,
    /// 200 with a page of HTML, as a proxy for signing in shows it.
    Page,
}

/// When something goes wrong.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// Kind of request, as [`super::GlpiServer::count`] has it.
    pub kind: String,
    pub times: usize,
    pub fault: GlpiFault,
}

impl FaultRule {
    /// The next request of this kind.
    pub fn once(kind: &str, fault: GlpiFault) -> FaultRule {
        FaultRule::times(kind, 1, fault)
    }

    pub fn times(kind: &str, times: usize, fault: GlpiFault) -> FaultRule {
        FaultRule {
            kind: kind.to_owned(),
            times,
            fault,
        }
    }
}

/// The fault of this request; the rules are counted down.
pub fn take_fault(rules: &mut Vec<FaultRule>, kind: &str) -> Option<GlpiFault> {
    let rule = rules.iter_mut().find(|rule| rule.kind == kind)?;
    rule.times = rule.times.saturating_sub(1);
    let fault = rule.fault.clone();
    rules.retain(|rule| rule.times > 0);
    Some(fault)
}
