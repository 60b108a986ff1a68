//! The API over real HTTP and HTTPS, with a real store in a temporary folder. Instances are played by a stub.

mod access_review;
mod audit;
mod auth;
pub mod bus;
mod chains;
mod changes;
mod contract;
mod devices;
mod evidence;
mod health;
mod hung_up;
mod install;
mod instances;
pub mod jobs;
mod log;
mod operators;
pub mod ports;
mod reports;
mod reports_by_schedule;
mod reports_of_tenant;
mod requests;
mod roles;
mod routes;
mod saved_views;
pub mod scopes;
mod servers;
mod stream;
