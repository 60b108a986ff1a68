//! A bus with two orders instances, and short ways to link applications and to place orders.

use std::ops::Deref;

use intune_connector::model::RightScope;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::tenant_stub::{ZIP, ZOOM};
use crate::sics::bus::{Bus, PASSWORD, status};
use crate::support::order_bodies::merge;

pub const APPLICATIONS: &str = "/sics/v1/applications";
pub const ORDERS: &str = "/sics/v1/orders";
/// Where the applications of these tests are, and another one.
pub const HERE: &str = "IntuneAppOrders_3";
pub const THERE: &str = "IntuneAppOrders_4";

pub struct Shop {
    bus: Bus,
}

impl Deref for Shop {
    type Target = Bus;

    fn deref(&self) -> &Bus {
        &self.bus
    }
}

impl Shop {
    pub async fn new() -> Shop {
        let bus = Bus::new().await;
        bus.engine.orders.install(3);
        bus.engine.orders.install(4);
        Shop { bus }
    }

    /// With the application `7-zip`, which can be ordered.
    pub async fn with_zip(change: Value) -> Shop {
        let shop = Shop::new().await;
        shop.link("7-zip", ZIP, change).await;
        shop.complete("7-zip").await;
        shop
    }

    pub fn put(&self, token: &str, id: &str, body: Value) -> RequestBuilder {
        self.send(Method::PUT, token, &format!("{APPLICATIONS}/{id}"), body)
    }

    /// A new application of the first instance.
    pub async fn link(&self, id: &str, app: &str, change: Value) -> Value {
        let body = merge(json!({"instance": HERE, "app": app}), change);
        status(self.put(&self.admin, id, body), 201).await
    }

    /// Its groups and assignments are there.
    pub async fn complete(&self, id: &str) {
        let store = &self.shelf.store;
        let row = store.load_application(id.to_owned()).await.unwrap().unwrap();
        store.complete_application(row.key).await.unwrap();
    }

    pub fn order(&self, token: &str, id: &str, change: Value) -> RequestBuilder {
        let body = json!({"id": id, "application": "7-zip", "type": "install", "device": format!("PC-{id}")});
        self.post(token, ORDERS, merge(body, change))
    }

    /// Signed in by name and password, as a person.
    pub fn by(&self, name: &str, method: Method, path: &str, body: Value) -> RequestBuilder {
        self.open_request(method, path)
            .basic_auth(name, Some(PASSWORD))
            .json(&body)
    }

    pub fn approve(&self, name: &str, id: &str) -> RequestBuilder {
        self.by(name, Method::POST, &format!("{ORDERS}/{id}/approve"), json!({}))
    }

    /// An account with these rights at one instance; its token.
    pub async fn account_at(&self, name: &str, rights: &[&str], instance: &str) -> String {
        let scope = RightScope {
            instances: Some(vec![instance.parse().unwrap()]),
            servers: None,
        };
        self.operator(name, rights, scope).await
    }
}

/// The second app of the tenant, for a second application.
pub const OTHER_APP: &str = ZOOM;
