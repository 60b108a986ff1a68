//! Why an address is not posted to.

use crate::net::AddressRefused;

/// To the webhook of a management server: the field and the option named are those of that operation.
pub(crate) fn advise_server_address(refused: &AddressRefused) -> &'static str {
    match refused {
        AddressRefused::Private { .. } => {
            "If it is in your own network or on this machine, set allowPrivateAddresses, or give \
             --allow-private-addresses to intune-connector servers webhook."
        }
        AddressRefused::Forbidden { .. } => {
            "Give another address: link-local ones and those of a cloud's metadata are never reached."
        }
        AddressRefused::Plain { .. } | AddressRefused::Scheme => {
            "Write https://, and let that address answer to it. http:// is for private addresses, with \
             allowPrivateAddresses (--allow-private-addresses)."
        }
        AddressRefused::NoHost => "Write it as https://host/path.",
        AddressRefused::Credentials => "Leave user name and password out; the receiver verifies the signature.",
        AddressRefused::Wildcard => "Write the name of one host, such as https://hooks.example.com/path.",
        AddressRefused::PortZero => "Write the port that the receiver listens on, or leave it out.",
        AddressRefused::Fragment => {
            "Leave out the # and what is behind it, or write it as %23 if it belongs to the path."
        }
    }
}
