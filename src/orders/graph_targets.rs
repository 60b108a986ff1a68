//! Users and devices, as orders look for them.

use serde_json::Value;

use super::order_graph::{OrderGraph, parse_value, text_of};
use super::order_target::{
    DeviceLookup, DirectoryDeviceFacts, DirectoryUserFacts, ManagedDeviceFacts, UserLookup, parse_guid,
};
use crate::contract::OrderTargetKind;
use crate::graph::{EndpointVersion, GraphError, ListWalk, encode_literal, encode_segment};

const USER_SELECT: &str = "id,userPrincipalName,mail,accountEnabled";
const DEVICE_SELECT: &str = "id,deviceId";
const MANAGED_SELECT: &str = "id,deviceName,azureADDeviceId,serialNumber,operatingSystem,managementAgent";

impl OrderGraph {
    pub async fn find_users(&self, lookup: &UserLookup) -> Result<Vec<DirectoryUserFacts>, GraphError> {
        match lookup {
            UserLookup::ObjectId(id) => {
                let path = format!("/users/{}?$select={USER_SELECT}", encode_segment(id));
                let found = self.find_object(&path).await?;
                Ok(found.iter().filter_map(read_user).collect())
            }
            UserLookup::Name(name) => {
                let mut users = self.list_users("userPrincipalName", name).await?;
                for user in self.list_users("mail", name).await? {
                    if !users.iter().any(|known| known.object_id == user.object_id) {
                        users.push(user);
                    }
                }
                Ok(users)
            }
        }
    }

    pub(super) async fn list_users(&self, property: &str, value: &str) -> Result<Vec<DirectoryUserFacts>, GraphError> {
        let path = format!(
            "/users?$filter={property}%20eq%20{}&$select={USER_SELECT}",
            encode_literal(value)
        );
        let users = self.list_values(EndpointVersion::V1, &path).await?;
        Ok(users.iter().filter_map(read_user).collect())
    }

    /// Devices of Intune that this question finds.
    pub async fn find_devices(&self, lookup: &DeviceLookup) -> Result<Vec<ManagedDeviceFacts>, GraphError> {
        match lookup {
            DeviceLookup::IntuneId(id) => {
                let path = format!(
                    "/deviceManagement/managedDevices/{}?$select={MANAGED_SELECT}",
                    encode_segment(id)
                );
                let found = self.find_object(&path).await?;
                Ok(found.iter().filter_map(read_managed_device).collect())
            }
            DeviceLookup::EntraId(id) => self.list_managed("azureADDeviceId", id).await,
            DeviceLookup::ObjectId(id) => {
                let path = format!("/devices/{}?$select={DEVICE_SELECT}", encode_segment(id));
                let found = self.find_object(&path).await?;
                match found
                    .iter()
                    .find_map(read_directory_device)
                    .and_then(|device| device.entra_id)
                {
                    Some(entra_id) => self.list_managed("azureADDeviceId", &entra_id).await,
                    None => Ok(Vec::new()),
                }
            }
            DeviceLookup::Name(name) => self.list_managed("deviceName", name).await,
            DeviceLookup::SerialNumber(number) => self.list_managed("serialNumber", number).await,
        }
    }

    /// Devices of which this user is the primary one.
    pub async fn user_devices(&self, sign_in_name: &str) -> Result<Vec<ManagedDeviceFacts>, GraphError> {
        read_devices(self.client().list_user_devices(sign_in_name, MANAGED_SELECT)).await
    }

    /// The object of a device in the directory, by its Entra device id.
    pub async fn find_directory_devices(&self, entra_id: &str) -> Result<Vec<DirectoryDeviceFacts>, GraphError> {
        let path = format!(
            "/devices?$filter=deviceId%20eq%20{}&$select={DEVICE_SELECT}",
            encode_literal(entra_id)
        );
        let devices = self.list_values(EndpointVersion::V1, &path).await?;
        Ok(devices.iter().filter_map(read_directory_device).collect())
    }

    /// Whether the directory has no such user or device (any more).
    pub(super) async fn is_object_gone(&self, kind: OrderTargetKind, object_id: &str) -> Result<bool, GraphError> {
        let list = match kind {
            OrderTargetKind::User => "users",
            OrderTargetKind::Device => "devices",
        };
        let path = format!("/{list}/{}?$select=id", encode_segment(object_id));
        Ok(self.find_object(&path).await?.is_none())
    }

    async fn list_managed(&self, property: &str, value: &str) -> Result<Vec<ManagedDeviceFacts>, GraphError> {
        read_devices(self.client().list_devices_by(property, value, MANAGED_SELECT)).await
    }

    /// `None`: 404.
    async fn find_object(&self, path: &str) -> Result<Option<Value>, GraphError> {
        match self.client().read_object(path).await {
            Ok(reading) => Ok(Some(parse_value(&reading.body))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn read_devices(mut walk: ListWalk) -> Result<Vec<ManagedDeviceFacts>, GraphError> {
    let mut devices = Vec::new();
    while let Some(page) = walk.next().await? {
        devices.extend(
            page.records()
                .filter_map(|record| read_managed_device(&parse_value(record))),
        );
    }
    Ok(devices)
}

fn read_user(user: &Value) -> Option<DirectoryUserFacts> {
    Some(DirectoryUserFacts {
        object_id: text_of(user, "id")?,
        sign_in_name: text_of(user, "userPrincipalName"),
        mail: text_of(user, "mail"),
        is_enabled: user["accountEnabled"].as_bool() != Some(false),
    })
}

fn read_directory_device(device: &Value) -> Option<DirectoryDeviceFacts> {
    Some(DirectoryDeviceFacts {
        object_id: text_of(device, "id")?,
        entra_id: text_of(device, "deviceId").and_then(|id| parse_guid(&id)),
    })
}

fn read_managed_device(device: &Value) -> Option<ManagedDeviceFacts> {
    Some(ManagedDeviceFacts {
        intune_id: text_of(device, "id")?.to_ascii_lowercase(),
        name: text_of(device, "deviceName"),
        // Zeros stand for none.
        entra_id: text_of(device, "azureADDeviceId").and_then(|id| parse_guid(&id)),
        operating_system: text_of(device, "operatingSystem"),
        management_agent: text_of(device, "managementAgent"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_device_that_is_not_in_entra_has_no_entra_id() {
        let device =
            json!({"id": "A", "deviceName": "PC-7", "azureADDeviceId": "00000000-0000-0000-0000-000000000000"});
        let facts = read_managed_device(&device).unwrap();
        assert_eq!((facts.intune_id.as_str(), facts.entra_id), ("a", None));
        assert_eq!(read_managed_device(&json!({"deviceName": "PC-7"})), None);
    }

    #[test]
    fn a_user_is_enabled_unless_the_directory_says_otherwise() {
        assert!(read_user(&json!({"id": "u"})).unwrap().is_enabled);
        assert!(
            !read_user(&json!({"id": "u", "accountEnabled": false}))
                .unwrap()
                .is_enabled
        );
    }
}
