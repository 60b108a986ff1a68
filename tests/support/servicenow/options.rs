//! How a stand-in behaves: settings that ServiceNow has as well, and what it is made to do wrong.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct ServiceNowOptions {
    pub user: String,
    pub password: String,
    /// Of an OAuth client.
    pub client_id: String,
    pub client_secret: String,
    /// `glide.oauth.inbound.client.credential.grant_type.enabled`.
    pub client_credentials: bool,
    /// Choices of `discovery_source`.
    pub sources: Vec<String>,
    /// Tables and endpoints for which the account has no right.
    pub denied: Vec<String>,
    /// CIs of these ids are not shown to the account; pages are cut before.
    pub hidden: Vec<String>,
    /// `glide.identification_engine.skip_sys_object_source_matching`.
    pub skips_source_matching: bool,
    /// Whether an empty value of a payload is passed over.
    pub skips_empty_values: bool,
    /// Fields that a reconciliation rule leaves to another source.
    pub kept_fields: Vec<String>,
    /// Classes in which a data source rule forbids to make CIs.
    pub no_insert_classes: Vec<String>,
    /// Whether the enhanced API is there.
    pub has_enhanced: bool,
    /// Whether pages have a `Link`.
    pub has_links: bool,
    /// Whether no rows are a 404, as in the first version of the API.
    pub is_first_version: bool,
    /// Requests of one batch that are served before its time is over.
    pub batch_served: usize,
    /// Requests an hour; `None`: no rule is set.
    pub per_hour: Option<u32>,
    /// How long such an hour is.
    pub window: Duration,
    /// Whether a 429 says when to come back.
    pub tells_retry: bool,
}

impl Default for ServiceNowOptions {
    fn default() -> ServiceNowOptions {
        ServiceNowOptions {
            user: "intune.connector".to_owned(),
            password: "password-of-servicenow".to_owned(),
            client_id: "0123456789abcdef".to_owned(),
            client_secret: "secret-of-servicenow".to_owned(),
            client_credentials: true,
            sources: vec!["IntuneConnector".to_owned(), "SG-Intune".to_owned()],
            denied: Vec::new(),
            hidden: Vec::new(),
            skips_source_matching: false,
            skips_empty_values: false,
            kept_fields: Vec::new(),
            no_insert_classes: Vec::new(),
            has_enhanced: true,
            has_links: true,
            is_first_version: false,
            batch_served: usize::MAX,
            per_hour: None,
            window: Duration::from_secs(3600),
            tells_retry: true,
        }
    }
}

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceNowFault {
    /// The connection breaks off before anything is done.
    LostBefore,
    /// It is done; then the connection breaks off.
    LostAfter,
    /// This code, and nothing is done.
    Status(u16),
    /// It is done; then this code.
    StatusAfter(u16),
    /// 429 with, or without, `Retry-After` in seconds.
    Throttled(Option<u64>),
    /// 302 to this address.
    Redirect(String),
    /// 200 with a page of HTML: the instance sleeps.
    Page,
    /// More than a client should read.
    Endless(usize),
}

/// When something goes wrong.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// Kind of request; empty: any.
    pub kind: String,
    pub times: usize,
    pub fault: ServiceNowFault,
}

impl FaultRule {
    /// The next request of this kind.
    pub fn once(kind: &str, fault: ServiceNowFault) -> FaultRule {
        FaultRule {
            kind: kind.to_owned(),
            times: 1,
            fault,
        }
    }
}

/// The fault of this request; the rules are counted down.
pub fn take_fault(rules: &mut Vec<FaultRule>, kind: &str) -> Option<ServiceNowFault> {
    let rule = rules
        .iter_mut()
        .find(|rule| rule.kind.is_empty() || rule.kind == kind)?;
    rule.times = rule.times.saturating_sub(1);
    let fault = rule.fault.clone();
    rules.retain(|rule| rule.times > 0);
    Some(fault)
}
