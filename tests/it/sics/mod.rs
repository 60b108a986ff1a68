//! The API over real HTTP and HTTPS, with a real store in a temporary folder. Instances are played by a stub.

mod audit;
mod auth;
pub mod bus;
mod chains;
mod changes;
mod contract;
mod devices;
mod health;
mod hung_up;
mod install;
mod instances;
pub mod jobs;
mod operators;
mod overview;
pub mod ports;
mod requests;
mod roles;
mod routes;
pub mod scopes;
mod servers;
mod stream;
