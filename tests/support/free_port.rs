//! Ports for servers that can't be handed a socket, and for those that go away and come back at the same address.
//!
//! The ports that the system hands out by itself (port 0, and each connection to somebody) are no good for that: between the
//! look and the start, and while the server is away, somebody else is given the same one. `chromedriver --port=0` is of that
//! kind, too: it takes such a port of IPv6, and then wants the same of IPv4.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// Below the ports that the system hands out by itself, free at IPv4 and IPv6, and another one for each who asks: processes
/// begin at different places.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 1_000).unwrap() * (COUNT / 1_000);
    let tries = std::iter::repeat_with(|| FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT);
    tries
        .take(usize::from(COUNT))
        .find(|port| is_free(*port))
        .expect("a free port")
}

fn is_free(port: u16) -> bool {
    // A machine may have no IPv6.
    let has_other_family = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    let is_free_there = !has_other_family || TcpListener::bind((Ipv6Addr::LOCALHOST, port)).is_ok();
    is_free_there && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
