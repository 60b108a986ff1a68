//! With what a node asks Graph: the credential of its instance. A node that stands in for the original, and is told to,
//! signs in as a user by password, as the original does; nothing else in the program can.

use std::time::Duration;

use crate::config::{InstanceSettings, NodeSettings};
use crate::entra::{EntraError, TokenPurpose, TokenSource};
use crate::graph::{BudgetLane, GraphClient, GraphError, GraphLimits, RateBudget, RetryBounds};
use crate::observe::Clock;

/// Pages of one list: apps of a device, devices of a user.
const MAX_PAGES: u32 = 50;
/// Requests for one answer at most; the time limit of the decision ends before.
const ATTEMPTS: u32 = 4;

#[derive(Debug, Clone, thiserror::Error)]
pub enum GraphClientError {
    #[error(transparent)]
    Entra(#[from] EntraError),
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl GraphClientError {
    pub fn code(&self) -> String {
        match self {
            GraphClientError::Entra(error) => error.code(),
            GraphClientError::Graph(error) => error.code(),
        }
    }

    pub fn advice(&self) -> String {
        match self {
            GraphClientError::Entra(error) => error.advice(),
            GraphClientError::Graph(error) => error.advice(),
        }
    }
}

/// Somebody waits at a sign-in: tries again soon, and not for long.
fn client_limits(settings: &InstanceSettings, node: &NodeSettings) -> GraphLimits {
    let budget = Duration::from_millis(node.time_budget_ms);
    GraphLimits {
        max_pages: MAX_PAGES,
        request_timeout: budget,
        retry: RetryBounds {
            attempts: ATTEMPTS,
            throttled_start: Duration::from_millis(400),
            server_start: Duration::from_millis(200),
            broken_start: Duration::from_millis(100),
            longest_wait: Duration::from_secs(1),
            longest_requested_wait: budget,
        },
        ..GraphLimits::from_settings(settings)
    }
}

/// The client of one node by itself.
pub fn single_node_client(
    settings: &InstanceSettings,
    node: &NodeSettings,
    clock: &Clock,
) -> Result<GraphClient, GraphClientError> {
    shared_node_client(settings, node, None, clock)
}

/// The client of one node beside others of its instance, whose tokens and connections it shares. Its requests count in
/// the budget of the application, before those of a scan.
pub(crate) fn shared_node_client(
    settings: &InstanceSettings,
    node: &NodeSettings,
    instance_tokens: Option<&TokenSource>,
    clock: &Clock,
) -> Result<GraphClient, GraphClientError> {
    let tokens = match (&node.password_grant, instance_tokens) {
        (None, Some(tokens)) => tokens.clone(),
        (None, None) => TokenSource::new(settings, TokenPurpose::Scan, clock.clone())?,
        (Some(grant), _) => TokenSource::for_user(settings, &grant.user_name, &grant.password, clock.clone())?,
    };
    let budget = RateBudget::for_application(settings, tokens.client_id());
    let graph = GraphClient::with_limits(settings, tokens, budget, clock.clone(), client_limits(settings, node))?;
    Ok(graph.in_lane(BudgetLane::Decision))
}
