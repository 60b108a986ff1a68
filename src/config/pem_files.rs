//! Certificates and private keys in files of PEM: what a file holds is looked at where its name is known, so that what is
//! wrong with it is told with the name.

use secrecy::SecretString;

use super::build_credential::{CredentialPurpose, OpenedSecret, SecretOpener, read_secret_file};
use super::error::SettingsError;
use super::pem;
use super::setting_values::SettingValues;

impl SecretOpener<'_> {
    /// The text of `name`, which contains certificates in PEM format; otherwise the error says what it is instead.
    pub(crate) fn open_certificates(&self, values: &SettingValues, name: &str) -> OpenedSecret<String> {
        let Some((given_as, bytes)) = self.open_bytes(values, name)? else {
            return Ok(None);
        };
        match pem::read_certificates(&bytes) {
            Ok(_) => Ok(Some((given_as, String::from_utf8_lossy(&bytes).into_owned()))),
            Err(wrong) => Err(pem_error(
                values,
                (name, given_as.as_str()),
                &wrong.to_string(),
                wrong.cure,
            )),
        }
    }

    /// The private key of the certificate. What a file holds is looked at here, where its name is known; what is kept
    /// is judged with the credential.
    pub(super) fn open_private_key(
        &self,
        values: &SettingValues,
        name: &str,
        certificate: Option<&str>,
    ) -> OpenedSecret<SecretString> {
        let file_key = format!("{name}_file");
        if let Some(path) = values.absolute_path(&file_key)
            && values.given_text(name).is_none()
        {
            let bytes = read_secret_file(values, name, &file_key)?;
            let key = pem::read_private_key(&bytes)
                .map_err(|wrong| pem_error(values, (name, file_key.as_str()), &wrong.to_string(), wrong.cure))?;
            let all = certificate.and_then(|text| pem::read_certificates(text.as_bytes()).ok());
            if all.is_some_and(|all| pem::order_by_key(all, &key).is_none()) {
                let problem = format!("{} does not belong to the certificate", path.display());
                let advice = "give the key that the certificate was requested with";
                return Err(values.entry_error(&file_key, problem, advice));
            }
        }
        self.open_text(values, name)
    }

    /// Looks at the files of certificates and keys, whose names nobody knows where the content arrives.
    pub(super) fn check_pem_files(&self, values: &SettingValues) -> Result<(), SettingsError> {
        let is_file = |name: &str| values.given_text(&format!("{name}_file")).is_some();
        if is_file("ca") {
            self.open_certificates(values, "ca")?;
        }
        for prefix in CredentialPurpose::ALL.map(CredentialPurpose::key_prefix) {
            let (cert, key) = (format!("{prefix}cert"), format!("{prefix}key"));
            let certificate = if is_file(&cert) {
                self.open_certificates(values, &cert)?
            } else {
                None
            };
            if is_file(&key) {
                self.open_private_key(values, &key, certificate.as_ref().map(|(_, text)| text.as_str()))?;
            }
        }
        Ok(())
    }
}

/// What is wrong with a file of PEM, or with its content; `given_as`: the key that gave it.
fn pem_error(values: &SettingValues, (name, given_as): (&str, &str), wrong: &str, cure: &str) -> SettingsError {
    let file = values.absolute_path(given_as).filter(|_| given_as != name);
    let display_path = file.map(|file| file.display().to_string());
    let problem = match &display_path {
        Some(file) => format!("{file} {wrong}"),
        None => wrong.to_owned(),
    };
    let cure = cure.replace("FILE", display_path.as_deref().unwrap_or("FILE"));
    values.entry_error(given_as, problem, cure)
}
