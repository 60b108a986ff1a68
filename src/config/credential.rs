//! How an instance signs in, and through what network.

use std::fmt;
use std::path::PathBuf;

use chrono::NaiveDate;
use secrecy::{SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// Which national cloud: sets login and Graph host where they are not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NationalCloud {
    #[default]
    Global,
    /// GCC High: login.microsoftonline.us, graph.microsoft.us.
    #[serde(rename = "usgov")]
    UsGovL4,
    /// DoD: login.microsoftonline.us, dod-graph.microsoft.us.
    #[serde(rename = "dod")]
    UsGovL5,
    /// 21Vianet: login.chinacloudapi.cn, microsoftgraph.chinacloudapi.cn.
    China,
}

/// How a client assertion is signed and which thumbprint it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SigningAlgorithm {
    /// PS256 with `x5t#S256`, what Microsoft documents today.
    #[default]
    Ps256,
    /// RS256 with `x5t` (SHA-1), for authorities that know no better.
    Rs256,
}

#[derive(Debug, Clone)]
pub enum CredentialKind {
    Secret(SecretString),
    /// PKCS#12 bytes with their password (empty where there is none).
    Pfx {
        bytes: SecretSlice<u8>,
        password: SecretString,
    },
    /// PEM text of the certificate and of its private key.
    Pem {
        certificate: String,
        key: SecretString,
    },
    /// Workload identity: this file's content is the assertion; read anew for each token.
    TokenFile(PathBuf),
}

/// By which way the client secret of a credential was given, so that a cure names the same way. `key`: of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// By a line of the settings, or kept from one.
    Setting {
        key: String,
    },
    /// In the file of an option of the command.
    OptionFile,
    Prompt,
    StandardInput,
    /// In a request.
    Request {
        key: String,
    },
}

impl Default for SecretPlace {
    fn default() -> SecretPlace {
        SecretPlace::Setting {
            key: "secret_file".to_owned(),
        }
    }
}

/// Reads behind "give the value of the secret".
impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Setting { key } => write!(f, "in `{key}`"),
            SecretPlace::OptionFile => f.write_str("in the file of `--secret-file`"),
            SecretPlace::Prompt => f.write_str("at the prompt"),
            SecretPlace::StandardInput => f.write_str("on standard input"),
            SecretPlace::Request { key } => write!(f, "as `{key}`"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Credential {
    pub kind: CredentialKind,
    /// The application it belongs to; another one than the instance's for separate credentials.
    pub client_id: String,
    pub algorithm: SigningAlgorithm,
    /// For a secret only: when it ends, as the settings say. A certificate says it itself.
    pub expires_on: Option<NaiveDate>,
    /// For a secret only.
    pub secret_place: SecretPlace,
    /// The file that the secret, or the certificate, was read from just now.
    pub file: Option<PathBuf>,
}

/// Proxy and certificate authorities for outgoing connections.
#[derive(Debug, Clone, Default)]
pub struct NetworkSettings {
    /// `http://proxy:8080`; without it the usual environment variables hold.
    pub proxy: Option<Url>,
    pub proxy_user: Option<String>,
    pub proxy_password: Option<SecretString>,
    /// Hosts and domains that are reached directly.
    pub no_proxy: Vec<String>,
    /// PEM file with further certificate authorities, for proxies that inspect TLS.
    pub ca: Option<String>,
}
