//! The codes of Entra's token endpoint: what is wrong and what to do. Told apart by `error_codes`
//! alone; Microsoft's texts change.

/// One row: the number behind `AADSTS`, what is wrong (reads after "sign-in refused: "), and the cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCodeRow {
    pub code: u32,
    pub description: &'static str,
    pub advice: &'static str,
    pub kind: ErrorCodeKind,
}

/// What a code means for the next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCodeKind {
    /// Somebody has to change something.
    Settings,
    /// Passes by itself.
    Transient,
}

const fn settings_row(code: u32, wrong: &'static str, advice: &'static str) -> ErrorCodeRow {
    ErrorCodeRow {
        code,
        description: wrong,
        advice,
        kind: ErrorCodeKind::Settings,
    }
}

const fn transient_row(code: u32, wrong: &'static str, advice: &'static str) -> ErrorCodeRow {
    ErrorCodeRow {
        code,
        description: wrong,
        advice,
        kind: ErrorCodeKind::Transient,
    }
}

const FEDERATED: &str = "compare issuer, subject and audience of the federated credential in the app registration with \
the token in `token_file`; they must match exactly";
const CLOUD: &str = "set `cloud` (or `login_url` and `graph_url`) to the national cloud of this tenant";
const PERSON: &str = "check `user_name` and `user_password_file` of the compliance node; better: remove `password_grant` \
from it, so that it signs in with the credential of the instance";
const MFA: &str = "the password grant does not support a second factor: remove `password_grant` from the compliance node, so that \
it signs in with the credential of the instance; do not exempt the account from the second factor";
const WAIT: &str = "no action needed; the sign-in is retried";

pub const TABLE: &[ErrorCodeRow] = &[
    settings_row(
        7_000_215,
        "the client secret is wrong",
        "give the secret's value (not its id) {place}; a lost value cannot be recovered: create a new secret in the app registration",
    ),
    settings_row(
        7_000_222,
        "the client secret has expired",
        "create a new client secret in the app registration and give its value {place}; `next_secret_file` allows a change without interruption",
    ),
    settings_row(
        7_000_229,
        "the application has no service principal in this tenant: consent is missing",
        "an administrator of this tenant must consent: `az ad sp create --id CLIENT_ID`, then `az ad app permission admin-consent --id CLIENT_ID`; check `tenant_id`",
    ),
    settings_row(
        7_000_213,
        "the client secret is malformed",
        "give the secret's value, as shown when it was created, {place}; nothing before or after it",
    ),
    settings_row(
        5_000_225,
        "the tenant has been blocked for inactivity",
        "an administrator of the tenant must ask Microsoft to unblock it (https://aka.ms/TenantBlockedByInactivity); or check `tenant_id`",
    ),
    settings_row(
        700_016,
        "the application was not found in this tenant",
        "check `client_id` (the application id, not the object id) and `tenant_id`; the app must be registered in this tenant or have its consent",
    ),
    settings_row(
        90_002,
        "the tenant was not found",
        "check `tenant_id`; a tenant of a national cloud needs `cloud`",
    ),
    settings_row(
        900_023,
        "the tenant id is malformed",
        "`tenant_id` must be a GUID or a verified domain name",
    ),
    settings_row(
        700_027,
        "the certificate is not registered for the application, or its signature is not accepted",
        "upload the certificate (public part) to the app registration and compare the thumbprint; use `algorithm = RS256` if the authority does not support PS256",
    ),
    settings_row(
        700_024,
        "the assertion is not valid at this time",
        "the clock of this machine is wrong: synchronise it (NTP); a federated token may be too old",
    ),
    settings_row(
        7_000_216,
        "Entra received neither a secret nor an assertion",
        "check whether a proxy changes requests",
    ),
    settings_row(
        7_000_218,
        "the application requires a client secret or a certificate",
        "set one of `secret_file`, `pfx_file`, `cert_file` with `key_file`, `token_file`",
    ),
    settings_row(
        700_025,
        "the application is registered as a public client",
        "disable \"Allow public client flows\" in the app registration, or register a separate app",
    ),
    settings_row(
        7_000_112,
        "the application is disabled",
        "enable it under Enterprise applications (\"Enabled for users to sign-in\"), or ask who disabled it",
    ),
    settings_row(
        70_001,
        "the application is disabled or does not exist",
        "check `client_id`; enable the application under Enterprise applications",
    ),
    settings_row(
        70_011,
        "the scope is not accepted",
        "check `graph_url` and `cloud`: the scope is the Graph address followed by /.default",
    ),
    settings_row(
        1_002_012,
        "the scope is not accepted",
        "check `graph_url` and `cloud`: the scope is the Graph address followed by /.default",
    ),
    settings_row(
        500_011,
        "the tenant does not know Microsoft Graph by this address",
        CLOUD,
    ),
    settings_row(70_021, "no federated credential matches the token", FEDERATED),
    settings_row(700_211, "no federated credential matches the token's issuer", FEDERATED),
    settings_row(
        700_212,
        "no federated credential matches the token's audience",
        FEDERATED,
    ),
    settings_row(
        700_213,
        "no federated credential matches the token's subject",
        FEDERATED,
    ),
    settings_row(700_214, "the federated token is not accepted", FEDERATED),
    settings_row(
        700_229,
        "only tokens issued to an application for itself are accepted from this issuer",
        FEDERATED,
    ),
    settings_row(
        50_126,
        "user name or password is wrong, or the account is federated",
        PERSON,
    ),
    settings_row(
        65_001,
        "consent to the rights of the application is missing",
        "an administrator must grant consent: `az ad app permission admin-consent --id CLIENT_ID`",
    ),
    settings_row(50_076, "a second factor is required", MFA),
    settings_row(50_079, "a second factor must be set up", MFA),
    settings_row(
        53_003,
        "Conditional Access blocks the sign-in",
        "ask an administrator to check the sign-in log (service principals) and exclude this application, or allow the address of this machine",
    ),
    settings_row(50_034, "the user was not found in this tenant", PERSON),
    settings_row(
        50_053,
        "the user's account is locked after too many wrong passwords",
        PERSON,
    ),
    settings_row(50_055, "the user's password has expired", PERSON),
    settings_row(50_057, "the user's account is disabled", PERSON),
    settings_row(
        9_001_023,
        "the password grant needs a specific tenant in `tenant_id`",
        PERSON,
    ),
    transient_row(
        50_196,
        "Entra has detected a loop of identical requests",
        "stop other programs that keep signing in with this application; the sign-in is retried later",
    ),
    transient_row(90_033, "Entra is temporarily unavailable", WAIT),
    transient_row(90_006, "Entra is temporarily unavailable", WAIT),
    transient_row(90_024, "Entra is busy", WAIT),
    transient_row(90_012, "Entra did not answer in time", WAIT),
    transient_row(
        90_055,
        "the tenant sends Entra too many requests",
        "other applications of the tenant may be the cause; the sign-in is retried later",
    ),
    settings_row(
        900_144,
        "a parameter is missing from the request",
        "check whether a proxy changes requests",
    ),
    settings_row(90_038, "the tenant belongs to another national cloud", CLOUD),
    settings_row(900_382, "the tenant belongs to another national cloud", CLOUD),
];

/// The row of the first known code.
pub fn find_code_row(codes: &[u32]) -> Option<&'static ErrorCodeRow> {
    codes.iter().find_map(|code| TABLE.iter().find(|row| row.code == *code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_there_once_and_tells_what_to_do() {
        for (i, row) in TABLE.iter().enumerate() {
            assert!(!row.description.is_empty() && row.advice.len() > 10, "{}", row.code);
            assert!(
                TABLE[..i].iter().all(|other| other.code != row.code),
                "{} is twice",
                row.code
            );
        }
    }

    #[test]
    fn every_code_of_the_fact_sheet_is_known() {
        for code in [
            7_000_215, 7_000_222, 700_016, 90_002, 900_023, 700_027, 700_024, 7_000_216, 7_000_218, 700_025, 7_000_112,
            70_001, 70_011, 1_002_012, 500_011, 700_211, 700_212, 700_213, 700_229, 50_126, 65_001, 50_076, 50_079,
            53_003, 50_034, 50_196, 7_000_229, 7_000_213, 5_000_225, 90_033, 90_006, 90_024, 90_012, 90_055, 900_144,
            90_038, 900_382,
        ] {
            assert!(find_code_row(&[code]).is_some(), "{code}");
        }
    }

    #[test]
    fn the_first_known_code_decides() {
        assert_eq!(find_code_row(&[1, 7_000_222]).map(|row| row.code), Some(7_000_222));
        assert_eq!(find_code_row(&[1, 2]), None);
    }
}
