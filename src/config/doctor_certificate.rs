//! The certificate of the bus, looked at as the bus will: both files, that they belong together, and when it ends.

use std::path::Path;

use openssl::x509::X509;

use super::doctor_finding::{DoctorFinding, FindingLevel};
use super::{BusSettings, CertificatePeriod, PeriodState, pem};
use crate::files::{CERTIFICATE_MAX, read_file};
use crate::model::{Timestamp, format_time};

/// The one that the bus makes, where the settings name none.
const OWN_FILE: &str = "tls.pem";

/// What is to be told of the certificate that these settings lead to.
pub(super) fn examine_certificate(folder: &Path, bus: &BusSettings, now: Timestamp) -> Vec<DoctorFinding> {
    if let (Some(certificate), Some(key)) = (&bus.tls.certificate_file, &bus.tls.key_file) {
        return examine_pair(certificate, key, now);
    }
    let own = folder.join(OWN_FILE);
    let made = read_file(&own, CERTIFICATE_MAX).ok();
    let made = made.and_then(|bytes| pem::read_certificates(&bytes).ok()?.into_iter().next());
    let is_used = bus.uses_tls(bus.listen);
    made.filter(|_| is_used)
        .and_then(|made| judge_own(&own, &made, now))
        .into_iter()
        .collect()
}

/// Each file that can't be read is told, and what else is wrong once.
fn examine_pair(certificate: &Path, key: &Path, now: Timestamp) -> Vec<DoctorFinding> {
    let read = |file: &Path| {
        read_file(file, CERTIFICATE_MAX).map_err(|error| failure(file, error.to_string(), error.advice()))
    };
    match (read(certificate), read(key)) {
        (Ok(chain), Ok(of_key)) => {
            let own = find_own_certificate((certificate, &chain), (key, &of_key));
            vec![own.map_or_else(|finding| finding, |own| judge_certificate(certificate, &own, now))]
        }
        (chain, of_key) => chain.err().into_iter().chain(of_key.err()).collect(),
    }
}

/// Of the certificates in the file, the one that the key belongs to. Each file with its content.
fn find_own_certificate(certificate: (&Path, &[u8]), key: (&Path, &[u8])) -> Result<X509, DoctorFinding> {
    let all = pem::read_certificates(certificate.1);
    let all = all.map_err(|wrong| failure(certificate.0, wrong.to_string(), wrong.cure))?;
    let private_key = pem::read_private_key(key.1);
    let private_key = private_key.map_err(|wrong| failure(key.0, wrong.to_string(), wrong.cure))?;
    let own = pem::order_by_key(all, &private_key).and_then(|ordered| ordered.into_iter().next());
    own.ok_or_else(|| {
        let text = format!("does not belong to the certificate in {}", certificate.0.display());
        failure(key.0, text, OTHER_KEY)
    })
}

const OTHER_KEY: &str = "name the key with which the certificate was requested as key_file, or remove both lines from \
                         bus.ini: the bus then makes its own";

fn judge_certificate(file: &Path, certificate: &X509, now: Timestamp) -> DoctorFinding {
    let Some(period) = CertificatePeriod::read(certificate) else {
        return failure(file, "has no dates that can be read".to_owned(), "request a new one");
    };
    let finding = |level, text, advice: &str| DoctorFinding::new(level, file, text, advice);
    match (period.judge(now), period.describe_trouble(now)) {
        (PeriodState::EndsSoon, Some(trouble)) => finding(FindingLevel::Warning, trouble, RENEW),
        (_, Some(trouble)) => finding(FindingLevel::Failure, trouble, RENEW),
        (_, None) => {
            let text = format!("is valid until {}", format_time(period.end));
            finding(FindingLevel::Good, text, "")
        }
    }
}

const RENEW: &str = "put a new certificate and its key in the place of both files; a running bus reads them again within \
                     10 seconds";

/// A start makes a new one in time.
fn judge_own(file: &Path, certificate: &X509, now: Timestamp) -> Option<DoctorFinding> {
    let trouble = CertificatePeriod::read(certificate)?.describe_trouble(now)?;
    let advice = "start the bus again: it creates a new one, with another fingerprint";
    Some(DoctorFinding::new(FindingLevel::Warning, file, trouble, advice))
}

fn failure(file: &Path, text: String, advice: &str) -> DoctorFinding {
    DoctorFinding::new(FindingLevel::Failure, file, text, advice)
}
