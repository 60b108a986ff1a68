//! The API of the connector, defined once: what each operation takes and answers ([`contract`]), all operations
//! ([`operation`]), and a client that speaks them ([`SicsClient`]). The server, its OpenAPI document, the command line and
//! the tests are made of the same types.
//!
//! A management server is a loop of three calls: read changes, keep them, acknowledge them.
//!
//! ```no_run
//! use sics_client::contract::{AckBody, AnnounceBody, ChangesQuery};
//! use sics_client::{ClientAuth, ClientError, PlainHttp, SicsClient};
//!
//! # async fn run() -> Result<(), ClientError> {
//! let url = "http://127.0.0.1:3900".parse().expect("a URL");
//! let auth = ClientAuth::Token(std::env::var("SICS_TOKEN").expect("a token").into());
//! let client = SicsClient::new(&url, auth, None, PlainHttp::Refused)?;
//! client.announce_server("my-cmdb", &AnnounceBody { display_name: "My CMDB".to_owned(), ..AnnounceBody::default() }).await?;
//! loop {
//!     let query = ChangesQuery { wait_ms: Some(30_000), ..ChangesQuery::default() };
//!     let page = client.read_changes("my-cmdb", &query).await?;
//!     for change in &page.changes {
//!         println!("{:?} {:?}", change.kind, change.device_id); // keep it, in this order
//!     }
//!     client.acknowledge_changes("my-cmdb", &AckBody { cursor: page.cursor }).await?;
//! }
//! # }
//! ```

#![deny(unreachable_pub)]
#![deny(missing_docs)]

mod client;
pub mod contract;
mod operations;

pub use client::{
    ClientAuth, ClientError, ClientErrorKind, EventStream, InProcessApi, PlainHttp, SicsClient, StreamEvent,
    check_secret_transport, error_chain, find_spoken_address,
};
pub use operations::{Operation, SchemaSource, operation};
