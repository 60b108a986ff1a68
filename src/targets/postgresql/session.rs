//! One connection to the database: made the checked way, used by one call at a time, given up when it has rested.
//!
//! The address is looked up here and the connection is made to what was judged, so a name that leads somewhere else a moment
//! later changes nothing. A proxy is gone through by CONNECT. The server is told to end a statement that takes too long, and
//! to have a commit on its disk before it answers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use postgres_openssl::TlsConnector;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};
use url::Url;

use super::columns::{ColumnKind, TableColumn};
use super::fault::{CallMoment, DatabaseFailure, failure_of_silence, read_failure};
use super::schema_sql::{VERSION_TABLE, quote_name};
use crate::config::{DatabaseTls, NetworkSettings, PostgreSqlSettings, pem};
use crate::net::{AddressRefused, AddressRule, dial};
use crate::targets::TargetFault;
use crate::targets::target_client::{fault_of_address, misconfigured};

/// Name resolution, TCP, proxy, TLS and sign-in together.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// The server ends a statement after that.
const STATEMENT_LIMIT: Duration = Duration::from_secs(45);
/// Longer than the server may take.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// A connection that was not used for so long may be one that a firewall has forgotten.
const REST_MAX: Duration = Duration::from_secs(60);

const CHECK_MACHINE: &str = "check the TLS library of this machine";

/// Where the database is and how it is reached.
#[derive(Debug, Clone)]
pub(super) struct DatabaseAddress {
    pub own: PostgreSqlSettings,
    pub network: NetworkSettings,
    pub client_identity: Option<(SecretString, SecretString)>,
    pub allow_private: bool,
}

impl DatabaseAddress {
    /// The schema as SQL writes it.
    pub(super) fn quoted_schema(&self) -> String {
        quote_name(&self.own.schema)
    }

    pub(super) fn host_and_port(&self) -> String {
        format!("{}:{}", self.own.host, self.own.port)
    }
}

pub(super) struct DatabaseSession {
    client: Client,
    password: SecretString,
    used_at: Instant,
    /// Of the tables; 0: there are none.
    pub version: i32,
    pub columns: Vec<TableColumn>,
}

impl DatabaseSession {
    /// Connects, and looks at the tables.
    pub(super) async fn open(address: &DatabaseAddress) -> Result<DatabaseSession, DatabaseFailure> {
        let mut session = DatabaseSession::connect(address).await?;
        session.read_tables(&address.own.schema).await?;
        Ok(session)
    }

    /// Without looking at the tables.
    pub(super) async fn connect(address: &DatabaseAddress) -> Result<DatabaseSession, DatabaseFailure> {
        let connecting = connect_client(address);
        let client = match tokio::time::timeout(CONNECT_LIMIT, connecting).await {
            Ok(connected) => connected?,
            Err(_) => return Err(failure_of_silence(CallMoment::Connect, CONNECT_LIMIT)),
        };
        let session = DatabaseSession {
            client,
            password: address.own.password.clone(),
            used_at: Instant::now(),
            version: 0,
            columns: Vec::new(),
        };
        session.run_batch(&opening_sql(), CallMoment::Read).await?;
        Ok(session)
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed() && self.used_at.elapsed() < REST_MAX
    }

    /// One statement, one round trip. Its result is there when the transaction is.
    pub(super) async fn query_rows(
        &mut self,
        sql: &str,
        parameters: &[(&(dyn ToSql + Sync), Type)],
        moment: CallMoment,
    ) -> Result<Vec<Row>, DatabaseFailure> {
        let rows = tokio::time::timeout(CALL_LIMIT, self.client.query_typed(sql, parameters)).await;
        self.used_at = Instant::now();
        match rows {
            Ok(rows) => rows.map_err(|error| read_failure(&error, moment, &self.password)),
            Err(_) => Err(failure_of_silence(moment, CALL_LIMIT)),
        }
    }

    /// Several statements without parameters.
    pub(super) async fn run_batch(&self, sql: &str, moment: CallMoment) -> Result<(), DatabaseFailure> {
        match tokio::time::timeout(CALL_LIMIT, self.client.batch_execute(sql)).await {
            Ok(done) => done.map_err(|error| read_failure(&error, moment, &self.password)),
            Err(_) => Err(failure_of_silence(moment, CALL_LIMIT)),
        }
    }

    pub(super) async fn has_schema(&mut self, schema: &str) -> Result<bool, DatabaseFailure> {
        let sql = "SELECT 1::text FROM pg_namespace WHERE nspname = $1";
        let rows = self.query_rows(sql, &[(&schema, Type::TEXT)], CallMoment::Read).await?;
        Ok(!rows.is_empty())
    }

    /// The version of the tables and the columns of `devices`, as they are now.
    pub(super) async fn read_tables(&mut self, schema: &str) -> Result<(), DatabaseFailure> {
        let columns = self
            .query_rows(COLUMNS_SQL, &[(&schema, Type::TEXT)], CallMoment::Read)
            .await?;
        let mut found = Vec::with_capacity(columns.len());
        for row in &columns {
            let (name, kind) = (read_text(row, 0)?, read_text(row, 1)?);
            found.push(TableColumn {
                kind: ColumnKind::from_sql_type(&kind),
                name,
            });
        }
        self.columns = found;
        self.version = 0;
        if !self.columns.is_empty() {
            let sql = format!(
                "SELECT coalesce(max(version), 0)::text FROM {}.{VERSION_TABLE}",
                quote_name(schema)
            );
            let rows = self.query_rows(&sql, &[], CallMoment::Read).await?;
            let version = rows.first().map(|row| read_text(row, 0)).transpose()?;
            self.version = version.and_then(|text| text.parse().ok()).unwrap_or(0);
        }
        Ok(())
    }
}

/// By the name of the schema; no rows where there is no such table.
const COLUMNS_SQL: &str = "SELECT a.attname::text, format_type(a.atttypid, NULL)::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = 'devices' AND c.relkind IN ('r', 'p')
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum";

/// Of each connection. `synchronous_commit` is only ever raised: what is acknowledged here has to survive a crash there.
fn opening_sql() -> String {
    format!(
        "SET statement_timeout = '{}s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s';
SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET search_path = pg_catalog;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        STATEMENT_LIMIT.as_secs()
    )
}

/// The text of a column that was cast to text.
pub(super) fn read_text(row: &Row, at: usize) -> Result<String, TargetFault> {
    let text = row.try_get::<_, Option<String>>(at);
    text.ok().flatten().ok_or_else(|| TargetFault::Unreadable {
        problem: format!("column {} of the answer of the database is not a text", at + 1),
    })
}

async fn connect_client(address: &DatabaseAddress) -> Result<Client, DatabaseFailure> {
    let stream = open_stream(address).await?;
    // Small messages, and each waits for its answer.
    let _ = stream.set_nodelay(true);
    let own = &address.own;
    let mut config = Config::new();
    config
        .user(own.user.as_str())
        .dbname(own.database.as_str())
        .application_name("intune-connector");
    if !own.password.expose_secret().is_empty() {
        config.password(own.password.expose_secret());
    }
    let explain = |error| read_failure(&error, CallMoment::Connect, &own.password);
    if own.tls == DatabaseTls::Off {
        config.ssl_mode(SslMode::Disable);
        let (client, connection) = config.connect_raw(stream, NoTls).await.map_err(explain)?;
        tokio::spawn(connection);
        return Ok(client);
    }
    config.ssl_mode(SslMode::Require);
    let tls = build_tls(address)?;
    let (client, connection) = config.connect_raw(stream, tls).await.map_err(explain)?;
    tokio::spawn(connection);
    Ok(client)
}

/// TCP, by the proxy of the settings where there is one.
pub(super) async fn open_stream(address: &DatabaseAddress) -> Result<TcpStream, TargetFault> {
    let own = &address.own;
    let host = own.host.trim_matches(['[', ']']);
    let unreachable = |problem: String| TargetFault::Unreachable { problem };
    let rule = AddressRule {
        allow_private: address.allow_private,
        plain: own.tls == DatabaseTls::Off,
    };
    if let Ok(literal) = host.parse() {
        rule.check_address(host, literal)
            .map_err(|refused| fault_of_database(&refused))?;
    }
    if address.network.proxy.is_some() {
        let url = proxied_url(host, own.port)?;
        let route = dial::find_route(&address.network, &url);
        if route.proxy.is_some() {
            let stream = dial::open_connection(&route, &url, CONNECT_LIMIT).await;
            return stream.map_err(|error| unreachable(error.to_string()));
        }
    }
    let looked_up = tokio::net::lookup_host((host, own.port)).await;
    let found = looked_up.map_err(|error| unreachable(format!("{host} cannot be looked up: {error}")))?;
    let good = keep_allowed(rule, host, found)?;
    let connected = TcpStream::connect(good.as_slice()).await;
    connected.map_err(|error| unreachable(format!("no connection to {}: {error}", address.host_and_port())))
}

/// The addresses that the rule allows; why not, where it allows none.
fn keep_allowed(
    rule: AddressRule,
    host: &str,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, TargetFault> {
    let (mut good, mut refused) = (Vec::new(), None);
    for candidate in found {
        match rule.check_address(host, candidate.ip()) {
            Ok(()) => good.push(candidate),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    match refused {
        Some(why) if good.is_empty() => Err(fault_of_database(&why)),
        _ => Ok(good),
    }
}

/// A database is encrypted by a setting, not by another address.
fn fault_of_database(refused: &AddressRefused) -> TargetFault {
    match refused {
        AddressRefused::Plain { host, address } => misconfigured(
            format!("{host} leads to {address}, a public address: a connection there has to be encrypted"),
            "set `tls` to verify or require",
        ),
        other => fault_of_address(other),
    }
}

/// The proxy knows a tunnel by host and port alone.
fn proxied_url(host: &str, port: u16) -> Result<Url, TargetFault> {
    let shown = if host.contains(':') {
        format!("https://[{host}]:{port}/")
    } else {
        format!("https://{host}:{port}/")
    };
    Url::parse(&shown).map_err(|error| TargetFault::Misconfigured {
        problem: format!("`host` is not the name of a host: {error}"),
        advice: "write a name or an address alone, such as db.example".to_owned(),
    })
}

fn build_tls(address: &DatabaseAddress) -> Result<TlsConnector, TargetFault> {
    let refused = |what: &str, advice: &str| TargetFault::Misconfigured {
        problem: what.to_owned(),
        advice: advice.to_owned(),
    };
    let broken = |error: ErrorStack| refused(&format!("TLS of this machine does not work: {error}"), CHECK_MACHINE);
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(broken)?;
    // As libpq has it: with an authority of one's own the certificate is checked, though not for whom it is.
    if address.own.tls == DatabaseTls::Require && address.network.ca.is_none() {
        builder.set_verify(SslVerifyMode::NONE);
    }
    if let Some(authorities) = &address.network.ca {
        let authorities = pem::read_certificates(authorities.as_bytes())
            .map_err(|error| refused(&format!("`ca` {error}"), error.cure))?;
        for authority in authorities {
            builder.cert_store_mut().add_cert(authority).map_err(broken)?;
        }
    }
    if let Some((certificate, key)) = &address.client_identity {
        let certificates = pem::read_certificates(certificate.expose_secret().as_bytes())
            .map_err(|error| refused(&format!("`client_cert` {error}"), error.cure))?;
        let key = pem::read_private_key(key.expose_secret().as_bytes())
            .map_err(|error| refused(&format!("`client_key` {error}"), error.cure))?;
        let mut chain = pem::order_by_key(certificates, &key)
            .ok_or_else(|| {
                refused(
                    "`client_key` does not belong to `client_cert`",
                    "set both from one source",
                )
            })?
            .into_iter();
        if let Some(own) = chain.next() {
            builder.set_certificate(&own).map_err(broken)?;
        }
        for issuer in chain {
            builder.add_extra_chain_cert(issuer).map_err(broken)?;
        }
        builder.set_private_key(&key).map_err(broken)?;
    }
    let mut configuration = builder.build().configure().map_err(broken)?;
    configuration.set_verify_hostname(address.own.tls == DatabaseTls::Verify);
    let host = address.own.host.trim_matches(['[', ']']);
    Ok(TlsConnector::new(configuration, host))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
