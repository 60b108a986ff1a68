//! Settings of the network that are no use.

/// Settings of the network from which no client can be built; found out at start.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HttpError {
    #[error("invalid certificate authorities of the instance (`ca`): {what}")]
    Authorities { what: String },
    #[error("invalid proxy address {address}: {what}")]
    Proxy { address: String, what: String },
    #[error("failed to build the HTTP client: {0}")]
    Build(String),
}

impl HttpError {
    pub fn code(&self) -> &'static str {
        match self {
            HttpError::Authorities { .. } => "authorities",
            HttpError::Proxy { .. } => "proxyAddress",
            HttpError::Build(_) => "httpClient",
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            HttpError::Authorities { .. } => {
                "provide one or more BEGIN CERTIFICATE blocks (convert with `openssl x509 -inform der -in ca.cer`)"
            }
            HttpError::Proxy { .. } => {
                "write it as http://host:port; set user and password as `proxy_user` and `proxy_password_file`"
            }
            HttpError::Build(_) => "check the TLS library of this machine",
        }
    }
}
