//! Flow 3: can this device be trusted during a sign-in?
//!
//! ```text
//! question → id → what is read of the device (or was, a moment ago) → decision → answer with shared state
//! ```
//!
//! In the order of the way: [`question`] is what was asked, [`device_id`] finds the id in it (a distinguished name is
//! read as one, and what is no GUID never reaches an address), [`decision_service`] carries a question through, [`cache`] lets
//! concurrent questions about one device ask Graph once, [`facts_reader`] asks Graph within a time limit, [`inventory_fallback`]
//! stands in while Graph does not answer, where that is switched on, [`judge_compliance`] decides (by apps as [`app_names`] reads them), [`shared_state`] writes what the
//! journey behind us finds. [`device_id`], [`outcome`], [`judge_compliance`], [`shared_state`] and [`reasons`] are pure.
//!
//! *Failing closed.* Whatever goes wrong is `ERROR`: no failure is remembered, and nothing but a reading of this device
//! makes an outcome that lets in. What tightens (age of the check-in, apps, a wipe under way) is asked last.
//!
//! *Two ways.* A node with `compatible` answers as the node that it replaces, also where that is wrong, because journeys
//! have grown around it. What was unsafe about it is gone in both: ids are checked before they enter an address, the
//! HTTP status counts, there are time limits, secrets and lists of apps are never logged, requests share nothing.
//!
//! Nothing that was read is kept on disk; of decisions, outcomes and codes of reasons go into the history of their devices
//! ([`decision_history`]). If the process dies, whoever asked gets no answer, and a gateway does not let in.

mod app_names;
mod cache;
mod decision_history;
mod decision_service;
mod decision_trace;
pub mod device_id;
mod facts;
mod facts_reader;
mod graph_client;
mod inventory_fallback;
mod node;
mod node_probe;
pub mod outcome;
mod question;
mod reasons;
mod shared_state;
mod verdict;

pub mod activity;

pub use app_names::{AppName, app_name_warning};
pub use decision_history::DecisionHistory;
pub use decision_service::{DecisionContext, DecisionService, NodeHealthReport};
pub use facts::{DeviceFacts, InstalledApp, InstalledApps, PolicyState, PolicyStates, SettingState};
pub use facts_reader::FactsReadError;
pub use graph_client::{GraphClientError, single_node_client as graph_of};
pub use inventory_fallback::needed_properties;
pub use node::{Node, NodeError};
pub use node_probe::{NodeDiagnosis, probe_node};
pub use shared_state::{SharedStateChange, compose_state_change};
pub use verdict::{ComplianceVerdict, judge_compliance};
