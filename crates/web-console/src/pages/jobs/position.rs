//! The position of a device, as Graph gives it in a secret of an action.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Where a device was.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DevicePosition {
    /// Degrees, south negative.
    latitude: f64,
    /// Degrees, west negative.
    longitude: f64,
    /// Metres.
    #[serde(default)]
    horizontal_accuracy: Option<f64>,
    #[serde(default)]
    last_collected_date_time: Option<DateTime<Utc>>,
}

impl DevicePosition {
    /// `None`: it says no place.
    pub(super) fn parse(text: &str) -> Option<DevicePosition> {
        serde_json::from_str(text).ok()
    }

    /// As map services take it: `52.52000, 13.40500`; five places are about a metre.
    pub(super) fn coordinates(&self) -> String {
        format!("{:.5}, {:.5}", self.latitude, self.longitude)
    }

    /// Whole metres.
    pub(super) fn accuracy(&self) -> Option<u64> {
        let metres = self.horizontal_accuracy.filter(|metres| *metres > 0.0)?;
        Some(metres.round() as u64)
    }

    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        self.last_collected_date_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_graph_writes_it() {
        let text = r#"{"lastCollectedDateTime":"2026-11-21T10:00:00Z","longitude":-13.405,"latitude":52.52,"altitude":0,
            "horizontalAccuracy":65.4,"verticalAccuracy":-1,"heading":0,"speed":0}"#;
        let position = DevicePosition::parse(text).unwrap();
        assert_eq!(position.coordinates(), "52.52000, -13.40500");
        assert_eq!(position.accuracy(), Some(65));
        assert_eq!(position.at(), "2026-11-21T10:00:00Z".parse().ok());
        let bare = DevicePosition::parse(r#"{"longitude":1,"latitude":2,"horizontalAccuracy":-1}"#).unwrap();
        assert_eq!((bare.accuracy(), bare.at()), (None, None));
        assert_eq!(DevicePosition::parse("123456"), None);
    }
}
