//! (stand-in until the branch with the world is merged)

/// Request extension: the connection is TLS, so links begin with https.
#[derive(Debug, Clone, Copy)]
pub struct Secure(pub bool);
