//! The token endpoint, the TLS and the proxy of the simulated tenant, over real HTTPS.
//!
//! Assertions are made here from scratch, not with the connector's own code: the two must not share a mistake.

mod abort;
mod assertion;
mod clients;
mod clouds;
mod federated;
mod password;
mod proxy;
mod refused;
mod registered;
mod secret;
mod support;
mod tls;
mod versions;
