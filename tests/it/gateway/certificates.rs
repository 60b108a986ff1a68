//! Certificates as an authority for devices issues them, made for one test.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder, X509NameRef};

/// A certificate with its key, both PEM.
pub struct Pair {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
}

pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// In the order given; the same attribute may come twice.
fn name(parts: &[(&str, &str)]) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    for (attribute, value) in parts {
        name.append_entry_by_text(attribute, value).unwrap();
    }
    name.build()
}

fn builder(subject: &X509NameRef, issuer: &X509NameRef, key: &PKey<Private>, serial: u32) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(subject).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
        .set_not_before(&Asn1Time::from_unix(1_700_000_000).unwrap())
        .unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder
}

impl Authority {
    pub fn new(common_name: &str) -> Authority {
        let (key, name) = (key(), name(&[("CN", common_name)]));
        let mut builder = builder(&name, &name, &key, 1);
        let is_authority = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(is_authority).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Authority {
            certificate: builder.build(),
            key,
        }
    }

    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub fn issue(&self, subject: &[(&str, &str)]) -> Pair {
        self.sign(subject, None)
    }

    pub fn server(&self, host: &str) -> Pair {
        self.sign(&[("CN", host)], Some(host))
    }

    fn sign(&self, subject: &[(&str, &str)], host: Option<&str>) -> Pair {
        let key = key();
        let mut builder = builder(&name(subject), self.certificate.subject_name(), &key, 2);
        if let Some(host) = host {
            let names = SubjectAlternativeName::new()
                .dns(host)
                .build(&builder.x509v3_context(Some(&self.certificate), None))
                .unwrap();
            builder.append_extension(names).unwrap();
        }
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        Pair {
            certificate: builder.build().to_pem().unwrap(),
            key: key.private_key_to_pem_pkcs8().unwrap(),
        }
    }
}
