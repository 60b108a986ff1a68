//! A server that says, byte for byte, what a test tells it to: for what the simulated tenant would be too well behaved
//! to do, and to see the very bytes that were sent. One request a connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use intune_connector::config::{InstanceDraft, InstanceSettings};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Method, target and version.
    pub line: String,
    /// Request line and headers.
    pub head: String,
    pub body: String,
}

impl Heard {
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Say {
    /// These bytes, then a proper end.
    This(Vec<u8>),
    /// These bytes, then a reset.
    ThenReset(Vec<u8>),
    /// These bytes, and nothing more until the other side has gone.
    ThenSilence(Vec<u8>),
}

type Script = dyn Fn(usize, &Heard) -> Say + Send + Sync;

pub struct Scripted {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    /// `script` gets the number of the request, from 0, and the request.
    pub async fn start(script: impl Fn(usize, &Heard) -> Say + Send + Sync + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let (kept, script): (_, Arc<Script>) = (Arc::clone(&heard), Arc::new(script));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), Arc::clone(&script)));
            }
        });
        Scripted { address, heard, task }
    }

    /// Tokens for whoever asks (`token-1`, `token-2`, …); for everything else the answers in their order, the last
    /// one for ever. `{base}` in an answer is this server's address.
    pub async fn graph(answers: Vec<Say>) -> Scripted {
        let count = Mutex::new((0, 0));
        Scripted::start(move |_, heard| {
            let mut count = count.lock().unwrap();
            if heard.target().ends_with("/oauth2/v2.0/token") {
                count.0 += 1;
                return token(&format!("token-{}", count.0), 3599);
            }
            count.1 += 1;
            with_base(answers[(count.1 - 1).min(answers.len() - 1)].clone(), heard)
        })
        .await
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// All but the sign-ins.
    pub fn asked(&self) -> Vec<Heard> {
        self.heard()
            .into_iter()
            .filter(|heard| !heard.target().ends_with("/token"))
            .collect()
    }

    pub fn settings(&self, pairs: &[(&str, &str)]) -> InstanceSettings {
        settings(&self.base(), pairs)
    }
}

/// Settings of an instance whose login and Graph are at `base`.
pub fn settings(base: &str, pairs: &[(&str, &str)]) -> InstanceSettings {
    let mut all = vec![
        ("tenant_id", "7e0a0000-0000-4000-8000-000000000001"),
        ("client_id", "c11e0000-0000-4000-8000-000000000001"),
        ("secret", super::canary::SECRET),
        ("login_url", base),
        ("graph_url", base),
        ("servers", "*"),
    ];
    all.retain(|(key, _)| !pairs.iter().any(|(other, _)| other == key));
    all.extend_from_slice(pairs);
    let object = all
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
        .collect();
    InstanceDraft::from_json(&Value::Object(object))
        .unwrap()
        .build_settings()
        .unwrap()
}

pub fn token(token: &str, expires_in: u64) -> Say {
    json(
        200,
        &serde_json::json!({"token_type": "Bearer", "expires_in": expires_in, "access_token": token}),
    )
}

pub fn json(status: u16, body: &Value) -> Say {
    answer(
        status,
        &[("Content-Type", "application/json")],
        body.to_string().as_bytes(),
    )
}

/// An answer with its length; header names may repeat.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Say {
    let mut bytes = format!(
        "HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    Say::This(bytes)
}

fn with_base(say: Say, heard: &Heard) -> Say {
    let base = format!("http://{}", heard.header("host").unwrap_or_default());
    let Say::This(bytes) = say else { return say };
    let Ok(text) = String::from_utf8(bytes.clone()) else {
        return Say::This(bytes);
    };
    let Some((head, body)) = text.split_once("\r\n\r\n").filter(|_| text.contains("{base}")) else {
        return Say::This(bytes);
    };
    let body = body.replace("{base}", &base);
    let length = format!("Content-Length: {}", body.len());
    let headers: Vec<&str> = head
        .split("\r\n")
        .map(|line| {
            if line.starts_with("Content-Length") {
                length.as_str()
            } else {
                line
            }
        })
        .collect();
    Say::This(format!("{}\r\n\r\n{body}", headers.join("\r\n")).into_bytes())
}

async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Vec<Heard>>>, script: Arc<Script>) {
    let Some(heard) = hear(&mut stream).await else { return };
    let say = {
        let mut kept = kept.lock().unwrap();
        kept.push(heard.clone());
        script(kept.len() - 1, &heard)
    };
    match say {
        Say::This(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Say::ThenReset(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.set_zero_linger();
        }
        Say::ThenSilence(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.read(&mut [0; 64]).await;
        }
    }
}

async fn hear(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let line = head.lines().next().unwrap_or_default().to_owned();
    let mut heard = Heard {
        line,
        head,
        body: String::new(),
    };
    let length: usize = heard
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => body.extend_from_slice(&chunk[..n]),
        }
    }
    heard.body = String::from_utf8_lossy(&body).into_owned();
    Some(heard)
}
