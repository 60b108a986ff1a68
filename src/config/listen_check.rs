//! Whether the address that the command line gives fits those of `bus.ini`. The folder is only looked at.

use std::net::SocketAddr;
use std::path::Path;

use super::bus::BusSettings;
use super::data_folder::read_bus_settings;
use super::error::SettingsError;

/// Before anything is made: on an address that another part of the bus takes, it would not start.
pub fn check_listen_option(folder: &Path, listen: SocketAddr) -> Result<(), SettingsError> {
    let file = folder.join("bus.ini");
    // With the defaults, all are apart.
    if !file.is_file() {
        return Ok(());
    }
    let settings = read_bus_settings(&file)?;
    let Some((key, taken)) = find_taken_address(&settings, listen) else {
        return Ok(());
    };
    Err(SettingsError {
        file: file.display().to_string(),
        line: None,
        key: key.to_owned(),
        problem: format!("{taken} is taken by another part of the bus when it listens on {listen} (--listen)"),
        advice: format!("give another address with --listen, or change {key}"),
    })
}

/// The setting whose address is taken already, and that address.
fn find_taken_address(settings: &BusSettings, listen: SocketAddr) -> Option<(&'static str, SocketAddr)> {
    let metrics = settings.metrics_listen;
    let console = settings.console.address.beside(listen);
    let is_taken = |address: SocketAddr, others: &[Option<SocketAddr>]| {
        let mut others = others.iter().flatten();
        others.any(|other| is_same_place(address, *other))
    };
    let of_metrics = metrics.filter(|address| is_taken(*address, &[Some(listen)]));
    let of_console = console.filter(|address| is_taken(*address, &[Some(listen), metrics]));
    let of_metrics = of_metrics.map(|address| ("metrics_listen", address));
    of_metrics.or(of_console.map(|address| ("console_listen", address)))
}

/// Port 0 is another one for each; all addresses are this one, too.
fn is_same_place(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && one.is_ipv4() == other.is_ipv4() && covers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_89_an_address_that_another_part_of_the_bus_has_is_found() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let settings = |text: &str| BusSettings::from_ini(Path::new("bus.ini"), text).expect("they fit");
        let both = settings("console_listen = 127.0.0.1:3901\nmetrics_listen = 127.0.0.1:3902\n");
        let auto = settings("metrics_listen = 127.0.0.1:3902\n");
        for (settings, listen, key) in [
            (&both, "127.0.0.1:3900", None),
            (&both, "127.0.0.1:3901", Some("console_listen")),
            (&both, "0.0.0.0:3902", Some("metrics_listen")),
            (&both, "127.0.0.1:0", None),
            (&auto, "127.0.0.1:3902", Some("metrics_listen")),
            (&auto, "127.0.0.1:3901", Some("console_listen")),
        ] {
            let found = find_taken_address(settings, at(listen));
            assert_eq!(found.map(|(key, _)| key), key, "{listen}");
        }
    }
}
