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
the token in `token_file`; they must be equal letter by letter";
const CLOUD: &str = "set `cloud` (or `login_url` and `graph_url`) to the national cloud of this tenant";
const PERSON: &str = "check `user_name` and `user_password_file` of the compliance node; better: take `password_grant` out \
of it, so that it signs in by the instance's own credential";
const MFA: &str = "the password grant can't do a second factor: take `password_grant` out of the compliance node, so that it signs \
in by the instance's own credential, rather than except the account from the second factor";
const WAIT: &str = "nothing to do; it is tried again";

pub const TABLE: &[ErrorCodeRow] = &[
    settings_row(
        7_000_215,
        "the client secret is wrong",
        "put the secret's value (not its id) into `secret_file`; a lost value can't be read again: make a new secret in the app registration",
    ),
    settings_row(
        7_000_222,
        "the client secret has expired",
        "make a new client secret in the app registration and put its value into `secret_file`; `next_secret_file` allows a change without a gap",
    ),
    settings_row(
        7_000_229,
        "the application has no service principal in this tenant: nobody has consented to it here",
        "let an administrator of this tenant consent: `az ad sp create --id CLIENT_ID`, then `az ad app permission admin-consent --id CLIENT_ID`; check `tenant_id`",
    ),
    settings_row(
        7_000_213,
        "the client secret is not of a form that Entra takes",
        "put the secret's value, as it was shown when it was made, into `secret_file`; nothing before or behind it",
    ),
    settings_row(
        5_000_225,
        "the tenant has been blocked because nobody used it",
        "let an administrator of the tenant have it unblocked by Microsoft (https://aka.ms/TenantBlockedByInactivity); or check `tenant_id`",
    ),
    settings_row(
        700_016,
        "the application is not known in this tenant",
        "check `client_id` (the application id, not the object id) and `tenant_id`; the app must be registered in, or consented to by, this tenant",
    ),
    settings_row(
        90_002,
        "the tenant was not found",
        "check `tenant_id`; a tenant of a national cloud needs `cloud`",
    ),
    settings_row(
        900_023,
        "the tenant id is malformed",
        "`tenant_id` is a GUID or a verified domain name",
    ),
    settings_row(
        700_027,
        "the certificate is not registered for the application, or its signature is not accepted",
        "upload the certificate (public part) to the app registration and compare the thumbprint; `algorithm = RS256` helps authorities that do not know PS256",
    ),
    settings_row(
        700_024,
        "the assertion is not valid at this time",
        "the clock of this machine is wrong: synchronise it (NTP); a federated token may be too old",
    ),
    settings_row(
        7_000_216,
        "no secret and no assertion reached Entra",
        "check whether a proxy changes requests",
    ),
    settings_row(
        7_000_218,
        "the application wants a client secret or a certificate",
        "give one of `secret_file`, `pfx_file`, `cert_file` with `key_file`, `token_file`",
    ),
    settings_row(
        700_025,
        "the application is registered as a public client",
        "switch off \"Allow public client flows\" in the app registration, or register an app of its own",
    ),
    settings_row(
        7_000_112,
        "the application is disabled",
        "enable it under Enterprise applications (\"Enabled for users to sign-in\"), or ask who disabled it",
    ),
    settings_row(
        70_001,
        "the application is disabled or not known",
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
        "Microsoft Graph is not known in this tenant by this address",
        CLOUD,
    ),
    settings_row(70_021, "no federated credential fits the token", FEDERATED),
    settings_row(700_211, "no federated credential fits the token's issuer", FEDERATED),
    settings_row(700_212, "no federated credential fits the token's audience", FEDERATED),
    settings_row(700_213, "no federated credential fits the token's subject", FEDERATED),
    settings_row(700_214, "the federated token is not accepted", FEDERATED),
    settings_row(
        700_229,
        "only a token that an application got for itself is accepted from this issuer",
        FEDERATED,
    ),
    settings_row(
        50_126,
        "user name or password is wrong, or the account is federated",
        PERSON,
    ),
    settings_row(
        65_001,
        "nobody has consented to the rights of the application",
        "let an administrator grant consent: `az ad app permission admin-consent --id CLIENT_ID`",
    ),
    settings_row(50_076, "a second factor is wanted", MFA),
    settings_row(50_079, "a second factor has to be set up", MFA),
    settings_row(
        53_003,
        "Conditional Access blocks the sign-in",
        "let an administrator look at the sign-in log (service principals) and except this application, or allow this machine's address",
    ),
    settings_row(50_034, "the user is not known in this tenant", PERSON),
    settings_row(
        50_053,
        "the user's account is locked after too many wrong passwords",
        PERSON,
    ),
    settings_row(50_055, "the user's password has expired", PERSON),
    settings_row(50_057, "the user's account is disabled", PERSON),
    settings_row(
        9_001_023,
        "the password grant needs the tenant itself in `tenant_id`",
        PERSON,
    ),
    transient_row(
        50_196,
        "Entra sees a loop of equal requests",
        "stop other programs that sign in with this application over and over; it is tried again later",
    ),
    transient_row(90_033, "Entra is not available for a moment", WAIT),
    transient_row(90_006, "Entra is not available for a moment", WAIT),
    transient_row(90_024, "Entra is busy", WAIT),
    transient_row(90_012, "Entra did not answer in time", WAIT),
    transient_row(
        90_055,
        "the tenant sends Entra too many requests",
        "other applications of the tenant may be the cause; it is tried again later",
    ),
    settings_row(
        900_144,
        "a parameter is missing in the request",
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
