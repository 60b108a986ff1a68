//! OCS and its database are killed while inventories are sent: in the end each device is there once, as it was written last.

use intune_connector::targets::UserChange;
use serde_json::json;

use super::ocs::{adapter, own_settings};
use super::samples::create;
use crate::support::ocs_server::OcsServer;

/// Kills, alternately of the database, of the web server and of both.
const KILLS: usize = 6;
const DEVICES: u128 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_confirmed_is_lost_and_nothing_is_there_twice_however_often_ocs_dies() {
    let Some(mut server) = OcsServer::start("kills of OCS") else {
        return;
    };
    let adapter = adapter(&server, own_settings(&server, None));
    let version = |round: usize, number: u128| json!({"HARDWARE/NAME": format!("PC-{number}-{round}")});
    for round in 0..=KILLS {
        let writes: Vec<_> = (1..=DEVICES)
            .map(|number| create(number, version(round, number), UserChange::Keep))
            .collect();
        let sender = adapter.clone();
        let sent = writes.clone();
        let sending = tokio::spawn(async move { sender.write_records(&sent).await });
        if round < KILLS {
            // Somewhere in the middle of it: as soon as the first ones are there.
            let begun = format!("-{round}");
            crate::support::wait::until("the first inventories are kept", || async {
                let seen = server.try_list_computers().unwrap_or_default();
                seen.iter()
                    .filter(|computer| ends_with(&computer["name"], &begun))
                    .count()
                    > round
            })
            .await;
            match round % 3 {
                0 => server.kill_database(),
                1 => server.kill_web(),
                _ => server.kill(),
            }
        }
        let results = sending.await.unwrap();
        if round < KILLS {
            server.start_again();
        }
        let seen = server.list_computers();
        for (number, result) in (1..=DEVICES).zip(&results) {
            let name = format!("PC-{number}-{round}");
            let is_there = seen.iter().any(|computer| computer["name"] == name.as_str());
            assert!(
                result.is_err() || is_there,
                "{name} was confirmed and is lost: {seen:?}"
            );
        }
        // What did not go well goes again, until it has.
        crate::support::wait::until("everything is kept", || async {
            adapter.write_records(&writes).await.iter().all(Result::is_ok)
        })
        .await;
        let seen = server.list_computers();
        assert_eq!(seen.len(), DEVICES as usize, "{seen:?}");
        assert!(
            seen.iter()
                .all(|computer| ends_with(&computer["name"], &format!("-{round}"))),
            "{seen:?}"
        );
    }
}

fn ends_with(name: &serde_json::Value, end: &str) -> bool {
    name.as_str().is_some_and(|name| name.ends_with(end))
}
