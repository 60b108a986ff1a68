//! The API over real HTTP and HTTPS, with a real store in a temporary folder. Instances are played by a stub.

mod audit;
mod auth;
pub mod bus;
mod changes;
mod devices;
mod health;
mod install;
mod instances;
mod jobs;
mod operators;
mod ports;
mod requests;
mod roles;
mod routes;
mod scopes;
mod servers;
mod stream;
