//! A client that trusts one certificate, whoever issued it. The library that speaks TLS for clients trusts a single one
//! only where it has signed itself and its time is not over. Any other goes through a port of this process, behind which
//! TLS is spoken with nobody but whoever shows that certificate and has its key.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Once};

use openssl::x509::X509;
use sics_client::{ClientAuth, PlainHttp, SicsClient, check_secret_transport};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::certificate_pin::{connect_pinned, require_period};
use super::failure::CommandFailure;
use super::output;
use crate::config::CertificatePeriod;
use crate::observe::Clock;

/// A client for a bus; `pinned`: the one certificate (DER) that it may show. One whose time is over is refused.
pub(crate) fn build_client(
    url: &Url,
    auth: ClientAuth,
    pinned: Option<&[u8]>,
    plain: PlainHttp,
) -> Result<SicsClient, CommandFailure> {
    if let Some(der) = pinned {
        require_period(url, der)?;
    }
    build_any(url, auth, pinned, plain)
}

/// The same for the bus of a folder on this machine: who owns it may have to renew a certificate that has ended.
pub(crate) fn build_owner_client(
    url: &Url,
    auth: ClientAuth,
    pinned: Option<&[u8]>,
) -> Result<SicsClient, CommandFailure> {
    if let Some(trouble) = pinned.and_then(describe_refused) {
        static TOLD: Once = Once::new();
        TOLD.call_once(|| output::eprint_line(format!("warning: the certificate of the bus {trouble}; {RENEW}")));
    }
    // An address of this machine, whichever of them it listens on.
    build_any(url, auth, pinned, PlainHttp::Allowed)
}

const RENEW: &str = "put a new certificate and its key where certificate_file and key_file in bus.ini say, or, where the bus \
                     made it itself, start the bus again";

/// What is wrong with the dates of a certificate that clients refuse.
fn describe_refused(der: &[u8]) -> Option<String> {
    let now = Clock::system().now();
    let certificate = X509::from_der(der).ok()?;
    let period = CertificatePeriod::read(&certificate)?;
    period.describe_trouble(now).filter(|_| !period.judge(now).counts())
}

fn build_any(
    url: &Url,
    auth: ClientAuth,
    pinned: Option<&[u8]>,
    plain: PlainHttp,
) -> Result<SicsClient, CommandFailure> {
    let Some(der) = pinned.filter(|der| !is_trusted_alone(der)) else {
        return Ok(SicsClient::new(url, auth, pinned, plain)?);
    };
    check_secret_transport(url, plain)?;
    let near = open_tunnel(url, der).map_err(|error| {
        CommandFailure::general_error(
            format!("failed to open a port for the connection: {error}"),
            "try again",
        )
    })?;
    Ok(SicsClient::new(&near, auth, None, PlainHttp::Allowed)?.shown_as(url))
}

/// Whether the library trusts it without its issuers. What can't be read it refuses itself.
fn is_trusted_alone(der: &[u8]) -> bool {
    let Ok(certificate) = X509::from_der(der) else {
        return true;
    };
    let has_signed_itself = certificate.public_key().and_then(|key| certificate.verify(&key));
    has_signed_itself.unwrap_or(false) && describe_refused(der).is_none()
}

/// The port; it is there until the process ends.
fn open_tunnel(bus: &Url, certificate: &[u8]) -> io::Result<Url> {
    let opened = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    opened.set_nonblocking(true)?;
    let mut near = Url::parse(&format!("http://{}", opened.local_addr()?)).map_err(io::Error::other)?;
    near.set_path(bus.path());
    let listener = TcpListener::from_std(opened)?;
    let (bus, certificate) = (bus.clone(), Arc::<[u8]>::from(certificate));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass_through(stream, bus.clone(), certificate.clone()));
        }
    });
    Ok(near)
}

/// Where another certificate is shown, the connection ends before anything was sent.
async fn pass_through(mut near: TcpStream, bus: Url, certificate: Arc<[u8]>) {
    if let Ok(mut far) = connect_pinned(&bus, &certificate).await {
        let _ = copy_bidirectional(&mut near, &mut far).await;
    }
}
