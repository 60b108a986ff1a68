//! SICS: the hub where management servers and instances meet, as HTTP and JSON. One port (3900), HTTPS or HTTP.
//!
//! In the words of the bus that this one is modelled on: an instance is a virtual router, a server's changes are a
//! target of its own, reading them is consuming, an acknowledgement is the ACK message. Everybody dials out to this
//! port; nobody has to be reachable.
//!
//! The room holds routes and no policy of the flows. The way of a request: [`serve`] takes the connection (bounds, TLS),
//! [`table`] finds the route, [`guard`] asks [`auth`] who it is and decides by the row of the table, the handler takes
//! its bounded input ([`extract`]), asks the store, the feed or the [`engine`], and what went wrong becomes a
//! [`problem`].

mod answers;
mod audit;
pub mod auth;
pub mod backup;
mod changes;
mod compliance;
mod connection;
mod devices;
pub mod engine;
mod extract;
mod gate;
mod guard;
mod health;
mod install;
mod instances;
mod jobs;
mod limit;
mod limits;
mod notices;
mod openapi;
mod operators;
mod origin;
mod places;
mod power;
mod preview;
mod problem;
pub mod products;
mod reach;
mod record;
mod refusals;
mod roles;
mod scans;
mod serve;
mod servers;
mod state;
mod stream;
mod table;
mod texts;
mod tls;
mod trail;
mod unjudged;
mod verify;
mod view;
mod workflows;

pub use answers::AnswerBounds;
pub use compliance::{Decisions, NodeStand};
pub use engine::{
    Answer, Draft, Engine, EngineError, InstanceState, InstanceStatus, PreviewStep, RefusedView, ScanStarted,
    ShownSecrets, StepState, UnreadView, VerifyStep, VerifyTarget,
};
pub use install::Installing;
pub use limits::{Limits, LoginLimits};
pub use operators::{LOCAL_OPERATOR, is_operator_name};
pub use origin::HostNames;
pub use power::{Area, Creation, MemberStand, Order, Power, SupervisorView};
pub use problem::Problem;
pub use products::{
    InstalledView, ProductView, Products, RemovedView, RoleChange, UpdatePlan, UpdateView, VersionView,
};
pub use refusals::RefusalBounds;
pub use serve::{Door, ServeError, serve};
pub use state::{Parts, Sics, SicsError};
pub use table::{Need, Place, RouteFacts, routes};
pub use tls::{Certificate, TlsError};
