//! When a certificate counts, by its own dates, and what is to be told of them.

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::x509::X509Ref;

use crate::model::{Timestamp, format_time};

/// From so many whole days before the end on it is told.
const TOLD_DAYS: i64 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificatePeriod {
    pub begin: Timestamp,
    pub end: Timestamp,
}

/// How a certificate stands at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodState {
    NotYet,
    Good,
    EndsSoon,
    Ended,
}

impl PeriodState {
    /// Whether clients accept it.
    pub fn counts(self) -> bool {
        matches!(self, PeriodState::Good | PeriodState::EndsSoon)
    }
}

impl CertificatePeriod {
    /// `None`: its dates are none that a calendar has.
    pub fn read(certificate: &X509Ref) -> Option<CertificatePeriod> {
        Some(CertificatePeriod {
            begin: read_time(certificate.not_before())?,
            end: read_time(certificate.not_after())?,
        })
    }

    pub fn judge(self, now: Timestamp) -> PeriodState {
        if now < self.begin {
            PeriodState::NotYet
        } else if now > self.end {
            PeriodState::Ended
        } else if (self.end - now).num_days() < TOLD_DAYS {
            PeriodState::EndsSoon
        } else {
            PeriodState::Good
        }
    }

    /// What is wrong with it, behind its name; `None`: nothing.
    pub fn describe_trouble(self, now: Timestamp) -> Option<String> {
        match self.judge(now) {
            PeriodState::Good => None,
            PeriodState::NotYet => Some(format!(
                "does not count before {}: clients refuse it, or the clock of this machine is wrong",
                format_time(self.begin)
            )),
            PeriodState::EndsSoon => Some(format!("ends on {}", format_time(self.end))),
            PeriodState::Ended => Some(format!("ended on {}: clients refuse it", format_time(self.end))),
        }
    }
}

fn read_time(time: &Asn1TimeRef) -> Option<Timestamp> {
    let since = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Timestamp::from_timestamp(i64::from(since.days) * 86_400 + i64::from(since.secs), 0)
}

#[cfg(test)]
mod tests {
    use openssl::x509::X509;

    use super::*;
    use crate::model::parse_time;

    #[test]
    fn wi_11_a_certificate_is_told_from_thirty_days_before_its_end_and_before_its_begin() {
        let pem = include_bytes!("../../tests/fixtures/certs/expired-cert.pem");
        let certificate = X509::from_pem(pem).expect("a certificate");
        let period = CertificatePeriod::read(&certificate).expect("dates");
        for (now, state, told) in [
            (
                "2019-12-31T23:59:59Z",
                PeriodState::NotYet,
                Some("before 2020-01-01T00:00:00Z"),
            ),
            ("2020-01-01T00:00:00Z", PeriodState::Good, None),
            ("2020-12-01T23:59:59Z", PeriodState::Good, None),
            (
                "2020-12-02T00:00:01Z",
                PeriodState::EndsSoon,
                Some("ends on 2021-01-01T00:00:00Z"),
            ),
            (
                "2021-01-01T00:00:00Z",
                PeriodState::EndsSoon,
                Some("ends on 2021-01-01T00:00:00Z"),
            ),
            (
                "2021-01-01T00:00:01Z",
                PeriodState::Ended,
                Some("ended on 2021-01-01T00:00:00Z"),
            ),
        ] {
            let at = parse_time(now).expect("a time");
            assert_eq!(period.judge(at), state, "{now}");
            let trouble = period.describe_trouble(at);
            assert_eq!(trouble.is_some(), told.is_some(), "{now}");
            assert!(trouble.unwrap_or_default().contains(told.unwrap_or_default()), "{now}");
        }
    }
}
