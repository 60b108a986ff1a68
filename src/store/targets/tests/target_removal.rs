//! The server of a target, and what is left of a target that is removed.

use serde_json::Value;

use super::*;
use crate::contract::{AsideDetail, SetAsideReason, TargetKind};
use crate::model::{OperatorKind, RightScope, ServerId};
use crate::store::{NewInstance, NewOperator, ServerAnnouncement, ServerLimits, StoreError};

fn server() -> ServerId {
    "IntuneTargetOcs_3".parse().unwrap()
}

fn new_server(display_name: &str, scope: RightScope) -> NewTargetServer {
    NewTargetServer {
        target: TARGET,
        kind: TargetKind::Ocs,
        server: server(),
        display_name: display_name.to_owned(),
        scope,
    }
}

fn only_contoso() -> RightScope {
    RightScope {
        instances: Some(vec!["IntuneConnector_1".parse().unwrap()]),
        servers: None,
    }
}

#[tokio::test]
async fn f7_the_server_of_a_target_is_accepted_and_may_only_read_its_instances() {
    let bench = bench();
    let create = |name: &str, scope| bench.store.create_target_server(new_server(name, scope));
    let row = create("OCS", RightScope::default()).await.unwrap();
    assert!(row.accepted && !row.sends_jobs);
    assert_eq!(
        (row.display_name.as_str(), &row.accepts),
        ("OCS", &json!({ "target": "ocs" }))
    );
    let account = bench
        .store
        .find_operator_by_name("IntuneTargetOcs_3")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((account.id, account.kind), (row.owner, OperatorKind::Server));
    assert_eq!((account.password_hash.as_ref(), account.roles.len()), (None, 0));
    let rights: Vec<&str> = account.rights.iter().map(|right| right.as_str()).collect();
    assert_eq!(rights, ["Changes_Read"]);
    let commits = bench.store.count_commits().await.unwrap();
    assert_eq!(create("OCS", RightScope::default()).await.unwrap(), row);
    assert_eq!(
        bench.store.count_commits().await.unwrap(),
        commits,
        "all is as it should be"
    );
    let limits = ServerLimits {
        filter: Some(Some("true".to_owned())),
        ..ServerLimits::default()
    };
    bench.store.change_server(server(), limits).await.unwrap();
    let row = create("Our OCS", only_contoso()).await.unwrap();
    assert_eq!(
        (row.display_name.as_str(), row.filter.as_deref()),
        ("Our OCS", Some("true"))
    );
    let account = bench.store.load_operator(row.owner).await.unwrap();
    assert_eq!(account.scope, only_contoso());
    bench.store.remove_target_server(server()).await.unwrap();
    assert_eq!(bench.store.find_server(server()).await.unwrap(), None);
    assert!(
        bench
            .store
            .find_operator_by_name("IntuneTargetOcs_3")
            .await
            .unwrap()
            .is_none()
    );
    bench.store.remove_target_server(server()).await.unwrap();
    let back = create("OCS", RightScope::default()).await.unwrap();
    assert!(back.generation > row.generation, "cursors from before do not fit");
}

#[tokio::test]
async fn f7_an_account_or_a_server_of_somebody_else_is_left_alone() {
    let bench = bench();
    let person = |name: &str| NewOperator {
        name: name.to_owned(),
        kind: OperatorKind::Server,
        password_hash: Some("hash".to_owned()),
        rights: Vec::new(),
        scope: RightScope::default(),
        created_by: None,
    };
    let taken = bench.store.add_operator(person("intunetargetocs_3")).await.unwrap();
    let failed = bench
        .store
        .create_target_server(new_server("OCS", RightScope::default()));
    assert!(matches!(failed.await, Err(StoreError::Exists { what: "operator", .. })));
    bench.store.remove_target_server(server()).await.unwrap();
    assert!(bench.store.load_operator(taken.id).await.is_ok());
    bench.store.remove_operator(taken.id).await.unwrap();
    let other = bench.store.add_operator(person("other")).await.unwrap();
    let announcement = ServerAnnouncement {
        display_name: String::new(),
        accepts: Value::Null,
    };
    let announced = bench.store.announce_server(server(), announcement, other.id, false);
    announced.await.unwrap();
    let failed = bench
        .store
        .create_target_server(new_server("OCS", RightScope::default()));
    assert!(matches!(failed.await, Err(StoreError::BelongsToAnother(_))));
    let account = bench.store.find_operator_by_name("IntuneTargetOcs_3").await.unwrap();
    assert!(account.is_none(), "nothing is left half made");
}

/// How many rows each table of targets has.
async fn count_rows(bench: &Bench) -> Vec<(String, i64)> {
    let counted = bench.store.read(|connection| {
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'target%' ORDER BY name")?;
        let names = statement.query_map([], |row| row.get::<_, String>("name"))?;
        let mut counts = Vec::new();
        for name in names {
            let name = name?;
            let sql = format!("SELECT count(*) FROM {name}");
            let count = connection.query_row(&sql, [], |row| row.get(0))?;
            counts.push((name, count));
        }
        Ok(counts)
    });
    counted.await.unwrap()
}

#[tokio::test]
async fn nothing_is_left_of_a_target_that_is_removed_and_others_stay() {
    let bench = bench();
    for target in [TARGET, OTHER_TARGET] {
        let store = &bench.store;
        let saved = store.save_target_mapping(target, "{}".to_owned(), "one".to_owned(), ANNA);
        saved.await.unwrap();
        let run = store.begin_target_run(target, TargetRunKind::Normal, "one".to_owned(), None);
        let run = run.await.unwrap();
        let writes = (1..4).map(|number| written(number, Some(WriteClass::Create)));
        let all = TargetWriteBatch {
            target,
            ..batch(Some(run), writes.collect())
        };
        store.record_target_writes(all).await.unwrap();
        let aside = NewTargetAside {
            target,
            instance: CONTOSO,
            device: device(9),
            reason: SetAsideReason::Refused,
            detail: AsideDetail::default(),
        };
        store.set_target_aside(aside).await.unwrap();
        store.begin_target_snapshot(target, CONTOSO).await.unwrap();
        let asked = NewTargetQuestion {
            target,
            ..question("first", 5..7)
        };
        store.ask_target_question(asked).await.unwrap();
        let consented = store.consent_target_question(target, "first".to_owned(), ANNA);
        assert!(consented.await.unwrap().is_some());
        assert!(store.ask_target_resend(target, key(1)).await.unwrap());
    }
    let before = count_rows(&bench).await;
    assert_eq!(before.len(), 12, "{before:?}");
    assert!(
        before.iter().all(|(_, count)| count % 2 == 0 && *count > 0),
        "{before:?}"
    );
    bench.store.remove_target(TARGET).await.unwrap();
    let half: Vec<(String, i64)> = before.into_iter().map(|(name, count)| (name, count / 2)).collect();
    assert_eq!(count_rows(&bench).await, half);
    assert!(bench.link(1).await.is_none());
    assert_eq!(bench.store.remove_target(TARGET).await.unwrap(), 0);
    bench.store.remove_target(OTHER_TARGET).await.unwrap();
    assert!(count_rows(&bench).await.iter().all(|(_, count)| *count == 0));
}

#[tokio::test]
async fn links_of_one_device_of_one_instance_or_all_are_forgotten() {
    let bench = bench();
    let mut instances = Vec::new();
    for tenant in ["contoso", "fabrikam"] {
        let new = NewInstance {
            prefix: "IntuneConnector".to_owned(),
            tenant_id: tenant.to_owned(),
            client_id: "c".to_owned(),
            audience: None,
        };
        instances.push(bench.store.add_instance(new).await.unwrap().id);
    }
    assert_eq!(instances, [CONTOSO, FABRIKAM]);
    let writes = instances.into_iter().flat_map(|instance| {
        (1..4).map(move |number| TargetWritten {
            instance,
            ..written(number, None)
        })
    });
    bench.write(None, writes.collect()).await;
    let forget = |instance, device| bench.store.forget_target_links(TARGET, instance, device);
    assert_eq!(forget(Some(CONTOSO), Some(device(1))).await.unwrap(), 1);
    assert_eq!(forget(None, Some(device(2))).await.unwrap(), 2);
    assert_eq!(forget(Some(CONTOSO), None).await.unwrap(), 1);
    assert_eq!(forget(None, None).await.unwrap(), 2);
    assert_eq!(bench.store.count_target(TARGET).await.unwrap(), TargetCounts::default());
}
