//! A name that changes its address between two answers of its DNS server, over real UDP and TCP: what was judged is what is
//! connected to, for each connection anew.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use url::Url;

use super::*;
use crate::config::NetworkSettings;
use crate::model::parse_time;
use crate::net::AddressRule;
use crate::webhooks::WebhookKey;

const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// Bytes before the question of a DNS message (RFC 1035, 4.1.1).
const HEADER: usize = 12;
/// Longer than any test waits.
const PATIENT: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(600),
    request: Duration::from_secs(600),
};

/// Behind the name and the two words of the only question of a message.
fn question_end(message: &[u8]) -> usize {
    let mut place = HEADER;
    while message[place] != 0 {
        place += 1 + usize::from(message[place]);
    }
    place + 5
}

/// Answers each question for IPv4 addresses with what the test says, and no cache may keep it.
struct NameServer {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl NameServer {
    /// `answer` gets the number of the question, from 0.
    async fn start(answer: impl Fn(usize) -> Vec<Ipv4Addr> + Send + 'static) -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::<AtomicUsize>::default());
        let (counted, mut task) = (Arc::clone(&asked), JoinSet::new());
        task.spawn(async move {
            let mut question = [0_u8; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question).await {
                let found = answer(counted.fetch_add(1, Ordering::SeqCst));
                let end = question_end(&question[..length]);
                let mut message = question[..end].to_vec();
                // A response without an error, with as many answers.
                message[2..4].copy_from_slice(&[0x81, 0x80]);
                message[6..8].copy_from_slice(&u16::try_from(found.len()).unwrap().to_be_bytes());
                for address in found {
                    // The name of the question, A, IN, no time to live, four bytes.
                    message.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
                    message.extend(address.octets());
                }
                socket.send_to(&message, from).await.unwrap();
            }
        });
        NameServer {
            address,
            asked,
            _task: task,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// As [`CheckedResolver::for_url`] makes it, but for who is asked.
    fn resolver(&self, target: &WebhookTarget) -> CheckedResolver {
        let server = self.address;
        CheckedResolver {
            rule: AddressRule::for_url(&target.url, target.allow_private),
            proxy_host: None,
            look_up: Arc::new(move |host: String| ask_server(server, host).boxed()),
        }
    }
}

async fn ask_server(server: SocketAddr, host: String) -> io::Result<Vec<SocketAddr>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let mut question = vec![0_u8, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in host.split('.') {
        question.push(u8::try_from(label.len()).unwrap());
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    socket.send_to(&question, server).await?;
    let mut message = [0_u8; 512];
    let (length, _) = socket.recv_from(&mut message).await?;
    let answers = message[question_end(&message[..length])..length].chunks_exact(16);
    let address = |record: &[u8]| Ipv4Addr::new(record[12], record[13], record[14], record[15]);
    Ok(answers.map(|record| SocketAddr::from((address(record), 0))).collect())
}

/// Answers each request with 200 and ends the connection, so that the next message needs one of its own.
struct Receiver {
    port: u16,
    connections: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Receiver {
    async fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        let (counted, mut task) = (Arc::clone(&connections), JoinSet::new());
        task.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::<u8>::new();
                // The body is two bytes behind an empty line.
                while !request.ends_with(b"\r\n\r\n{}") {
                    if stream.read_buf(&mut request).await.unwrap() == 0 {
                        break;
                    }
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            }
        });
        Receiver {
            port,
            connections,
            _task: task,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn target(&self) -> WebhookTarget {
        WebhookTarget {
            url: Url::parse(&format!("http://rebinding.example:{}/hook", self.port)).unwrap(),
            keys: vec![WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()],
            allow_private: true,
            network: NetworkSettings::default(),
        }
    }
}

async fn send(client: &SenderClient, id: &str) -> Result<StatusCode, SendError> {
    let now = parse_time("2026-11-21T12:00:00Z").unwrap();
    client.send(id, "{}", now).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_name_that_changes_its_address_reaches_nothing_that_was_not_judged() {
    let receiver = Receiver::start().await;
    let names = NameServer::start(|number| match number {
        0 => vec![Ipv4Addr::LOCALHOST],
        _ => vec![METADATA],
    })
    .await;
    let target = receiver.target();
    let client = SenderClient::build_with(&target, PATIENT, names.resolver(&target)).unwrap();
    assert_eq!(send(&client, "msg_1").await.unwrap(), StatusCode::OK);
    assert_eq!(
        (names.asked(), receiver.connections()),
        (1, 1),
        "between the judgement and the connection nobody asks again"
    );
    let refused = send(&client, "msg_2").await.unwrap_err();
    assert!(
        matches!(&refused, SendError::Address(AddressRefused::Forbidden { .. })),
        "{refused}"
    );
    assert_eq!((names.asked(), receiver.connections()), (2, 1));
}

#[tokio::test]
async fn of_the_addresses_of_one_answer_only_those_are_connected_to_that_are_allowed() {
    let receiver = Receiver::start().await;
    let names = NameServer::start(|_| vec![METADATA, Ipv4Addr::new(1, 1, 1, 1), Ipv4Addr::LOCALHOST]).await;
    let target = receiver.target();
    let client = SenderClient::build_with(&target, PATIENT, names.resolver(&target)).unwrap();
    // Connecting to one of the first two would take a while, or succeed, and would not get here.
    assert_eq!(send(&client, "msg_1").await.unwrap(), StatusCode::OK);
    assert_eq!((names.asked(), receiver.connections()), (1, 1));
}
