//! A device's JSON as it is kept. Three quarters of it are names of properties, the same for every device and in the
//! same order; they are kept as one byte each. A first scan writes, and a reader's page reads, a third of the bytes.
//!
//! It is a matter of text alone: a comma and a name stand as one mark, whatever they mean where they stand, so that
//! [`DeviceBody::to_json`] gives back what [`DeviceBody::from_json`] took, byte for byte. Marks are control characters, which JSON has only escaped;
//! a text that holds one all the same, or is no device, is kept as it is.

use super::DeviceId;

/// First byte of what is packed; stands for `{"id":`.
const PACKED: u8 = 1;
/// The name after the one before, in the order of [`NAMES`], with its comma.
const NEXT: u8 = 2;
/// The same, and its value: null.
const NEXT_NULL: u8 = 3;
/// A name out of its turn; its number follows, counted from [`FIRST`].
const NAMED: u8 = 4;
/// Numbers begin where control characters end.
const FIRST: u8 = 0x20;

const BEGIN: &str = "{\"id\":";
/// Room for most devices.
const USUAL_BYTES: usize = 768;

macro_rules! names {
    ($($name:literal)*) => { &[$(concat!("\"", $name, "\":")),*] };
}

/// On every disk: names are added at the end, never moved and never taken out. One that is missing here costs room and
/// nothing else. At most 95, or a number would not be plain ASCII.
const NAMES: &[&str] = names! {
    "id" "userId" "deviceName" "managedDeviceOwnerType" "enrolledDateTime" "lastSyncDateTime" "operatingSystem"
    "osVersion" "complianceState" "jailBroken" "managementAgent" "easActivated" "easDeviceId" "easActivationDateTime"
    "azureADRegistered" "deviceEnrollmentType" "emailAddress" "azureADDeviceId" "deviceRegistrationState"
    "deviceCategoryDisplayName" "isSupervised" "exchangeLastSuccessfulSyncDateTime" "exchangeAccessState"
    "exchangeAccessStateReason" "remoteAssistanceSessionErrorDetails" "isEncrypted" "userPrincipalName" "model"
    "manufacturer" "imei" "complianceGracePeriodExpirationDateTime" "serialNumber" "phoneNumber"
    "androidSecurityPatchLevel" "userDisplayName" "configurationManagerClientEnabledFeatures" "wiFiMacAddress"
    "deviceHealthAttestationState" "subscriberCarrier" "meid" "totalStorageSpaceInBytes" "freeStorageSpaceInBytes"
    "managedDeviceName" "partnerReportedThreatState" "requireUserEnrollmentApproval"
    "managementCertificateExpirationDate" "iccid" "udid" "notes" "ethernetMacAddress" "physicalMemoryInBytes"
    "enrollmentProfileName" "deviceClass"
    // Seldom, or inside the values above.
    "managementState" "inventory" "modernApps" "resourceAccess" "deviceConfiguration" "compliancePolicy"
    "windowsUpdateForBusiness" "primaryUser" "displayName" "mail"
};

/// A device as JSON, packed. `Default` is empty: a device that is left out has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceBody(String);

impl DeviceBody {
    pub fn from_json(json: &str) -> DeviceBody {
        DeviceBody(pack_json(json).unwrap_or_else(|| json.to_owned()))
    }

    /// Of what was kept.
    pub fn from_packed(packed: String) -> DeviceBody {
        DeviceBody(packed)
    }

    /// To be kept.
    pub fn as_packed(&self) -> &str {
        &self.0
    }

    /// Over what is kept: a byte that has changed on the disk shows.
    pub fn checksum(&self) -> i64 {
        xxhash_rust::xxh3::xxh3_64(self.0.as_bytes()).cast_signed()
    }

    pub fn to_json(&self) -> String {
        let mut json = Vec::with_capacity(self.0.len() + NAMES.len() * 24);
        self.write_json(&mut json);
        String::from_utf8(json).unwrap_or_else(|_| self.0.clone())
    }

    /// The JSON as it was packed, behind what is there. What was never packed is given back as it is, and so is what no
    /// `pack_json` has made.
    pub fn write_json(&self, json: &mut Vec<u8>) {
        let start = json.len();
        if unpack_json(&self.0, json).is_none() {
            json.truncate(start);
            json.extend_from_slice(self.0.as_bytes());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a body name by name, packed as it goes: the JSON itself is never there.
pub struct DeviceBodyWriter {
    text: String,
    last: usize,
}

impl DeviceBodyWriter {
    pub fn new(id: DeviceId) -> Self {
        let mut text = String::with_capacity(USUAL_BYTES);
        text.push(char::from(PACKED));
        let mut room = uuid::Uuid::encode_buffer();
        text.extend(["\"", id.0.as_hyphenated().encode_lower(&mut room), "\""]);
        DeviceBodyWriter { text, last: 0 }
    }

    /// The number of a name, for [`Self::write_field`]; `key` is `"name":`.
    pub fn name_number(key: &str) -> Option<usize> {
        NAMES.iter().position(|name| *name == key)
    }

    /// The next property; `value` is JSON, `None` null. `key` is used where it has no number.
    pub fn write_field(&mut self, number: Option<usize>, key: &str, value: Option<&str>) {
        let is_next = number == Some(self.last + 1);
        match number {
            Some(number) if is_next => {
                self.text
                    .push(char::from(if value.is_none() { NEXT_NULL } else { NEXT }));
                self.last = number;
            }
            Some(number) => self.name(number),
            None => self.text.extend([",", key]),
        }
        match value {
            None if is_next => {}
            None => self.text.push_str("null"),
            Some(value) if value.starts_with(['{', '[']) => self.write_nested(value),
            // Text and words have no control characters.
            Some(value) => self.text.push_str(value),
        }
    }

    fn write_nested(&mut self, value: &str) {
        // Control characters can only be blanks between the parts of a value.
        if value.bytes().any(|byte| byte < FIRST) {
            self.text.push_str(&value.replace(|c: char| c < char::from(FIRST), " "));
        } else {
            encode_names(value, &mut self.text, &mut self.last);
        }
    }

    fn name(&mut self, number: usize) {
        self.text.push(char::from(NAMED));
        self.text.push(char::from(FIRST + number as u8));
        self.last = number;
    }

    /// What was written so far, to be hashed.
    pub fn written_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    pub fn finish(mut self) -> DeviceBody {
        self.text.push('}');
        DeviceBody(self.text)
    }
}

fn pack_json(json: &str) -> Option<String> {
    let rest = json.strip_prefix(BEGIN)?;
    if rest.bytes().any(|byte| byte < FIRST) {
        return None;
    }
    let mut text = String::with_capacity(USUAL_BYTES);
    text.push(char::from(PACKED));
    encode_names(rest, &mut text, &mut 0);
    Some(text)
}

/// `rest` without the names that have a number; `last` is the one that came before.
fn encode_names(mut rest: &str, text: &mut String, last: &mut usize) {
    while let Some(comma) = rest.find(',') {
        text.push_str(&rest[..comma]);
        rest = &rest[comma + 1..];
        if let Some(after) = NAMES.get(*last + 1).and_then(|name| rest.strip_prefix(name)) {
            *last += 1;
            let value = after.strip_prefix("null");
            text.push(char::from(if value.is_some() { NEXT_NULL } else { NEXT }));
            rest = value.unwrap_or(after);
        } else if let Some(number) = leading_name_number(rest) {
            *last = number;
            text.push(char::from(NAMED));
            text.push(char::from(FIRST + number as u8));
            rest = &rest[NAMES[number].len()..];
        } else {
            text.push(',');
        }
    }
    text.push_str(rest);
}

fn leading_name_number(text: &str) -> Option<usize> {
    NAMES.iter().position(|name| text.starts_with(name))
}

fn unpack_json(kept: &str, json: &mut Vec<u8>) -> Option<()> {
    let mut rest = kept.strip_prefix(char::from(PACKED))?;
    json.extend_from_slice(BEGIN.as_bytes());
    let mut last = 0;
    while let Some(at) = rest.bytes().position(|byte| byte < FIRST) {
        json.extend_from_slice(&rest.as_bytes()[..at]);
        json.push(b',');
        let mark = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        last = match mark {
            NEXT | NEXT_NULL => last + 1,
            NAMED => {
                let number = rest.bytes().next()?.checked_sub(FIRST)?;
                rest = rest.get(1..)?;
                usize::from(number)
            }
            _ => return None,
        };
        json.extend_from_slice(NAMES.get(last)?.as_bytes());
        if mark == NEXT_NULL {
            json.extend_from_slice(b"null");
        }
    }
    json.extend_from_slice(rest.as_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEVICE: &str = r#"{"id":"7809c88c-0000-4000-8000-000000000001","userId":null,"deviceName":"A, \"userId\":1,\"model\":Ä","model":null,"deviceClass":"phone","new":{"model":1,"x":null}}"#;

    #[test]
    fn what_was_packed_comes_back_byte_for_byte() {
        let packed = DeviceBody::from_json(DEVICE);
        assert!(packed.as_packed().len() < DEVICE.len() && packed.as_packed().starts_with('\u{1}'));
        assert_eq!(packed.to_json(), DEVICE);
    }

    #[test]
    fn what_is_no_device_or_holds_control_characters_is_kept_as_it_is() {
        for text in ["", "{}", "[1]", "{\"id\":1,\u{2}}", "{\"id\":\n1}"] {
            assert_eq!(DeviceBody::from_json(text).as_packed(), text);
            assert_eq!(DeviceBody::from_packed(text.to_owned()).to_json(), text);
        }
    }

    #[test]
    fn what_no_pack_has_made_is_given_back_as_it_is() {
        for text in ["\u{1}\u{4}", "\u{1}\u{5}", "\u{1}\u{4}~", "\u{1}\u{4}Ä"] {
            assert_eq!(DeviceBody::from_packed(text.to_owned()).to_json(), text);
        }
    }

    #[test]
    fn every_name_has_a_number_that_is_plain_text() {
        const { assert!(NAMES.len() <= 95) };
        for (number, name) in NAMES.iter().enumerate() {
            assert_eq!(leading_name_number(name), Some(number), "{name} is there twice");
        }
    }

    #[test]
    fn what_is_written_name_by_name_is_the_same_json() {
        let id: DeviceId = "7809c88c-0000-4000-8000-000000000001".parse().unwrap();
        let mut writer = DeviceBodyWriter::new(id);
        let number = |name: &str| DeviceBodyWriter::name_number(&format!("\"{name}\":"));
        writer.write_field(number("userId"), "\"userId\":", None);
        writer.write_field(number("model"), "\"model\":", Some("\"X, \\\"model\\\":\""));
        writer.write_field(number("imei"), "\"imei\":", None);
        writer.write_field(None, "\"new\":", Some("{\"a\":1,\n\"notes\":null,\"model\":2}"));
        writer.write_field(number("manufacturer"), "\"manufacturer\":", Some("[1,2]"));
        let body = writer.finish();
        assert_eq!(
            body.to_json(),
            r#"{"id":"7809c88c-0000-4000-8000-000000000001","userId":null,"model":"X, \"model\":","imei":null,"new":{"a":1, "notes":null,"model":2},"manufacturer":[1,2]}"#
        );
        assert_eq!(DeviceBody::from_packed(body.as_packed().to_owned()), body);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(parts in proptest::collection::vec(prop_oneof![
            Just(",".to_owned()), Just("null".to_owned()), Just("\u{1}".to_owned()), ".{0,8}".prop_map(String::from),
            (0..NAMES.len()).prop_map(|number| format!(",{}", NAMES[number])),
        ], 0..40), device in any::<bool>()) {
            let text = format!("{}{}", if device { BEGIN } else { "" }, parts.concat());
            prop_assume!(!text.starts_with('\u{1}'));
            prop_assert_eq!(DeviceBody::from_json(&text).to_json(), text);
        }
    }
}
