//! The stand-in for Snipe-IT as a program, for other people's clients: `tests/clients/snipe_it.sh` starts it. One line of
//! JSON says where it listens; it ends when it is killed.
//!
//!   snipe_it_server 7|8 [REQUESTS SECONDS]
//!
//! With numbers, it takes so many requests in so many seconds.
#![allow(clippy::unwrap_used, reason = "a program of tests that can't go on has failed")]

#[path = "../support/free_port.rs"]
mod free_port;
#[path = "../support/snipe_it/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod snipe_it;

use std::io::Write;
use std::time::Duration;

use serde_json::json;
use snipe_it::{SnipeOptions, SnipeServer, SnipeVersion};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let version = match arguments.first().map(String::as_str) {
        Some("7") => SnipeVersion::V7,
        Some("8") => SnipeVersion::V8,
        _ => panic!("usage: snipe_it_server 7|8 [REQUESTS SECONDS]"),
    };
    let mut options = SnipeOptions::of_version(version);
    if let [_, requests, seconds] = arguments.as_slice() {
        options.per_minute = requests.parse().unwrap();
        options.window = Duration::from_secs(seconds.parse().unwrap());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(options));
}

async fn serve(options: SnipeOptions) {
    let token = options.token.clone();
    let server = SnipeServer::start(options).await;
    let users = server.with_state(|state| {
        let anna = state.tables.add_user("anna", Some("anna@example.com"));
        let ben = state.tables.add_user("ben", Some("ben@example.com"));
        json!({"anna": anna, "ben": ben})
    });
    println!("{}", json!({"url": server.url(), "token": token, "users": users}));
    std::io::stdout().flush().unwrap();
    std::future::pending::<()>().await;
}
