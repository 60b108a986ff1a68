//! What OCS and the web server in front of it answer, as a reply or a fault. Pure.
//!
//! A status says little here: 403 is a locked computer or a refused sign-in, 500 a value or a database that is gone. Who asks
//! finds out by the probe, and says so with [`ServerHealth`].

use std::io::Read as _;
use std::time::Duration;

use flate2::read::ZlibDecoder;

use crate::targets::TargetFault;

/// So much of an answer is read, and so much it may be when it is unpacked.
pub(super) const ANSWER_BYTES: usize = 256 << 10;

const CHECK_URL: &str = "set `url` to the address that agents of OCS post to, such as https://ocs.example/ocsinventory";
const CHECK_SIGN_IN: &str = "check `user` and `password`, or the client certificate, and what the web server lets in";

/// What the probe found, where an answer alone does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerHealth {
    /// OCS and its database work.
    Good,
    Bad(TargetFault),
}

/// A bare answer.
#[derive(Debug, Clone)]
pub(super) struct OcsAnswer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// Host of a redirect.
    pub location: Option<String>,
    pub body: Vec<u8>,
}

/// What OCS says to an inventory that it has kept.
const KEPT: [&str; 2] = ["NO_ACCOUNT_UPDATE", "ACCOUNT_UPDATE"];

/// Whether a body says that the inventory was kept. A page of somebody in between says no such thing.
pub(super) fn check_inventory_reply(body: &[u8]) -> Result<(), TargetFault> {
    let response = read_response(body)?;
    if KEPT.contains(&response.as_str()) {
        return Ok(());
    }
    Err(TargetFault::Unreadable {
        problem: "the reply of OCS does not say that the inventory was kept".to_owned(),
    })
}

/// The RESPONSE in a reply: packed by zlib, as OCS answers, or bare. The rest of it are texts of people, which are not looked
/// at.
fn read_response(body: &[u8]) -> Result<String, TargetFault> {
    let mut unpacked = Vec::new();
    let mut decoder = ZlibDecoder::new(body).take(ANSWER_BYTES as u64);
    let text = match decoder.read_to_end(&mut unpacked) {
        Ok(_) => unpacked.as_slice(),
        Err(_) => body,
    };
    let text = String::from_utf8_lossy(text);
    let reply = text.split_once("<REPLY>").map(|(_, reply)| reply);
    let response = reply.and_then(|reply| reply.split_once("<RESPONSE>")?.1.split_once("</RESPONSE>"));
    match response {
        Some((word, _)) => Ok(word.trim().to_owned()),
        None => Err(TargetFault::Unreadable {
            problem: "it is not a reply of OCS".to_owned(),
        }),
    }
}

/// Whether the probe has to be asked before an answer can be judged.
pub(super) fn needs_probe(status: u16) -> bool {
    matches!(status, 400 | 403 | 500)
}

/// The fault of an answer that is no success. `health`: what the probe found, where it was asked.
pub(super) fn judge_status(answer: &OcsAnswer, health: &ServerHealth) -> TargetFault {
    let status = answer.status;
    let misconfigured = |problem: String| TargetFault::Misconfigured {
        problem,
        advice: CHECK_URL.to_owned(),
    };
    let unavailable = |problem: &str| TargetFault::Unavailable {
        problem: format!("{problem} (HTTP {status})"),
    };
    match (status, health) {
        (401 | 407, _) | (403, ServerHealth::Bad(_)) => TargetFault::SignIn {
            problem: format!("the web server of OCS refuses the request (HTTP {status})"),
            advice: CHECK_SIGN_IN.to_owned(),
        },
        (403, ServerHealth::Good) => unavailable(
            "OCS has locked the computer: an inventory of it is being kept, or was cut off; the lock ends after LOCK_REUSE_TIME",
        ),
        (400 | 500, ServerHealth::Good) => TargetFault::Refused {
            problem: format!("OCS failed to keep the inventory (HTTP {status})"),
            field: None,
        },
        (400 | 500, ServerHealth::Bad(fault)) => fault.clone(),
        (413, _) => TargetFault::Refused {
            problem: "the inventory is larger than the web server of OCS takes (HTTP 413)".to_owned(),
            field: None,
        },
        (429, _) => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        (503, _) if answer.retry_after.is_some() => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        // Who answers so may have passed the inventory on.
        (502 | 504, _) => TargetFault::LostAnswer {
            problem: format!("a gateway got no answer of OCS (HTTP {status})"),
        },
        (300..=399, _) => misconfigured(match &answer.location {
            Some(host) => format!("the address leads to {host} (HTTP {status}), and no redirect is followed"),
            None => format!("the address leads elsewhere (HTTP {status}), and no redirect is followed"),
        }),
        (404 | 405 | 410, _) => misconfigured(format!("there is no OCS at this address (HTTP {status})")),
        (500..=599, _) => unavailable("the web server of OCS has an error"),
        _ => TargetFault::Unreadable {
            problem: format!("HTTP {status}"),
        },
    }
}

/// What the probe's own answer says of the server; it is never refused for what it holds.
pub(super) fn judge_probe(answer: &OcsAnswer) -> Result<(), TargetFault> {
    match answer.status {
        200 => read_response(&answer.body).map(|_| ()),
        400 => Err(TargetFault::Misconfigured {
            problem: "what answers at this address does not speak as OCS does (HTTP 400)".to_owned(),
            advice: CHECK_URL.to_owned(),
        }),
        500 => Err(TargetFault::Unavailable {
            problem: "OCS does not work: it may have lost its database (HTTP 500)".to_owned(),
        }),
        502 | 504 => Err(TargetFault::Unavailable {
            problem: format!("a gateway got no answer of OCS (HTTP {})", answer.status),
        }),
        // It is not asked again for itself.
        _ => Err(judge_status(answer, &ServerHealth::Bad(TargetFault::NotThere))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::translate::compress_text;
    use super::*;

    const REPLY: &str = "<?xml version='1.0' encoding='UTF-8'?>\n<REPLY>\n  <ACCOUNTINFO>\n    <KEYNAME>TAG</KEYNAME>\n    \
                         <KEYVALUE>Berlin</KEYVALUE>\n  </ACCOUNTINFO>\n  <RESPONSE>ACCOUNT_UPDATE</RESPONSE>\n</REPLY>\n";

    fn answer(status: u16) -> OcsAnswer {
        OcsAnswer {
            status,
            retry_after: None,
            location: None,
            body: Vec::new(),
        }
    }

    #[test]
    fn a_reply_is_read_packed_and_bare() {
        for body in [compress_text(REPLY), REPLY.as_bytes().to_vec()] {
            assert_eq!(check_inventory_reply(&body), Ok(()));
        }
        let new = "<REPLY>\n  <RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>\n</REPLY>";
        assert_eq!(check_inventory_reply(&compress_text(new)), Ok(()));
    }

    #[test]
    fn what_is_no_reply_is_never_taken_for_one() {
        for body in [
            "",
            "ok",
            "<html><body>welcome</body></html>",
            "<REPLY/>",
            "<X><RESPONSE>ACCOUNT_UPDATE</RESPONSE></X>",
            "<REPLY><RESPONSE>STOP</RESPONSE></REPLY>",
            "<REPLY><RESPONSE>ACCOUNT_UPDATE",
        ] {
            let fault = check_inventory_reply(body.as_bytes()).unwrap_err();
            assert_eq!(fault.code(), "unreadable", "{body}");
        }
        let bomb = compress_text(&" ".repeat(100 << 20));
        assert!(check_inventory_reply(&bomb).is_err(), "it is not unpacked whole");
    }

    #[test]
    fn each_status_has_its_fault() {
        let good = ServerHealth::Good;
        let bad = ServerHealth::Bad(TargetFault::Unavailable { problem: "x".into() });
        for (status, health, code) in [
            (401, &good, "signIn"),
            (403, &bad, "signIn"),
            (403, &good, "unavailable"),
            (400, &good, "refused"),
            (500, &good, "refused"),
            (500, &bad, "unavailable"),
            (413, &good, "refused"),
            (429, &good, "throttled"),
            (503, &good, "unavailable"),
            (502, &good, "lostAnswer"),
            (504, &good, "lostAnswer"),
            (302, &good, "misconfigured"),
            (404, &good, "misconfigured"),
            (501, &good, "unavailable"),
            (418, &good, "unreadable"),
        ] {
            assert_eq!(judge_status(&answer(status), health).code(), code, "{status}");
        }
        let asked = OcsAnswer {
            retry_after: Some(Duration::from_secs(30)),
            ..answer(503)
        };
        assert_eq!(
            judge_status(&asked, &good),
            TargetFault::Throttled {
                retry_after: Some(Duration::from_secs(30))
            }
        );
    }

    #[test]
    fn the_probe_tells_whether_it_is_ocs_and_works() {
        let reply = OcsAnswer {
            body: compress_text("<REPLY><RESPONSE>NO_UPDATE</RESPONSE></REPLY>"),
            ..answer(200)
        };
        assert_eq!(judge_probe(&reply), Ok(()));
        for (status, code) in [
            (200, "unreadable"),
            (400, "misconfigured"),
            (401, "signIn"),
            (403, "signIn"),
            (404, "misconfigured"),
            (500, "unavailable"),
            (502, "unavailable"),
        ] {
            assert_eq!(judge_probe(&answer(status)).unwrap_err().code(), code, "{status}");
        }
    }
}
