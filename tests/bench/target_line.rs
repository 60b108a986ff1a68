//! A line between the bus and an inventory. It carries everything as it is and keeps what was asked, so that somebody else
//! can ask for exactly the same.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::recorded_requests::{Protocol, RecordedRequest, RequestReader};

/// Read at once.
const PIECE: usize = 64 << 10;

pub struct TargetLine {
    /// Where the program connects to.
    pub address: SocketAddr,
    log: Arc<Mutex<LineLog>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct LineLog {
    requests: Vec<RecordedRequest>,
    /// When something came back last.
    answered_at: Option<Instant>,
}

impl Drop for TargetLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TargetLine {
    pub async fn open(server: SocketAddr, protocol: Protocol) -> TargetLine {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let log = Arc::<Mutex<LineLog>>::default();
        let kept = log.clone();
        let task = tokio::spawn(async move {
            // With the listener its connections go.
            let mut connections = JoinSet::new();
            while let Ok((program, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(carry_connection(program, server, protocol, kept.clone()));
            }
        });
        TargetLine { address, log, task }
    }

    fn lock_log(&self) -> MutexGuard<'_, LineLog> {
        lock(&self.log)
    }

    /// Requests so far.
    pub fn count(&self) -> usize {
        self.lock_log().requests.len()
    }

    /// All requests so far, in the order in which they were asked.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock_log().requests.clone()
    }

    pub fn last_answer(&self) -> Option<Instant> {
        self.lock_log().answered_at
    }
}

fn lock(log: &Mutex<LineLog>) -> MutexGuard<'_, LineLog> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn carry_connection(program: TcpStream, server: SocketAddr, protocol: Protocol, log: Arc<Mutex<LineLog>>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for end in [&program, &server] {
        let _ = end.set_nodelay(true);
    }
    let (mut from_program, mut to_program) = program.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = async {
        let (mut reader, mut piece) = (RequestReader::new(protocol), vec![0; PIECE]);
        while let Ok(length @ 1..) = from_program.read(&mut piece).await {
            if to_server.write_all(&piece[..length]).await.is_err() {
                break;
            }
            let requests = reader.read_bytes(&piece[..length]);
            lock(&log).requests.extend(requests);
        }
        let _ = to_server.shutdown().await;
    };
    let answering = async {
        let mut piece = vec![0; PIECE];
        while let Ok(length @ 1..) = from_server.read(&mut piece).await {
            if to_program.write_all(&piece[..length]).await.is_err() {
                break;
            }
            lock(&log).answered_at = Some(Instant::now());
        }
        let _ = to_program.shutdown().await;
    };
    tokio::join!(asking, answering);
}
