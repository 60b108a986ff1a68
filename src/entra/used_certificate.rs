//! A certificate that was used to sign in, and what this machine can say of it where Entra refuses it.

use chrono::NaiveDate;

/// What Entra asks of the key of a certificate.
pub(crate) const KEY_BITS_MIN: u32 = 2_048;

/// A certificate that signed an assertion, and what this machine knows to be wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedCertificate {
    /// As the portal shows it.
    pub thumbprint: String,
    /// Where it has ended.
    pub ended_on: Option<NaiveDate>,
    /// Where it does not count yet.
    pub begins_on: Option<NaiveDate>,
    pub key_bits: u32,
}

impl UsedCertificate {
    /// What is known here comes before what Entra's answer may mean. `advice`: that of the answer.
    pub(super) fn explain_refusal(&self, advice: &str) -> String {
        let thumbprint = &self.thumbprint;
        if let Some(ended_on) = self.ended_on {
            return format!(
                "the certificate used ended on {ended_on}: create a new one, upload its public part to the app \
                 registration, and give it with its key; thumbprint of the one that ended: {thumbprint}"
            );
        }
        if let Some(begins_on) = self.begins_on {
            return format!(
                "the certificate used does not count before {begins_on}: give one that counts already, or correct the \
                 clock of this machine; thumbprint of the one that does not count yet: {thumbprint}"
            );
        }
        let advice = format!("{advice}; thumbprint of the certificate used: {thumbprint}");
        if self.key_bits >= KEY_BITS_MIN {
            return advice;
        }
        format!(
            "{advice}; its key has {} bits, and Entra asks for {KEY_BITS_MIN} or more",
            self.key_bits
        )
    }
}
