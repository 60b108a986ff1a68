//! A certificate authority for tests, made by itself and kept in a folder, so that a client that trusts `ca.pem` once
//! goes on trusting the next start.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use super::TlsError;

/// Some clients refuse server certificates that live longer.
const SERVER_DAYS: u32 = 397;
const CA_DAYS: u32 = 3650;
/// For clients whose clock is behind.
const BACKDATED_S: i64 = 24 * 3600;
/// A certificate this close to its end is made anew.
const RENEW_BEFORE_DAYS: i32 = 7;
/// By which its own certificates are known.
const ORGANIZATION: &str = "intune-connector test";

/// The authority and where it lives.
pub struct Authority {
    folder: PathBuf,
    name: String,
    certificate: X509,
    key: PKey<Private>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Authority {
    /// Takes `{name}.pem` and `{name}.key` from the folder, or makes them.
    pub fn open(folder: &Path, name: &str, common_name: &str) -> Result<Self, TlsError> {
        fs::create_dir_all(folder).map_err(|source| TlsError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        require_own_files(folder, name)?;
        if let Some(Identity { certificate, key }) = read_identity(folder, name) {
            return Ok(Authority {
                folder: folder.to_owned(),
                name: name.to_owned(),
                certificate,
                key,
            });
        }
        let made = make_ca(common_name).map_err(TlsError::Make)?;
        write_identity(folder, name, &made)?;
        Ok(Authority {
            folder: folder.to_owned(),
            name: name.to_owned(),
            certificate: made.certificate,
            key: made.key,
        })
    }

    /// Where clients find what to trust.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pem", self.name))
    }

    pub fn certificate(&self) -> &X509 {
        &self.certificate
    }

    /// The server certificate `{name}.pem` for these names: the one in the folder where it fits, else a new one.
    pub fn server(&self, name: &str, hosts: &[String]) -> Result<Identity, TlsError> {
        require_own_files(&self.folder, name)?;
        if let Some(kept) = read_identity(&self.folder, name)
            && self.still_fits(&kept.certificate, hosts)
        {
            return Ok(kept);
        }
        let made = self.issue(hosts)?;
        write_identity(&self.folder, name, &made)?;
        Ok(made)
    }

    /// A certificate for these names, not kept.
    pub fn issue(&self, hosts: &[String]) -> Result<Identity, TlsError> {
        make_server(self, hosts).map_err(TlsError::Make)
    }

    fn still_fits(&self, certificate: &X509, hosts: &[String]) -> bool {
        let names = names_of(certificate);
        certificate.verify(&self.key).unwrap_or(false)
            && lives_on(certificate)
            && hosts.iter().all(|host| names.contains(host))
    }
}

/// The names in a certificate, as text.
pub fn names_of(certificate: &X509) -> Vec<String> {
    let Some(names) = certificate.subject_alt_names() else {
        return Vec::new();
    };
    names
        .iter()
        .filter_map(|name| {
            let ip = name.ipaddress().and_then(|bytes| match bytes.len() {
                4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
                _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
            });
            name.dnsname().map(str::to_owned).or(ip.map(|ip| ip.to_string()))
        })
        .collect()
}

fn lives_on(certificate: &X509) -> bool {
    let left = Asn1Time::days_from_now(0).and_then(|now| now.diff(certificate.not_after()));
    left.is_ok_and(|left| left.days > RENEW_BEFORE_DAYS)
}

/// A certificate or a key that somebody else has put into the folder is neither used nor written over.
fn require_own_files(folder: &Path, name: &str) -> Result<(), TlsError> {
    let [certificate, key] = ["pem", "key"].map(|suffix| folder.join(format!("{name}.{suffix}")));
    let (is_own, path) = if certificate.symlink_metadata().is_ok() {
        let read = fs::read(&certificate)
            .ok()
            .and_then(|bytes| X509::from_pem(&bytes).ok());
        (read.is_some_and(|found| is_own_certificate(&found)), certificate)
    } else {
        (key.symlink_metadata().is_err(), key)
    };
    if is_own {
        Ok(())
    } else {
        Err(TlsError::Foreign { path })
    }
}

fn is_own_certificate(certificate: &X509) -> bool {
    let mut organizations = certificate.subject_name().entries_by_nid(Nid::ORGANIZATIONNAME);
    organizations.any(|entry| {
        let read = entry.data().to_string();
        read.is_ok_and(|text| text == ORGANIZATION)
    })
}

fn read_identity(folder: &Path, name: &str) -> Option<Identity> {
    let certificate = X509::from_pem(&fs::read(folder.join(format!("{name}.pem"))).ok()?).ok()?;
    let key = PKey::private_key_from_pem(&fs::read(folder.join(format!("{name}.key"))).ok()?).ok()?;
    let belongs = certificate.public_key().is_ok_and(|public| public.public_eq(&key));
    (belongs && lives_on(&certificate)).then_some(Identity { certificate, key })
}

fn write_identity(folder: &Path, name: &str, identity: &Identity) -> Result<(), TlsError> {
    let pem = identity.certificate.to_pem().map_err(TlsError::Make)?;
    let key = identity.key.private_key_to_pem_pkcs8().map_err(TlsError::Make)?;
    // By the certificate a start after a crash knows them as its own.
    for (suffix, bytes, mode) in [("pem", pem, 0o644), ("key", key, 0o600)] {
        let path = folder.join(format!("{name}.{suffix}"));
        let temporary = folder.join(format!(".{name}.{suffix}.{}", std::process::id()));
        let write = || -> std::io::Result<()> {
            let mut options = fs::OpenOptions::new();
            let mut file = options
                .create(true)
                .truncate(true)
                .write(true)
                .mode(mode)
                .open(&temporary)?;
            file.write_all(&bytes)?;
            fs::rename(&temporary, &path)
        };
        write().map_err(|source| TlsError::Write {
            path: path.clone(),
            source,
        })?;
    }
    Ok(())
}

fn new_key() -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn start(common_name: &str, days: u32, key: &PKey<Private>) -> Result<X509Builder, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("O", ORGANIZATION)?;
    name.append_entry_by_text("CN", common_name)?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, MsbOption::MAYBE_ZERO, false)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(Asn1Integer::from_bn(&serial)?.as_ref())?;
    builder.set_subject_name(&name)?;
    builder.set_pubkey(key)?;
    let now_s = chrono::Utc::now().timestamp();
    builder.set_not_before(Asn1Time::from_unix(now_s - BACKDATED_S)?.as_ref())?;
    builder.set_not_after(Asn1Time::days_from_now(days)?.as_ref())?;
    Ok(builder)
}

fn make_ca(common_name: &str) -> Result<Identity, ErrorStack> {
    let key = new_key()?;
    let mut builder = start(common_name, CA_DAYS, &key)?;
    let subject = builder.x509v3_context(None, None);
    let key_id = SubjectKeyIdentifier::new().build(&subject)?;
    builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
    builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
    builder.append_extension(key_id)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_text("O", ORGANIZATION)?;
    name.append_entry_by_text("CN", common_name)?;
    builder.set_issuer_name(&name.build())?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok(Identity {
        certificate: builder.build(),
        key,
    })
}

fn make_server(authority: &Authority, hosts: &[String]) -> Result<Identity, ErrorStack> {
    let key = new_key()?;
    let common_name = hosts.first().map_or("localhost", String::as_str);
    let mut builder = start(common_name, SERVER_DAYS, &key)?;
    builder.set_issuer_name(authority.certificate.subject_name())?;
    let mut names = SubjectAlternativeName::new();
    for host in hosts {
        match host.parse::<IpAddr>() {
            Ok(_) => names.ip(host),
            Err(_) => names.dns(host),
        };
    }
    let context = builder.x509v3_context(Some(&authority.certificate), None);
    let names = names.build(&context)?;
    let key_id = SubjectKeyIdentifier::new().build(&context)?;
    let authority_id = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
    builder.append_extension(names)?;
    builder.append_extension(key_id)?;
    builder.append_extension(authority_id)?;
    builder.sign(&authority.key, MessageDigest::sha256())?;
    Ok(Identity {
        certificate: builder.build(),
        key,
    })
}
