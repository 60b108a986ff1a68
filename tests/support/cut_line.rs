//! A line between a program and a server that breaks when a test wants it to: it is cut and mended, and answers get lost
//! on it after what was asked has arrived. It knows no protocol; what it counts are turns: something asked after something
//! was answered, which is a request of HTTP, and a round trip of a database.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::free_port::free_port;

/// Read at once.
const CHUNK: usize = 64 << 10;

pub struct CutLine {
    /// Where the program connects to.
    pub address: SocketAddr,
    wire: Arc<Wire>,
    task: Option<JoinHandle<()>>,
}

struct Wire {
    server: SocketAddr,
    turns: AtomicU64,
    lost: AtomicU64,
    loss: Mutex<Option<AnswerLoss>>,
    /// Since an answer was lost that was to be the last.
    is_cut: AtomicBool,
}

/// Which answers get lost.
#[derive(Debug, Clone, Copy)]
struct AnswerLoss {
    /// To what has this near its beginning.
    asked: &'static [u8],
    left: u64,
    /// So many pass before.
    passing: u64,
    /// With it the whole line is cut.
    cuts: bool,
}

impl CutLine {
    pub async fn to_server(server: SocketAddr) -> CutLine {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.unwrap();
        let wire = Wire {
            server,
            turns: AtomicU64::default(),
            lost: AtomicU64::default(),
            loss: Mutex::default(),
            is_cut: AtomicBool::default(),
        };
        let mut line = CutLine {
            address: listener.local_addr().unwrap(),
            wire: Arc::new(wire),
            task: None,
        };
        line.carry(listener);
        line
    }

    fn carry(&mut self, listener: TcpListener) {
        let wire = Arc::clone(&self.wire);
        self.task = Some(tokio::spawn(async move {
            // With the listener its connections go.
            let mut connections = JoinSet::new();
            while let Ok((program, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                connections.spawn(join_ends(program, Arc::clone(&wire)));
            }
        }));
    }

    /// Ends all connections; nobody listens any more.
    pub async fn cut(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            let _ = task.await;
        }
    }

    /// Listens again at the same address.
    pub async fn mend(&mut self) {
        self.wire.is_cut.store(false, Ordering::SeqCst);
        if self.task.is_none() {
            let listener = TcpListener::bind(self.address).await.unwrap();
            self.carry(listener);
        }
    }

    /// Loses the next answers to what has this near its beginning; the connection of each ends.
    pub fn lose_answers(&self, asked: &'static [u8], count: u64) {
        self.lose_later_answers(asked, 0, count);
    }

    /// The same after so many that pass.
    pub fn lose_later_answers(&self, asked: &'static [u8], passing: u64, count: u64) {
        let loss = AnswerLoss {
            asked,
            left: count,
            passing,
            cuts: false,
        };
        *self.wire.loss.lock().unwrap() = Some(loss);
    }

    /// Loses the next answer to what has this near its beginning, and nobody gets through any more until it is mended.
    pub fn cut_at_answer(&self, asked: &'static [u8]) {
        let loss = AnswerLoss {
            asked,
            left: 1,
            passing: 0,
            cuts: true,
        };
        *self.wire.loss.lock().unwrap() = Some(loss);
    }

    pub fn keep_answers(&self) {
        *self.wire.loss.lock().unwrap() = None;
    }

    /// Answers that were lost so far.
    pub fn lost(&self) -> u64 {
        self.wire.lost.load(Ordering::SeqCst)
    }

    /// What was asked so far, on all connections.
    pub fn turns(&self) -> u64 {
        self.wire.turns.load(Ordering::SeqCst)
    }
}

impl Drop for CutLine {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Wire {
    /// Something is asked; true: its answer is to be lost.
    fn begin_turn(&self, asked: &[u8]) -> bool {
        self.turns.fetch_add(1, Ordering::SeqCst);
        let mut loss = self.loss.lock().unwrap();
        let is_meant = |mark: &[u8]| asked.windows(mark.len()).any(|part| part == mark);
        let Some(armed) = loss.as_mut().filter(|armed| is_meant(armed.asked)) else {
            return false;
        };
        if armed.passing > 0 {
            armed.passing -= 1;
            return false;
        }
        if armed.left == 0 {
            return false;
        }
        armed.left -= 1;
        self.is_cut.fetch_or(armed.cuts, Ordering::SeqCst);
        true
    }
}

async fn join_ends(program: TcpStream, wire: Arc<Wire>) {
    if wire.is_cut.load(Ordering::SeqCst) {
        return;
    }
    let Ok(server) = TcpStream::connect(wire.server).await else {
        return;
    };
    for end in [&program, &server] {
        let _ = end.set_nodelay(true);
    }
    let (mut from_program, mut to_program) = program.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (mut asked, mut answered) = (vec![0; CHUNK], vec![0; CHUNK]);
    let (mut is_answered, mut is_lost) = (true, false);
    loop {
        tokio::select! {
            read = from_program.read(&mut asked) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else {
                    return;
                };
                if is_answered {
                    // Others that were open before.
                    if wire.is_cut.load(Ordering::SeqCst) {
                        return;
                    }
                    is_answered = false;
                    is_lost = wire.begin_turn(&asked[..length]);
                }
                if to_server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut answered) => {
                let Some(length) = read.ok().filter(|length| *length > 0) else {
                    return;
                };
                is_answered = true;
                if is_lost {
                    wire.lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if to_program.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
