//! Which instance is meant where none was named: the only one that there is, or the only one that has the device.

use sics_client::{ClientError, SicsClient};

use super::failure::{CommandFailure, ExitReason};
use crate::contract::DeviceHistoryQuery;
use crate::model::{DeviceId, InstanceName, InvalidId};

/// The instance given, or the only one.
pub(crate) async fn choose_instance(
    client: &SicsClient,
    given: Option<&InstanceName>,
) -> Result<InstanceName, CommandFailure> {
    match given {
        Some(name) => Ok(name.clone()),
        None => find_only(&list_instances(client).await?),
    }
}

/// The instance given, the only one, or the only one that has all of these devices.
pub(crate) async fn choose_instance_of(
    client: &SicsClient,
    given: Option<&InstanceName>,
    devices: &[DeviceId],
) -> Result<InstanceName, CommandFailure> {
    choose_fitting(client, given, devices, async |name| {
        has_devices(client, name, devices).await
    })
    .await
}

/// The instance given, the only one, or the only one that knows of this device, also of one that has gone.
pub(crate) async fn choose_instance_knowing(
    client: &SicsClient,
    given: Option<&InstanceName>,
    device: DeviceId,
) -> Result<InstanceName, CommandFailure> {
    let query = DeviceHistoryQuery {
        before: None,
        limit: Some(1),
    };
    choose_fitting(client, given, &[device], async |name| {
        is_found(client.show_device_history(name, device, &query).await)
    })
    .await
}

async fn choose_fitting(
    client: &SicsClient,
    given: Option<&InstanceName>,
    devices: &[DeviceId],
    fits: impl AsyncFn(&InstanceName) -> Result<bool, ClientError>,
) -> Result<InstanceName, CommandFailure> {
    if let Some(name) = given {
        return Ok(name.clone());
    }
    let known = list_instances(client).await?;
    if known.len() < 2 {
        return find_only(&known);
    }
    let (mut fitting, mut refused) = (Vec::new(), None);
    for name in &known {
        match fits(name).await {
            Ok(true) => fitting.push(name.clone()),
            Ok(false) => (),
            Err(error) => refused = Some(error),
        }
    }
    match (fitting.as_slice(), refused) {
        ([only], _) => Ok(only.clone()),
        ([], Some(error)) => Err(error.into()),
        ([], None) => Err(unknown_devices_failure(devices)),
        (_, _) => Err(several_failure(&fitting)),
    }
}

async fn list_instances(client: &SicsClient) -> Result<Vec<InstanceName>, CommandFailure> {
    let names = client.test_connection().await?.instances;
    let parsed: Result<Vec<InstanceName>, InvalidId> = names.iter().map(|name| name.parse()).collect();
    parsed.map_err(|error| CommandFailure::general_error(error.to_string(), "use --instance NAME"))
}

fn find_only(known: &[InstanceName]) -> Result<InstanceName, CommandFailure> {
    match known {
        [only] => Ok(only.clone()),
        [] => Err(CommandFailure::new(
            ExitReason::Conflict,
            "there is no instance yet, or none that you may see",
            "list them: intune-connector instances; add one: intune-connector install",
        )),
        several => Err(several_failure(several)),
    }
}

fn several_failure(known: &[InstanceName]) -> CommandFailure {
    let names: Vec<&str> = known.iter().map(InstanceName::as_str).collect();
    CommandFailure::usage_error(
        format!("no instance specified; known: {}", names.join(", ")),
        "use --instance NAME (devices show and devices history take it before the device id)",
    )
}

fn unknown_devices_failure(devices: &[DeviceId]) -> CommandFailure {
    let what = match devices {
        [only] => format!("no instance has the device {only}"),
        _ => "no instance has all of these devices".to_owned(),
    };
    CommandFailure::new(
        ExitReason::Conflict,
        what,
        "find a device by its name, serial number or user: intune-connector devices --search TEXT",
    )
}

async fn has_devices(client: &SicsClient, name: &InstanceName, devices: &[DeviceId]) -> Result<bool, ClientError> {
    for id in devices {
        if !is_found(client.show_device(name, id).await)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_found<T>(answer: Result<T, ClientError>) -> Result<bool, ClientError> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.status == Some(404) => Ok(false),
        Err(error) => Err(error),
    }
}

/// An instance was named that there is not.
pub(crate) fn unknown_instance(name: &InstanceName, known: &[String]) -> CommandFailure {
    let known = match known {
        [] => "there is no instance yet".to_owned(),
        names => format!("known: {}", names.join(", ")),
    };
    CommandFailure::new(
        ExitReason::Conflict,
        format!("instance {name} does not exist; {known}"),
        "list them: intune-connector instances",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<InstanceName> {
        all.iter().map(|name| name.parse().expect("a name")).collect()
    }

    #[test]
    fn mi_13_an_instance_is_asked_for_only_where_there_are_several() {
        let one = find_only(&names(&["IntuneConnector_1"])).expect("the only one");
        assert_eq!(one.as_str(), "IntuneConnector_1");
        let none = find_only(&[]).expect_err("there is none");
        assert!(
            none.exit == ExitReason::Conflict && none.advice.contains("install"),
            "{none}"
        );
        let several = find_only(&names(&["IntuneConnector_1", "IntuneConnector_2"])).expect_err("which?");
        assert_eq!(several.exit, ExitReason::Usage);
        assert!(
            several.message.contains("IntuneConnector_1, IntuneConnector_2"),
            "{several}"
        );
    }
}
