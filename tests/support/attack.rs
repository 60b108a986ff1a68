//! Those who do not sign in, and what they do to a bus: connections from many addresses of this machine, HTTP/2 written
//! by hand, handshakes and heads that never end. Used by tests and by the bench; each is bounded in count and time.
#![allow(dead_code, reason = "tests and the bench each use a part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode, SslVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// Longest that one step of an attacker takes.
const PATIENCE: Duration = Duration::from_secs(5);
/// Whoever is not read any more has done what he could.
const ENOUGH: Duration = Duration::from_millis(500);

/// Trusts everybody. One for all: it is the work of making one that an attacker saves.
static CLIENT: LazyLock<SslContext> = LazyLock::new(|| {
    let mut client = SslContext::builder(SslMethod::tls()).unwrap();
    client.set_verify(SslVerifyMode::NONE);
    client.build()
});

pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}
pub type Line = Box<dyn Wire>;

/// Where the bus listens, and how it speaks.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub address: SocketAddr,
    pub tls: bool,
    /// As many addresses of 127.0.0.0/8 the attackers come from; one: everybody's.
    pub sources: u8,
}

impl Target {
    pub fn of(url: &str, sources: u8) -> Target {
        let (scheme, address) = url.split_once("://").unwrap();
        Target {
            address: address.trim_end_matches('/').parse().unwrap(),
            tls: scheme == "https",
            sources,
        }
    }

    /// A connection of the `n`th attacker, without TLS; `None`: the bus does not take it.
    pub async fn plain(&self, n: usize) -> Option<TcpStream> {
        let from = match self.sources {
            0 | 1 => Ipv4Addr::LOCALHOST,
            sources => Ipv4Addr::new(127, 0, 77, (n % usize::from(sources)) as u8 + 1),
        };
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let connecting = tokio::time::timeout(PATIENCE, socket.connect(self.address));
        connecting.await.ok()?.ok()
    }

    /// The same, with TLS where the bus has it, for HTTP/2 or HTTP/1.1.
    pub async fn dial(&self, n: usize, http2: bool) -> Option<Line> {
        let tcp = self.plain(n).await?;
        if !self.tls {
            return Some(Box::new(tcp));
        }
        let protocol: &[u8] = if http2 { b"\x02h2" } else { b"\x08http/1.1" };
        let mut ssl = Ssl::new(&CLIENT).unwrap();
        ssl.set_alpn_protos(protocol).unwrap();
        ssl.set_hostname("localhost").unwrap();
        if n % 4 == 3 {
            ssl.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        }
        let mut stream = tokio_openssl::SslStream::new(ssl, tcp).unwrap();
        let shaking = std::pin::Pin::new(&mut stream).connect();
        tokio::time::timeout(PATIENCE, shaking).await.ok()?.ok()?;
        Some(Box::new(stream))
    }
}

/// A flood against memory: what each of its connections does before it just stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// Nothing at all.
    Idle,
    /// The head of a request, as long as it may be, without its end.
    SlowHead,
    /// The start of a handshake that promises more than it sends.
    Handshake,
    /// HTTP/1.1: many requests one behind the other, and no answer is read.
    Pipeline,
    /// HTTP/2: a window of nothing, many requests, pings are answered.
    ZeroWindow,
    /// HTTP/2: the same with a window that lets a little through.
    SmallWindow,
    /// HTTP/2: heads as long as they may be, with sign-ins of invented names.
    LongHeads,
    /// HTTP/2: a head that goes on and on.
    Continuation,
    /// HTTP/2: requests that are taken back at once.
    Resets,
    /// HTTP/2: pings and settings without end, and no answer is read.
    Pings,
    /// HTTP/2: bodies for requests that nobody signed in for.
    Bodies,
}

pub const FLOODS: [Flood; 11] = [
    Flood::Idle,
    Flood::SlowHead,
    Flood::Handshake,
    Flood::Pipeline,
    Flood::ZeroWindow,
    Flood::SmallWindow,
    Flood::LongHeads,
    Flood::Continuation,
    Flood::Resets,
    Flood::Pings,
    Flood::Bodies,
];

impl Flood {
    /// Opens `count` connections, some at a time, and keeps them as long as what is answered is kept. Where the bus
    /// closes one, that is its good right.
    pub async fn begin(self, target: Target, count: usize) -> JoinSet<()> {
        let mut held = JoinSet::new();
        let turns = std::sync::Arc::new(tokio::sync::Semaphore::new(48));
        let done = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
        for n in 0..count {
            let (turns, done) = (turns.clone(), done.clone());
            held.spawn(async move {
                let turn = turns.acquire_owned().await;
                let line = tokio::time::timeout(2 * PATIENCE, self.connection(target, n)).await;
                drop(turn);
                done.add_permits(1);
                if let Ok(Some(line)) = line {
                    self.stay(line).await;
                }
            });
        }
        let all = done.acquire_many(count as u32).await;
        drop(all);
        held
    }

    async fn connection(self, target: Target, n: usize) -> Option<Line> {
        if self == Flood::Handshake {
            let mut tcp = target.plain(n).await?;
            // A record with a ClientHello of 131,068 bytes, of which a few come.
            tcp.write_all(b"\x16\x03\x01\x40\x00\x01\x01\xff\xfc\x03\x03")
                .await
                .ok()?;
            tcp.write_all(&[0; 8_000]).await.ok()?;
            return Some(Box::new(tcp));
        }
        let http2 = !matches!(self, Flood::Idle | Flood::SlowHead | Flood::Pipeline);
        let mut line = target.dial(n, http2).await?;
        let bytes = self.bytes();
        let _ = tokio::time::timeout(ENOUGH, line.write_all(&bytes)).await;
        let _ = tokio::time::timeout(ENOUGH, line.flush()).await;
        Some(line)
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Flood::Idle | Flood::Handshake => Vec::new(),
            Flood::SlowHead => {
                let lines: String = (0..60).map(|n| format!("x-{n}: {}\r\n", "y".repeat(1_000))).collect();
                format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{lines}").into_bytes()
            }
            Flood::Pipeline => "GET /sics/v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n"
                .repeat(200)
                .into_bytes(),
            Flood::ZeroWindow => [preface(0), requests(64, OPENAPI, &[])].concat(),
            Flood::SmallWindow => [preface(3_000), requests(64, OPENAPI, &[])].concat(),
            Flood::LongHeads => {
                let long = "z".repeat(3_900);
                let fields = [
                    ("authorization", "Basic bm9ib2R5Ondyb25nIHBhc3N3b3Jk"),
                    ("x-a", &long),
                    ("x-b", &long),
                ];
                [preface(65_535), requests(64, "/sics/v1", &fields)].concat()
            }
            Flood::Continuation => {
                let mut bytes = preface(65_535);
                bytes.extend(frame(HEADERS, 0, 1, &head("/healthz", &[])));
                let more = field("x-more", &"m".repeat(8_000)).repeat(2);
                (0..100).for_each(|_| bytes.extend(frame(CONTINUATION, 0, 1, &more)));
                bytes
            }
            Flood::Resets => {
                let mut bytes = preface(65_535);
                for n in 0..2_000 {
                    bytes.extend(request(2 * n + 1, OPENAPI, &[]));
                    bytes.extend(frame(RST_STREAM, 0, 2 * n + 1, &8_u32.to_be_bytes()));
                }
                bytes
            }
            Flood::Pings => {
                let mut bytes = preface(65_535);
                for n in 0..5_000_u64 {
                    bytes.extend(frame(PING, 0, 0, &n.to_be_bytes()));
                    bytes.extend(frame(SETTINGS, 0, 0, &[]));
                }
                bytes
            }
            Flood::Bodies => {
                let mut bytes = preface(65_535);
                for n in 0..32 {
                    bytes.extend(frame(HEADERS, END_HEADERS, 2 * n + 1, &posting("/sics/v1/jobs")));
                    bytes.extend(frame(DATA, 0, 2 * n + 1, &[b'b'; 2_000]));
                }
                bytes
            }
        }
    }

    /// Keeps a connection; pings are answered by those who mean to stay.
    async fn stay(self, mut line: Line) {
        let reads = matches!(
            self,
            Flood::ZeroWindow | Flood::SmallWindow | Flood::LongHeads | Flood::Bodies
        );
        if !reads {
            std::future::pending::<()>().await;
        }
        let (mut seen, mut buffer) = (Vec::new(), [0; 4_096]);
        while let Ok(count @ 1..) = line.read(&mut buffer).await {
            seen.extend_from_slice(&buffer[..count]);
            while let Some((kind, flags, payload)) = next_frame(&mut seen) {
                if kind == PING && flags & ACK == 0 && line.write_all(&frame(PING, ACK, 0, &payload)).await.is_err() {
                    return;
                }
            }
        }
    }
}

const OPENAPI: &str = "/sics/v1/openapi.json";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// How HTTP/2 begins, with the window that each answer has.
fn preface(window: u32) -> Vec<u8> {
    let mut settings = 4_u16.to_be_bytes().to_vec();
    settings.extend(window.to_be_bytes());
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &settings),
    ]
    .concat()
}

fn requests(count: u32, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    (0..count).flat_map(|n| request(2 * n + 1, path, fields)).collect()
}

fn request(stream: u32, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(path, fields))
}

/// Method GET, and everything else spelt out.
fn head(path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x82, 0x86];
    block.extend(text(0x01, "localhost"));
    block.extend(text(0x04, path));
    fields.iter().for_each(|(name, value)| block.extend(field(name, value)));
    block
}

fn posting(path: &str) -> Vec<u8> {
    let mut block = head(path, &[("content-type", "application/json")]);
    block[0] = 0x83;
    block
}

/// A name of the static table, and a value.
fn text(name: u8, value: &str) -> Vec<u8> {
    [vec![name], length(value.len()), value.as_bytes().to_vec()].concat()
}

fn field(name: &str, value: &str) -> Vec<u8> {
    [
        vec![0x00],
        length(name.len()),
        name.as_bytes().to_vec(),
        length(value.len()),
        value.as_bytes().to_vec(),
    ]
    .concat()
}

/// A whole number with a prefix of seven bits.
fn length(mut value: usize) -> Vec<u8> {
    if value < 127 {
        return vec![value as u8];
    }
    let mut bytes = vec![127];
    value -= 127;
    while value >= 128 {
        bytes.push((value % 128 + 128) as u8);
        value /= 128;
    }
    bytes.push(value as u8);
    bytes
}

fn next_frame(seen: &mut Vec<u8>) -> Option<(u8, u8, Vec<u8>)> {
    let length = usize::from(*seen.first()?) << 16 | usize::from(*seen.get(1)?) << 8 | usize::from(*seen.get(2)?);
    if seen.len() < 9 + length {
        return None;
    }
    let whole: Vec<u8> = seen.drain(..9 + length).collect();
    Some((whole[3], whole[4], whole[9..].to_vec()))
}

/// Wrong sign-ins, so many a second, until it is stopped. Each has a connection of its own, and nobody waits for it.
pub async fn guess(url: String, name: impl Fn(usize) -> String, per_second: u32) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut under_way = JoinSet::new();
    let mut n = 0;
    loop {
        ticks.tick().await;
        n += 1;
        let request = reqwest::Client::builder()
            .no_proxy()
            .danger_accept_invalid_certs(true)
            .build()
            .unwrap()
            .get(format!("{url}/sics/v1"))
            .timeout(2 * PATIENCE)
            .basic_auth(name(n), Some("wrong password"));
        under_way.spawn(async move { _ = request.send().await });
        while under_way.try_join_next().is_some() {}
    }
}

/// Resident memory of a process, kiB.
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}
