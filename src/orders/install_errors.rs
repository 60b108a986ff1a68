//! What the error codes that people meet most mean, and what the person should do. From Microsoft's list of app installation
//! errors and from Windows Installer; a code that is not here is shown as it is.

use super::order_text::BilingualText;

struct KnownError {
    code: u32,
    en: &'static str,
    de: &'static str,
}

const fn known(code: u32, en: &'static str, de: &'static str) -> KnownError {
    KnownError { code, en, de }
}

/// By code.
#[rustfmt::skip]
const TABLE: &[KnownError] = &[
    known(0x80070002, "A file of the app is missing. Report this to the help desk: the package has to be repaired.", "Eine Datei der App fehlt. Bitte der Hotline melden: Das Paket muss repariert werden."),
    known(0x80070005, "Access was denied. Restart the device and wait; if it fails again, report it to the help desk.", "Der Zugriff wurde verweigert. Bitte das Gerät neu starten und warten; wenn es wieder fehlschlägt, der Hotline melden."),
    known(0x80070020, "A file was in use. Close the app and restart the device.", "Eine Datei war in Benutzung. Bitte die App schließen und das Gerät neu starten."),
    known(0x80070070, "The disk is full. Free some space; Intune tries again.", "Der Datenträger ist voll. Bitte Platz schaffen; Intune versucht es erneut."),
    known(0x800704C7, "The installation was cancelled on the device. Order the app again and let the installation finish.", "Die Installation wurde am Gerät abgebrochen. Bitte die App erneut bestellen und die Installation abwarten."),
    known(0x80070641, "Windows Installer does not run. Restart the device.", "Der Windows Installer läuft nicht. Bitte das Gerät neu starten."),
    known(0x80070642, "The installation was cancelled on the device. Order the app again and let the installation finish.", "Die Installation wurde am Gerät abgebrochen. Bitte die App erneut bestellen und die Installation abwarten."),
    known(0x80070643, "The installer failed. Restart the device; if it fails again, report it to the help desk with the log of the installer.", "Das Installationsprogramm ist gescheitert. Bitte das Gerät neu starten; wenn es wieder fehlschlägt, mit dem Protokoll der Hotline melden."),
    known(0x80070652, "Another installation was running. Wait until it is over; Intune tries again.", "Es lief bereits eine andere Installation. Bitte ihr Ende abwarten; Intune versucht es erneut."),
    known(0x80070659, "A policy forbids this installation. Report this to the help desk.", "Eine Richtlinie verbietet diese Installation. Bitte der Hotline melden."),
    known(0x8007065B, "The package is damaged. Report this to the help desk.", "Das Paket ist beschädigt. Bitte der Hotline melden."),
    known(0x80070661, "The app is not made for this processor. Report this to the help desk: another package is needed.", "Die App ist nicht für diesen Prozessor gemacht. Bitte der Hotline melden: Es wird ein anderes Paket gebraucht."),
    known(0x80070666, "Another version of the app is installed. Remove it first.", "Eine andere Version der App ist installiert. Bitte zuerst diese entfernen."),
    known(0x80070BC2, "Restart the device to complete the installation.", "Bitte das Gerät neu starten, um die Installation abzuschließen."),
    known(0x80072EE2, "The download took too long. Check the network connection of the device.", "Das Herunterladen dauerte zu lange. Bitte die Netzverbindung des Geräts prüfen."),
    known(0x80072EE7, "The device did not find the download server. Check its network connection.", "Das Gerät fand den Server nicht. Bitte seine Netzverbindung prüfen."),
    known(0x80072EFD, "The device could not connect to the download server. Check its network connection, proxy and firewall.", "Das Gerät konnte den Server nicht erreichen. Bitte Netzverbindung, Proxy und Firewall prüfen."),
    known(0x80073CF0, "The package could not be opened: it is unsigned or damaged. Report this to the help desk.", "Das Paket ließ sich nicht öffnen: Es ist unsigniert oder beschädigt. Bitte der Hotline melden."),
    known(0x80073CF3, "Something that the app needs is missing or conflicts with it. Report this to the help desk.", "Etwas, das die App braucht, fehlt oder passt nicht dazu. Bitte der Hotline melden."),
    known(0x80073CF9, "Windows could not install the package. Restart the device and wait.", "Windows konnte das Paket nicht installieren. Bitte das Gerät neu starten und warten."),
    known(0x80073CFB, "Another build of the same version is installed. Remove the app first.", "Ein anderer Stand derselben Version ist installiert. Bitte die App zuerst entfernen."),
    known(0x80073CFF, "The device does not allow apps from outside the store. Report this to the help desk.", "Das Gerät erlaubt keine Apps von außerhalb des Stores. Bitte der Hotline melden."),
    known(0x80073D02, "The app was in use. Close it; Intune tries again.", "Die App war in Benutzung. Bitte schließen; Intune versucht es erneut."),
    known(0x80073D06, "A newer version of the app is installed already.", "Eine neuere Version der App ist bereits installiert."),
    known(0x87D1041C, "The installer ended well, but Intune does not detect the app. If the app works, report this to the help desk: the detection rule has to be corrected.", "Das Installationsprogramm lief durch, aber Intune erkennt die App nicht. Wenn die App funktioniert, bitte der Hotline melden: Die Erkennungsregel muss korrigiert werden."),
    known(0x87D11388, "The device was busy. Leave it switched on and unlocked; Intune tries again.", "Das Gerät war beschäftigt. Bitte eingeschaltet und entsperrt lassen; Intune versucht es erneut."),
    known(0x87D12906, "The device gave no reason. Restart it; Intune tries again.", "Das Gerät nannte keinen Grund. Bitte neu starten; Intune versucht es erneut."),
    known(0x87D1313C, "The network connection of the device was lost. Connect it to a network; Intune tries again.", "Die Netzverbindung des Geräts brach ab. Bitte mit einem Netz verbinden; Intune versucht es erneut."),
    known(0x87D13B60, "The app needs a redemption code. Report this to the help desk: there are no licences left.", "Die App braucht einen Einlösecode. Bitte der Hotline melden: Es sind keine Lizenzen übrig."),
    known(0x87D13B62, "The installation was declined on the device. Order the app again and accept the installation.", "Die Installation wurde am Gerät abgelehnt. Bitte die App erneut bestellen und der Installation zustimmen."),
    known(0x87D13B63, "The update was declined on the device. Accept it when the device asks again.", "Die Aktualisierung wurde am Gerät abgelehnt. Bitte zustimmen, wenn das Gerät wieder fragt."),
    known(0x87D13B64, "The device could not install the app. Check its network connection and free space, then restart it.", "Das Gerät konnte die App nicht installieren. Bitte Netzverbindung und freien Platz prüfen, dann neu starten."),
    known(0x87D13B66, "The app was removed on the device. Order it again.", "Die App wurde am Gerät entfernt. Bitte erneut bestellen."),
    known(0x87D13B6B, "No licence is left for this app. Report this to the help desk.", "Für diese App ist keine Lizenz übrig. Bitte der Hotline melden."),
    known(0x87D1FDE8, "A setting of the device could not be applied. Synchronise the device with the Company Portal and wait.", "Eine Einstellung des Geräts ließ sich nicht anwenden. Bitte das Gerät im Unternehmensportal synchronisieren und warten."),
    known(0x87D30067, "The downloaded package could not be unpacked. Check the free space of the disk; if it fails again, report it to the help desk.", "Das heruntergeladene Paket ließ sich nicht entpacken. Bitte den freien Platz prüfen; wenn es wieder fehlschlägt, der Hotline melden."),
    known(0x87D30068, "The package could not be downloaded. Check the network connection of the device.", "Das Paket ließ sich nicht herunterladen. Bitte die Netzverbindung des Geräts prüfen."),
    known(0x87D300C9, "The installer took longer than Intune waits. If the app is there, no action is needed; otherwise restart the device.", "Das Installationsprogramm brauchte länger, als Intune wartet. Ist die App da, ist nichts zu tun; sonst bitte das Gerät neu starten."),
    known(0xC7D14FB1, "The installation was cancelled on the device. Order the app again and accept the installation.", "Die Installation wurde am Gerät abgebrochen. Bitte die App erneut bestellen und der Installation zustimmen."),
    known(0xC7D14FB2, "The download failed. Check the network connection of the device.", "Das Herunterladen schlug fehl. Bitte die Netzverbindung des Geräts prüfen."),
    known(0xC7D14FB5, "The device could not install the app. Check its free space and restart it.", "Das Gerät konnte die App nicht installieren. Bitte freien Platz prüfen und neu starten."),
    known(0xC7D14FBB, "The installation was interrupted by a restart. Intune tries again.", "Die Installation wurde durch einen Neustart unterbrochen. Intune versucht es erneut."),
];

/// Intune reports the code as a signed number of 32 bits; the table and people know it as an unsigned one.
fn as_unsigned(code: i64) -> u32 {
    (code & 0xFFFF_FFFF) as u32
}

/// `0x87D1041C`.
pub fn hex_error_code(code: i64) -> String {
    format!("0x{:08X}", as_unsigned(code))
}

/// What the person should do; `None`: nobody has written that down for this code.
pub fn explain_install_error(code: i64) -> Option<BilingualText> {
    let code = as_unsigned(code);
    let found = TABLE.iter().find(|known| known.code == code)?;
    Some(BilingualText::new(found.en, found.de))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sh_37_a_code_is_told_in_hex_and_found_whatever_its_sign() {
        assert_eq!(hex_error_code(-2_016_345_060), "0x87D1041C");
        assert_eq!(hex_error_code(0x87D1_041C), "0x87D1041C");
        assert_eq!(hex_error_code(0), "0x00000000");
        let text = explain_install_error(-2_016_345_060).map(|text| text.en);
        assert!(text.is_some_and(|text| text.contains("does not detect the app")));
        assert_eq!(explain_install_error(17), None);
    }

    #[test]
    fn the_table_is_in_order_and_says_something_in_both_languages() {
        assert!(TABLE.is_sorted_by(|one, next| one.code < next.code));
        assert!(
            TABLE
                .iter()
                .all(|known| known.en.ends_with('.') && known.de.ends_with('.') && known.en != known.de)
        );
    }
}
