//! Whose fault a failed scan is, by its code: nobody needs to do anything about an outage of Microsoft's, and everybody
//! waits in vain where a secret is wrong. Pure.

use crate::entra::error_codes::{ErrorCodeKind, find_code_row};

/// Where something is to be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultOrigin {
    /// Graph or Entra is down, slow, or asks to be left alone: 429, 5xx, timeouts. It passes by itself.
    Microsoft,
    /// Between this machine and Microsoft: names, proxies, certificates, connections.
    Network,
    /// This machine: its disk, its store.
    Machine,
    /// Settings, credentials and rights: somebody has to change something.
    Settings,
}

const MICROSOFT: [&str; 10] = [
    "throttled",
    "serverError",
    "badGateway",
    "unavailable",
    "gatewayTimeout",
    "timedOut",
    "signInThrottled",
    "signInUnavailable",
    "repeatedLink",
    "unreadable",
];
const NETWORK: [&str; 15] = [
    "nameNotFound",
    "connectionRefused",
    "unreachable",
    "connectionReset",
    "noConnection",
    "brokenOff",
    "notJson",
    "redirect",
    "notATokenEndpoint",
    "tlsUntrusted",
    "tlsFailed",
    "proxyUnreachable",
    "proxyWantsPassword",
    "proxyWantsOther",
    "proxyRefused",
];
const MACHINE: [&str; 6] = [
    "diskFull",
    "diskFailed",
    "storeDamaged",
    "storeFailed",
    "storeContent",
    "storeClosed",
];
const ENTRA_PREFIX: &str = "AADSTS";

/// What is not known is ours: somebody looks.
pub(super) fn find_origin(code: &str) -> FaultOrigin {
    if MICROSOFT.contains(&code) || is_passing_in_entra(code) {
        FaultOrigin::Microsoft
    } else if NETWORK.contains(&code) {
        FaultOrigin::Network
    } else if MACHINE.contains(&code) {
        FaultOrigin::Machine
    } else {
        FaultOrigin::Settings
    }
}

/// Whether Entra has refused a sign-in that somebody has to mend.
pub(super) fn is_refused_sign_in(code: &str) -> bool {
    find_origin(code) == FaultOrigin::Settings && (code.starts_with(ENTRA_PREFIX) || code == "signInRefused")
}

fn is_passing_in_entra(code: &str) -> bool {
    let number = code.strip_prefix(ENTRA_PREFIX).and_then(|number| number.parse().ok());
    let row = number.and_then(|number: u32| find_code_row(&[number]));
    row.is_some_and(|row| row.kind == ErrorCodeKind::Transient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_of_microsofts_is_told_from_our_mistakes() {
        for (code, origin) in [
            ("throttled", FaultOrigin::Microsoft),
            ("unavailable", FaultOrigin::Microsoft),
            ("timedOut", FaultOrigin::Microsoft),
            ("signInThrottled", FaultOrigin::Microsoft),
            ("AADSTS90033", FaultOrigin::Microsoft),
            ("nameNotFound", FaultOrigin::Network),
            ("proxyWantsPassword", FaultOrigin::Network),
            ("diskFull", FaultOrigin::Machine),
            ("AADSTS7000215", FaultOrigin::Settings),
            ("AADSTS1", FaultOrigin::Settings),
            ("AADSTSx", FaultOrigin::Settings),
            ("forbidden", FaultOrigin::Settings),
            ("unauthorized", FaultOrigin::Settings),
            ("badRequest", FaultOrigin::Settings),
            ("settings", FaultOrigin::Settings),
            ("somethingNew", FaultOrigin::Settings),
        ] {
            assert_eq!(find_origin(code), origin, "{code}");
        }
    }

    #[test]
    fn a_refused_sign_in_is_one_that_somebody_mends() {
        for (code, refused) in [
            ("AADSTS7000215", true),
            ("signInRefused", true),
            ("AADSTS90033", false),
            ("signInThrottled", false),
            ("forbidden", false),
        ] {
            assert_eq!(is_refused_sign_in(code), refused, "{code}");
        }
    }
}
