//! Settings for tests of this room and of `graph`.

use chrono_tz::Tz;
use secrecy::SecretString;

use crate::config::{
    ActionSettings, Audience, Credential, CredentialKind, DeviceSettings, EnrichMode, FieldChoice, InstanceSettings,
    NationalCloud, NetworkSettings, PersonalDeviceRule, PrimaryUserMode, ScanSettings, SecretPlace, SigningAlgorithm,
};
use crate::schedule::Trigger;

pub(crate) fn secret(text: &str) -> Credential {
    Credential {
        kind: CredentialKind::Secret(SecretString::from(text)),
        client_id: "c11e0000-0000-4000-8000-000000000001".into(),
        algorithm: SigningAlgorithm::Ps256,
        expires_on: None,
        secret_place: SecretPlace::default(),
        file: None,
    }
}

pub(crate) fn settings() -> InstanceSettings {
    InstanceSettings {
        tenant_id: "7e0a0000-0000-4000-8000-000000000001".into(),
        client_id: "c11e0000-0000-4000-8000-000000000001".into(),
        cloud: NationalCloud::Global,
        login_url: None,
        graph_url: None,
        credential: secret("sample"),
        next_credential: None,
        actions_credential: None,
        network: NetworkSettings::default(),
        audience: Audience::Everybody,
        actions: ActionSettings::default(),
        nodes: Vec::new(),
        scan: ScanSettings {
            incremental: Trigger::Off,
            full: None,
            zone: Tz::UTC,
            jitter_s: 0,
            overlap_s: 600,
            page_size: 1000,
            max_pages: 10_000,
            max_body_bytes: 64 << 20,
            request_timeout_s: 30,
            brake_percent: 5.0,
            brake_devices: 10,
        },
        devices: DeviceSettings {
            fields: FieldChoice::All,
            filter: None,
            personal: PersonalDeviceRule::Full,
            classes: Vec::new(),
            volatile_hours: 24,
            enrich: EnrichMode::Off,
            primary_user: PrimaryUserMode::Off,
            tombstone_days: 90,
            history_days: 90,
        },
        budget_percent: 50,
        enabled: true,
    }
}
