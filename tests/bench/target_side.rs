//! An inventory that the bus writes into, a real server of this machine: how a target reaches it, how many records it has, and a
//! bare client that asks it for what was recorded, one request after the other.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio_postgres::NoTls;
use tokio_postgres::types::{ToSql, Type};

use super::ocs_server::OcsServer;
use super::postgres_server::PostgresServer;
use super::recorded_requests::{Asked, Protocol, RecordedRequest};

const PASSWORD: &str = "the password of the target";
/// Of the target, and of the bare client.
const DATABASES: [&str; 2] = ["bus", "bare"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideKind {
    Ocs,
    PostgreSql,
}

impl SideKind {
    pub fn name(self) -> &'static str {
        match self {
            SideKind::Ocs => "OCS",
            SideKind::PostgreSql => "PostgreSQL",
        }
    }

    /// The product that installs a target for it.
    pub fn product(self) -> &'static str {
        match self {
            SideKind::Ocs => "intune-target-ocs",
            SideKind::PostgreSql => "intune-target-postgresql",
        }
    }

    pub fn protocol(self) -> Protocol {
        match self {
            SideKind::Ocs => Protocol::Http,
            SideKind::PostgreSql => Protocol::PostgreSql,
        }
    }

    /// Records of one request at most.
    pub fn page(self) -> u64 {
        match self {
            SideKind::Ocs => 1,
            SideKind::PostgreSql => 200,
        }
    }
}

/// An empty inventory.
pub enum Side {
    Ocs(OcsServer),
    PostgreSql(PostgresServer, &'static str),
}

impl Side {
    /// `None`: this machine has none, and it was told.
    pub fn start(kind: SideKind) -> Option<Side> {
        let left_out = "new devices into this inventory";
        tokio::task::block_in_place(|| match kind {
            SideKind::Ocs => OcsServer::start(left_out).map(Side::Ocs),
            SideKind::PostgreSql => {
                let server = PostgresServer::start(left_out)?;
                server.make_database(DATABASES[0], DATABASES[0], PASSWORD);
                Some(Side::PostgreSql(server, DATABASES[0]))
            }
        })
    }

    /// Another one, as empty as this one was, for the bare client. What this one has is not needed any more.
    pub fn make_bare(self) -> Side {
        match self {
            Side::Ocs(server) => {
                drop(server);
                Side::start(SideKind::Ocs).expect("it was there a moment ago")
            }
            Side::PostgreSql(server, _) => {
                tokio::task::block_in_place(|| server.make_database(DATABASES[1], DATABASES[1], PASSWORD));
                Side::PostgreSql(server, DATABASES[1])
            }
        }
    }

    pub fn address(&self) -> SocketAddr {
        let port = match self {
            Side::Ocs(server) => server.port,
            Side::PostgreSql(server, _) => server.port,
        };
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// What the wizard of a target is answered that reaches it at this address.
    pub fn answers(&self, at: SocketAddr) -> Value {
        match self {
            Side::Ocs(_) => json!({
                "profile": "OCS", "url": format!("http://{at}/ocsinventory"), "rest_url": format!("http://{at}/ocsapi/v1"),
                "allow_private_addresses": true,
            }),
            Side::PostgreSql(_, database) => json!({
                "profile": "PostgreSQL", "host": at.ip().to_string(), "port": at.port(), "database": database,
                "user": database, "password": PASSWORD, "tls": "off", "allow_private_addresses": true,
            }),
        }
    }

    /// Counted by the server's own tools.
    pub fn count_records(&self) -> u64 {
        tokio::task::block_in_place(|| match self {
            Side::Ocs(server) => {
                let told = server.run_sql("SELECT count(*) FROM hardware");
                told.trim().parse().expect("a number")
            }
            Side::PostgreSql(server, database) => {
                let rows = server.query(database, "SELECT count(*) AS count FROM intune.devices");
                rows[0]["count"].as_u64().expect("a number")
            }
        })
    }

    /// Who asks it without the bus.
    pub async fn connect(&self, at: SocketAddr) -> BareClient {
        match self {
            Side::Ocs(_) => {
                let http = reqwest::Client::builder().no_proxy().no_gzip().build();
                BareClient::Http(http.expect("a client"), format!("http://{at}"))
            }
            Side::PostgreSql(_, database) => {
                let mut config = tokio_postgres::Config::new();
                config.host(at.ip().to_string()).port(at.port()).dbname(*database);
                config.user(*database).password(PASSWORD);
                let (client, connection) = config.connect(NoTls).await.expect("the database answers");
                tokio::spawn(connection);
                BareClient::Sql(client)
            }
        }
    }
}

pub enum BareClient {
    /// With the beginning of every address.
    Http(reqwest::Client, String),
    Sql(tokio_postgres::Client),
}

impl BareClient {
    /// One after the other, as fast as it answers; how long that took. `Err`: what was not answered well.
    pub async fn send_all(&self, requests: &[RecordedRequest]) -> (Duration, Result<(), String>) {
        let (began, mut failed) = (Instant::now(), Ok(()));
        for request in requests {
            let sent = self.send(&request.asked).await;
            failed = failed.and(sent);
        }
        (began.elapsed(), failed)
    }

    async fn send(&self, asked: &Asked) -> Result<(), String> {
        match (self, asked) {
            (
                BareClient::Http(http, base),
                Asked::Http {
                    method,
                    target,
                    content_type,
                    body,
                },
            ) => {
                let method = method.parse().map_err(|_| format!("{method} is no method"))?;
                let mut request = http.request(method, format!("{base}{target}")).body(body.clone());
                if let Some(content_type) = content_type {
                    request = request.header(CONTENT_TYPE, content_type);
                }
                let answer = request.send().await.map_err(|error| error.to_string())?;
                let status = answer.status();
                let read = answer.bytes().await.map_err(|error| error.to_string());
                read.and_then(|_| status.is_success().then_some(()).ok_or(format!("{target}: {status}")))
            }
            (BareClient::Sql(client), Asked::Sql { text, parameters }) => {
                let sent = match parameters {
                    None => client.batch_execute(text).await,
                    Some(parameters) => {
                        let typed = parameters
                            .iter()
                            .map(|value| (value as &(dyn ToSql + Sync), Type::TEXT));
                        let typed: Vec<_> = typed.collect();
                        client.query_typed(text, &typed).await.map(drop)
                    }
                };
                sent.map_err(|error| error.as_db_error().map_or(error.to_string(), ToString::to_string))
            }
            _ => Err("it was asked in another protocol".to_owned()),
        }
    }
}
