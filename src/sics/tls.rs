//! The certificate that the port shows: the user's own, read anew when its files change, or a self-made one whose
//! fingerprint people compare.
//!
//! A renewal replaces two files, one after the other. Files that do not belong together, or can't be read, leave the
//! certificate in use as it is; the next look tries again.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum_server::tls_openssl::OpenSSLConfig;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod, SslSessionCacheMode};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use tokio::sync::watch;

use crate::config::pem::{self, PemError, PrivateKeyError};
use crate::config::{CertificatePeriod, PeriodState};
use crate::files::{CERTIFICATE_MAX, read_file};
use crate::model::Timestamp;

/// The self-made certificate and its key, in one file so that they can't come apart.
const OWN_FILE: &str = "tls.pem";
const OWN_DAYS: u32 = 1_826;
/// A self-made one is made anew when so little is left.
const OWN_RENEW_DAYS: i32 = 30;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("failed to read {}: {source}", .file.display())]
    Read { file: PathBuf, source: std::io::Error },
    #[error("failed to write {}: {source}", .file.display())]
    Write { file: PathBuf, source: std::io::Error },
    #[error("{} {why}: give the certificate and its issuers as BEGIN CERTIFICATE \
        blocks; {}", .file.display(), .why.cure)]
    NoCertificate { file: PathBuf, why: PemError },
    #[error("{} {why}: the key has to be PEM without a passphrase; {}", .file.display(), .why.cure)]
    NoKey { file: PathBuf, why: PrivateKeyError },
    #[error("the key in {} does not belong to the certificate in {}", .key.display(), .certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("OpenSSL refused: {0}")]
    OpenSsl(#[from] ErrorStack),
    #[error("OpenSSL refused the certificate: {0}")]
    Refused(#[from] openssl::ssl::Error),
}

/// Shared by the port that uses it and the task that looks after its files.
#[derive(Clone)]
pub struct TlsCertificate {
    inner: Arc<TlsCertificateState>,
}

struct TlsCertificateState {
    files: TlsFiles,
    config: OpenSSLConfig,
    loaded: Mutex<LoadedTls>,
    /// Of what is in use, for whoever tells others by what to know it.
    fingerprint: watch::Sender<String>,
}

struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
}

/// What is in use.
struct LoadedTls {
    /// Of both files' bytes.
    digest: [u8; 32],
    fingerprint: [u8; 32],
    period: Option<CertificatePeriod>,
}

struct TlsPair {
    digest: [u8; 32],
    chain: Vec<X509>,
    key: PKey<Private>,
}

impl TlsCertificate {
    /// The user's own: PEM files, the certificate first, then those that issued it.
    pub fn from_files(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let files = TlsFiles { certificate, key };
        let pair = files.read_pair()?;
        let loaded = LoadedTls::from_pair(&pair)?;
        Ok(TlsCertificate {
            inner: Arc::new(TlsCertificateState {
                config: OpenSSLConfig::try_from(files.build_acceptor(&pair)?)?,
                files,
                fingerprint: watch::Sender::new(format_fingerprint(&loaded.fingerprint)),
                loaded: Mutex::new(loaded),
            }),
        })
    }

    /// A self-made one, kept in the data folder so that its fingerprint stays. `names`: hosts and addresses that it is
    /// for, besides this machine's own loopback.
    pub fn self_signed(folder: &Path, names: &[String]) -> Result<Self, TlsError> {
        let file = folder.join(OWN_FILE);
        let files = TlsFiles {
            certificate: file.clone(),
            key: file.clone(),
        };
        let renewal_limit = Asn1Time::days_from_now(OWN_RENEW_DAYS as u32)?;
        let good = match files.read_pair() {
            Ok(pair) => pair
                .chain
                .first()
                .is_some_and(|leaf| *leaf.not_after() > *renewal_limit),
            Err(TlsError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if !good {
            write_private_file(&file, &make_self_signed(names)?)?;
        }
        TlsCertificate::from_files(file.clone(), file)
    }

    /// SHA-256 over the certificate, as browsers and `openssl x509 -fingerprint -sha256` show it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        format_fingerprint(&self.lock_loaded().fingerprint)
    }

    /// The same, and each that takes its place.
    pub fn watch_fingerprint(&self) -> watch::Receiver<String> {
        self.inner.fingerprint.subscribe()
    }

    /// How the one in use stands.
    pub fn judge_period(&self, now: Timestamp) -> PeriodState {
        let period = self.lock_loaded().period;
        period.map_or(PeriodState::Good, |known| known.judge(now))
    }

    /// What is wrong with its dates, and what to do; `None`: nothing.
    pub fn describe_trouble(&self, now: Timestamp) -> Option<String> {
        let trouble = self.lock_loaded().period?.describe_trouble(now)?;
        let TlsFiles { certificate, key } = &self.inner.files;
        let cure = if certificate == key && certificate.ends_with(OWN_FILE) {
            "start the bus again: it creates a new one"
        } else {
            "put a new certificate and its key in the place of both files; they are read again within 10 seconds"
        };
        Some(format!(
            "the certificate in {} {trouble}; {cure}",
            certificate.display()
        ))
    }

    fn lock_loaded(&self) -> MutexGuard<'_, LoadedTls> {
        self.inner.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True where the files had changed and are in use now. New connections get the new certificate; open ones stay.
    pub fn reload_if_changed(&self) -> Result<bool, TlsError> {
        let pair = self.inner.files.read_pair()?;
        if pair.digest == self.lock_loaded().digest {
            return Ok(false);
        }
        let loaded = LoadedTls::from_pair(&pair)?;
        let config = OpenSSLConfig::try_from(self.inner.files.build_acceptor(&pair)?)?;
        self.inner.config.reload_from_acceptor(config.get_inner());
        let fingerprint = format_fingerprint(&loaded.fingerprint);
        *self.lock_loaded() = loaded;
        self.inner.fingerprint.send_replace(fingerprint);
        Ok(true)
    }

    pub(super) fn tls_config(&self) -> OpenSSLConfig {
        self.inner.config.clone()
    }
}

impl LoadedTls {
    fn from_pair(pair: &TlsPair) -> Result<LoadedTls, TlsError> {
        Ok(LoadedTls {
            digest: pair.digest,
            fingerprint: leaf_fingerprint(pair)?,
            period: pair.chain.first().and_then(|own| CertificatePeriod::read(own)),
        })
    }
}

impl TlsFiles {
    fn read_pair(&self) -> Result<TlsPair, TlsError> {
        let bytes = |file: &Path| {
            read_file(file, CERTIFICATE_MAX).map_err(|error| TlsError::Read {
                file: file.to_owned(),
                source: error.into(),
            })
        };
        let (certificate, key) = (bytes(&self.certificate)?, bytes(&self.key)?);
        let chain = pem::read_certificates(&certificate).map_err(|why| TlsError::NoCertificate {
            file: self.certificate.clone(),
            why,
        })?;
        let parsed = pem::read_private_key(&key).map_err(|why| TlsError::NoKey {
            file: self.key.clone(),
            why,
        })?;
        // The own one first, in whatever order they stand in the file.
        let chain = pem::order_by_key(chain, &parsed).ok_or_else(|| self.mismatch_error())?;
        let digests = [sha256(&certificate), sha256(&key)].concat();
        Ok(TlsPair {
            digest: sha256(&digests),
            chain,
            key: parsed,
        })
    }

    fn mismatch_error(&self) -> TlsError {
        TlsError::Mismatch {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
        }
    }

    /// TLS 1.2 and 1.3: management servers may be of some age.
    fn build_acceptor(&self, pair: &TlsPair) -> Result<SslAcceptorBuilder, TlsError> {
        let Some((own, issuers)) = pair.chain.split_first() else {
            return Err(self.mismatch_error());
        };
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls())?;
        // Sessions are kept by those who want to resume them (tickets), not by the bus: strangers could fill its memory.
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        builder.set_certificate(own)?;
        for issuer in issuers {
            builder.add_extra_chain_cert(issuer.clone())?;
        }
        builder.set_private_key(&pair.key)?;
        Ok(builder)
    }
}

fn leaf_fingerprint(pair: &TlsPair) -> Result<[u8; 32], TlsError> {
    let mut fingerprint = [0; 32];
    if let Some(own) = pair.chain.first() {
        fingerprint.copy_from_slice(&own.digest(MessageDigest::sha256())?);
    }
    Ok(fingerprint)
}

/// As browsers and `openssl x509 -fingerprint` show it.
fn format_fingerprint(digest: &[u8; 32]) -> String {
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Key and certificate as PEM.
fn make_self_signed(names: &[String]) -> Result<Vec<u8>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_nid(Nid::COMMONNAME, "intune-connector")?;
    let subject = subject.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(&subject)?;
    builder.set_pubkey(&key)?;
    builder.set_not_before(&*Asn1Time::days_from_now(0)?)?;
    builder.set_not_after(&*Asn1Time::days_from_now(OWN_DAYS)?)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
    let mut alternatives = SubjectAlternativeName::new();
    alternatives.dns("localhost").ip("127.0.0.1").ip("::1");
    for name in names {
        match name.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => {}
            Ok(_) => {
                alternatives.ip(name);
            }
            Err(_) => {
                alternatives.dns(name);
            }
        }
    }
    let alternatives = alternatives.build(&builder.x509v3_context(None, None))?;
    builder.append_extension(alternatives)?;
    builder.sign(&key, MessageDigest::sha256())?;
    let mut pem = key.private_key_to_pem_pkcs8()?;
    pem.extend(builder.build().to_pem()?);
    Ok(pem)
}

/// Readable by its owner only, and whole or not at all.
fn write_private_file(file: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    crate::files::replace_data_file(file, bytes).map_err(|source| TlsError::Write {
        file: file.to_owned(),
        source,
    })
}
