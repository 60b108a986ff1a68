//! The web console of the bus. It is a client of the API like any other: each page reads and acts through
//! [`sics_client::SicsClient`] in the name of whoever is signed in. So it holds pages and no policy, and cannot do what
//! the API cannot; rights, limits and audit are where they are for everybody else. In the bus the client calls the API
//! inside the process; the example `remote` of this crate does it over the network.
//!
//! A page is one file in `src/pages`, one template in `templates/pages` and its texts in `locale/en` and `locale/de`; its
//! row in [`routes`] makes it known.

#![deny(unreachable_pub)]

mod assets;
mod attention_texts;
mod charts;
mod clock_text;
mod console;
mod cookies;
mod failure;
mod form;
mod form_token;
mod link_query;
mod list_state;
mod live;
mod page;
mod pages;
mod qr_code;
mod render;
mod routes;
mod said;
mod session;
mod texts;

pub use attention_texts::{AttentionTexts, AttentionWords};
pub use console::{ApiClients, Console, ConsoleSettings, Visitor};
pub use routes::{PageDescription, build_router, describe_pages};
