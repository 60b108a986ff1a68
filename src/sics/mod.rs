//! SICS: the hub where management servers and instances meet, as HTTP and JSON. One port (3900), HTTPS or HTTP.
//!
//! In the words of the bus that this one is modelled on: an instance is a virtual router, a server's changes are a
//! target of its own, reading them is consuming, an acknowledgement is the ACK message. Everybody connects out to this
//! port; nobody has to be reachable.
//!
//! The room holds routes and no policy of the flows. The way of a request: [`serve_listeners`] takes the connection (bounds, TLS),
//! [`routes`] finds the route, [`authorization`] asks [`auth`] who it is and decides by the row of the table, the handler takes
//! its bounded input ([`extract`]), asks the store, the feed or the [`engine`], and what went wrong becomes a
//! [`problem`].

mod access_review;
mod acts_under_way;
mod api_limits;
mod api_schemas;
mod audit;
mod audit_recording;
pub mod auth;
mod authorization;
pub mod backup;
mod change_rejects;
mod change_stream;
mod changes;
mod compliance;
mod connection_limit;
mod connection_slots;
mod connection_test;
mod denial_trail;
mod denials;
mod device_history;
mod device_schema;
mod devices;
pub mod engine;
mod engine_error;
pub mod evidence;
mod extract;
mod file_stream;
mod health;
mod install;
mod instance_scope;
mod instances;
mod jobs;
mod keyed_permits;
mod lifecycle;
mod lifecycle_control;
mod list_filters;
mod log;
mod notice_settings;
mod notices;
mod openapi;
mod operators;
mod orders;
mod origin;
mod overview;
mod problem;
mod product_catalogue;
pub mod products;
mod readiness_cache;
pub(crate) mod reports;
mod response_budget;
mod roles;
mod routes;
mod saved_views;
mod scan_preview;
mod scans;
mod serve;
mod server_limits;
mod server_visibility;
mod server_webhooks;
mod servers;
mod sessions;
mod state;
mod store_damage;
mod stranger_pace;
mod tagged_schemas;
mod targets;
mod text_checks;
mod tls;
mod unjudged;
mod unjudged_cache;
mod verify;
mod view;
mod workflows;

pub use api_limits::{LoginLimits, ResponseBounds, SicsLimits};
pub use compliance::{DecisionProvider, NodeStatus};
pub use connection_limit::ConnectionHandle;
pub use denials::DenialBounds;
pub use engine::{
    BudgetUse, CredentialEnd, InstanceDetail, InstanceEngine, ShownSecrets, UnusableFile, UnusableFileKind,
    VerifyTarget, unread_view,
};
pub use engine_error::{EngineError, EngineFuture};
pub use install::InstallContext;
pub use lifecycle_control::{LifecycleCommand, LifecycleControl};
pub use operators::{LOCAL_OPERATOR, is_operator_name};
pub use orders::{OrderInstance, OrderProvider, TargetCheck, TenantApps};
pub use origin::HostNames;
pub(crate) use overview::list_all_items;
pub use problem::ApiProblem;
pub use product_catalogue::{ProductCatalogue, UpdatePlan};
pub use roles::built_in_roles;
pub use routes::{AccessRule, AccessScope, InnerRequest, RouteDescription, describe_routes};
pub use serve::{HttpListener, ServeError, serve_listeners};
pub use server_webhooks::post_for_servers;
pub use sessions::set_up::SETUP_FILE;
pub use state::{Sics, SicsError, SicsParts};
pub(crate) use store_damage::describe_damage;
pub use targets::{TargetInstance, TargetProvider};
pub use tls::{TlsCertificate, TlsError};
