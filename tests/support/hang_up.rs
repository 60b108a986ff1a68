//! A caller that hangs up before its answer comes.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::wait::within;

pub struct Call(TcpStream);

impl Call {
    /// Sends a request and does not wait for its answer.
    pub async fn send(address: SocketAddr, method: &str, path: &str, token: &str, body: &Value) -> Call {
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        Call(stream)
    }

    /// Hangs up; when this is over the other side knows, and has let go of the request.
    pub async fn hang_up(self) {
        let Call(mut stream) = self;
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        // A reset is as good an end.
        let _ = within("the other side closes", stream.read_to_end(&mut heard)).await;
        assert!(heard.is_empty(), "answered: {}", String::from_utf8_lossy(&heard));
    }
}
