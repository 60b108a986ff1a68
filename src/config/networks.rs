//! An address with the length of its network, such as `10.1.2.3/8`, may mean the one address or the whole network. Whoever
//! types one is asked which; nobody guesses. One rule for all places where a network says who is trusted. In `no_proxy` it
//! says what goes past the proxy, and is taken as the whole network.

use ipnet::IpNet;

use super::error::InvalidSetting;

/// The two that such a text may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkReadings {
    pub address: IpNet,
    pub network: IpNet,
}

/// `None`: it means one thing only.
pub fn find_two_readings(given: IpNet) -> Option<NetworkReadings> {
    (given.trunc() != given).then(|| NetworkReadings {
        address: IpNet::from(given.addr()),
        network: given.trunc(),
    })
}

/// Refuses what may mean two things, with both as they are written.
pub(super) fn require_one_reading(given: IpNet) -> Result<IpNet, InvalidSetting> {
    match find_two_readings(given) {
        None => Ok(given),
        Some(NetworkReadings { address, network }) => Err(InvalidSetting::new(
            format!("{given} may be one address or a whole network"),
            format!("write {address} for the one address, or {network} for the whole network"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::address_parsers::parse_networks;

    #[test]
    fn wn_49_a_network_whose_address_goes_on_behind_its_length_is_refused() {
        for (given, address, network) in [
            ("10.1.2.3/8", "10.1.2.3/32", "10.0.0.0/8"),
            ("192.168.1.5/24", "192.168.1.5/32", "192.168.1.0/24"),
            ("10.1.2.3/0", "10.1.2.3/32", "0.0.0.0/0"),
            ("fd00::7/8", "fd00::7/128", "fd00::/8"),
        ] {
            let refused = parse_networks(&format!("192.0.2.7, {given}")).expect_err(given);
            let (problem, advice) = (refused.problem, refused.advice);
            assert!(problem.starts_with(given) && problem.contains("may be"), "{problem}");
            assert!(
                advice.contains(&format!("{address} for the one address"))
                    && advice.contains(&format!("{network} for the whole network")),
                "{given}: {advice}"
            );
        }
    }

    #[test]
    fn wn_49_what_is_written_as_one_of_the_two_is_taken() {
        for given in ["10.0.0.0/8", "10.1.2.3/32", "10.1.2.3", "0.0.0.0/0", "fd00::/8", "::1"] {
            assert!(parse_networks(given).is_ok(), "{given}");
        }
    }
}
