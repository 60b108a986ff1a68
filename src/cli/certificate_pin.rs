//! A self-signed certificate, known by its fingerprint: it is fetched and compared before anything secret is sent, and
//! from then on it is the only one that is trusted for that bus.

use std::net::IpAddr;
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::ssl::{Ssl, SslContext, SslMethod, SslMode, SslOptions, SslVerifyMode};
use openssl::x509::X509;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;
use url::Url;

use super::failure::{CommandFailure, ExitReason};
use crate::config::CertificatePeriod;
use crate::observe::Clock;

const PATIENCE: Duration = Duration::from_secs(10);

/// SHA-256 of a certificate (DER).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateFingerprint([u8; 32]);

impl std::str::FromStr for CertificateFingerprint {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let digits: String = text
            .trim()
            .trim_start_matches("SHA256:")
            .chars()
            .filter(|c| *c != ':')
            .collect();
        let bytes = hex::decode(&digits)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes
            .map(CertificateFingerprint)
            .ok_or_else(|| "expected 64 hexadecimal digits, with or without colons".to_owned())
    }
}

impl std::fmt::Display for CertificateFingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // As `run` prints it, and as browsers and openssl do.
        let pairs: Vec<String> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

impl CertificateFingerprint {
    pub fn from_der(der: &[u8]) -> Result<CertificateFingerprint, ErrorStack> {
        let digest = hash(MessageDigest::sha256(), der)?;
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&digest);
        Ok(CertificateFingerprint(bytes))
    }
}

/// The certificate (DER) that the bus at `url` shows, if it is the one wanted.
pub(crate) async fn fetch_pinned_certificate(
    url: &Url,
    wanted: CertificateFingerprint,
) -> Result<Vec<u8>, CommandFailure> {
    let fetched = tokio::time::timeout(PATIENCE, fetch_certificate(url))
        .await
        .map_err(|_| unreachable_failure(url, "no answer within 10 s"))?;
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(failure) => {
            return Err(match sics_client::find_spoken_address(url).await {
                Some(address) => CommandFailure::new(
                    ExitReason::Unreachable,
                    format!("{url} speaks HTTP, which has no certificate"),
                    format!("use {address} without --fingerprint, or switch on HTTPS: `tls = on` in bus.ini"),
                ),
                None => failure,
            });
        }
    };
    match CertificateFingerprint::from_der(&fetched) {
        Ok(found) if found == wanted => Ok(fetched),
        Ok(found) => Err(CommandFailure::new(
            ExitReason::Refused,
            format!("{url} presents a certificate with the fingerprint {found}, not {wanted}"),
            "compare it with the fingerprint that `run` prints; if the certificate was renewed, sign in again: \
             intune-connector login URL --user NAME --fingerprint HEX; if not, the connection may be intercepted",
        )),
        Err(error) => Err(CommandFailure::general_error(
            format!("failed to hash the certificate of {url}: {error}"),
            "",
        )),
    }
}

/// A certificate (DER) whose time is over is the right one, and no proof any more.
pub(crate) fn require_period(url: &Url, der: &[u8]) -> Result<(), CommandFailure> {
    let now = Clock::system().now();
    let period = X509::from_der(der)
        .ok()
        .and_then(|certificate| CertificatePeriod::read(&certificate));
    let refused = period.filter(|found| !found.judge(now).counts());
    match refused.and_then(|found| found.describe_trouble(now)) {
        None => Ok(()),
        Some(trouble) => Err(CommandFailure::general_error(
            format!("the certificate of {url} {trouble}"),
            "on the machine of the bus, put a new one in its place, or start a bus again that makes its own; then sign in \
             again: intune-connector login URL --user NAME --fingerprint HEX",
        )),
    }
}

/// A connection to the bus, where it shows this certificate (DER) and has its key. Nothing was sent yet.
pub(super) async fn connect_pinned(url: &Url, wanted: &[u8]) -> Result<SslStream<TcpStream>, CommandFailure> {
    let stream = connect_tls(url).await?;
    if read_certificate(url, &stream)? == wanted {
        Ok(stream)
    } else {
        Err(unreachable_failure(url, "another certificate is shown"))
    }
}

async fn fetch_certificate(url: &Url) -> Result<Vec<u8>, CommandFailure> {
    let stream = connect_tls(url).await?;
    read_certificate(url, &stream)
}

fn read_certificate(url: &Url, stream: &SslStream<TcpStream>) -> Result<Vec<u8>, CommandFailure> {
    let certificate = stream
        .ssl()
        .peer_certificate()
        .ok_or_else(|| unreachable_failure(url, "no certificate was presented"))?;
    certificate
        .to_der()
        .map_err(|error| unreachable_failure(url, &error.to_string()))
}

async fn connect_tls(url: &Url) -> Result<SslStream<TcpStream>, CommandFailure> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let tcp = TcpStream::connect((host, port))
        .await
        .map_err(|error| unreachable_failure(url, &error.to_string()))?;
    let tls = |error: &dyn std::fmt::Display| unreachable_failure(url, &error.to_string());
    let ssl = prepare_tls(host).map_err(|error| tls(&error))?;
    let mut stream = SslStream::new(ssl, tcp).map_err(|error| tls(&error))?;
    std::pin::Pin::new(&mut stream)
        .connect()
        .await
        .map_err(|error| tls(&error))?;
    Ok(stream)
}

/// As `SslConnector` has it, though without the authorities that the machine trusts, which are not asked: nothing is sent
/// before what the bus shows was compared.
fn prepare_tls(host: &str) -> Result<Ssl, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    builder.set_options(SslOptions::ALL | SslOptions::NO_COMPRESSION | SslOptions::NO_SSLV2 | SslOptions::NO_SSLV3);
    builder.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::RELEASE_BUFFERS,
    );
    builder.set_cipher_list("DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK")?;
    builder.set_verify(SslVerifyMode::NONE);
    let mut ssl = Ssl::new(&builder.build())?;
    if host.parse::<IpAddr>().is_err() {
        ssl.set_hostname(host)?;
    }
    Ok(ssl)
}

fn unreachable_failure(url: &Url, error: &str) -> CommandFailure {
    CommandFailure::new(
        ExitReason::Unreachable,
        format!("failed to fetch the certificate of {url}: {error}"),
        "check that the bus runs there and uses HTTPS",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_however_it_is_written() {
        let plain = "0123456789abcdef".repeat(4);
        let pairs: Vec<String> = plain
            .as_bytes()
            .chunks(2)
            .map(|two| String::from_utf8_lossy(two).to_uppercase())
            .collect();
        let read: CertificateFingerprint = plain.parse().expect("plain digits");
        assert_eq!(pairs.join(":").parse(), Ok(read));
        assert_eq!(read.to_string(), pairs.join(":"), "shown in one form everywhere");
        assert_eq!(format!("SHA256:{plain}").parse(), Ok(read));
        for wrong in ["", "abc", &plain[1..], &format!("{plain}00"), "zz"] {
            assert!(wrong.parse::<CertificateFingerprint>().is_err(), "{wrong}");
        }
    }
}
