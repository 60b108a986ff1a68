//! `apps` and `orders` on the command line: the real program, against a bus with an installation of app orders.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::cli::beside;
use crate::support::order_tenant::{app_named, enrol_laptop};
use crate::support::orders::{OrderScene, PASSWORD};
use crate::support::program::{Said, User};

const EDITOR: &str = "Notepad++ 8.8.1";
const COLUMNS: u16 = 80;

/// Runs commands beside the bus of this process.
struct Desk {
    user: std::sync::Arc<User>,
    data: String,
}

impl Desk {
    fn of(scene: &OrderScene) -> Desk {
        Desk {
            user: std::sync::Arc::new(User::new()),
            data: scene.data().display().to_string(),
        }
    }

    async fn says(&self, line: &str) -> Said {
        let (user, line) = (self.user.clone(), format!("{line} --data {}", self.data));
        beside(move || user.says(&line)).await
    }

    async fn json(&self, line: &str) -> Value {
        self.says(&format!("{line} --json")).await.json()
    }

    /// What stands on a screen fits it.
    async fn fits(&self, line: &str) {
        let (user, line) = (self.user.clone(), format!("{line} --data {}", self.data));
        let shown = line.clone();
        let screen = beside(move || user.shows(COLUMNS, &line)).await;
        let wide = screen.iter().find(|row| row.width() > usize::from(COLUMNS));
        assert_eq!(wide, None, "{shown}: {screen:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_linked_ordered_approved_followed_and_unlinked_by_commands() {
    let mut scene = OrderScene::new(json!({})).await;
    let desk = Desk::of(&scene);
    let app = app_named(&scene.sim, EDITOR);
    let found = desk.json("apps list --search notepad").await;
    assert_eq!(found["apps"][0]["id"], app, "{found}");
    let linked = desk
        .json(&format!(
            "apps link editor --app {app} --comment text --cost 12.50 --currency EUR --mandatory --approval operator --licences 9"
        ))
        .await;
    assert_eq!(
        (&linked["mandatory"], &linked["licences"]),
        (&json!(true), &json!(9)),
        "{linked}"
    );
    let changed = desk.json("apps change editor --mandatory=no --licences 0").await;
    assert_eq!(
        (&changed["mandatory"], &changed["licences"], &changed["comment"]),
        (&json!(false), &Value::Null, &json!("text"))
    );
    scene.until_linked("editor").await;
    assert!(desk.says("apps linked").await.good().contains("creationSucceeded"));
    let retried = desk.says("apps retry editor").await;
    assert_eq!(retried.code, 5, "there is nothing to try again: {retried:?}");

    let laptop = enrol_laptop(&scene.sim);
    let placed = desk
        .says(&format!("orders place editor --for-device {} --id shop-1", laptop.name))
        .await;
    assert!(placed.good().contains("waitingForApproval"));
    let alone = desk.says("orders approve shop-1").await;
    assert_eq!(alone.code, 4, "the data folder approves nothing: {alone:?}");
    let file = desk.user.file("pw", PASSWORD);
    let approve = format!("orders approve shop-1 --approver anna --approver-password-file {file} --reason fine");
    desk.says(&approve).await.good();
    assert_eq!(scene.follow("shop-1").await["status"], 1);
    let shown = desk.says("orders show shop-1").await.good();
    for told in ["done", &laptop.name, "5 finished: done", "anna"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let followed = desk.says("orders follow --once --json").await.good();
    let last: Value = serde_json::from_str(followed.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["order"], &last["event"]),
        (&json!("shop-1"), &json!("done")),
        "{followed}"
    );
    let after = last["position"].as_str().unwrap();
    assert_eq!(
        desk.says(&format!("orders follow --once --after {after}")).await.good(),
        ""
    );

    desk.says(&format!(
        "orders place editor --uninstall --for-user {} --id shop-2",
        laptop.owner.name
    ))
    .await
    .good();
    desk.says("orders cancel shop-2 --reason mistaken").await.good();
    let listed = desk.json("orders list --state cancelled").await;
    assert_eq!(
        (&listed["total"], &listed["orders"][0]["id"]),
        (&json!(1), &json!("shop-2")),
        "{listed}"
    );
    let word = desk.says("orders list --state waiting").await;
    assert!(word.code == 2 && word.err.contains("waitingForApproval"), "{word:?}");
    let messages = desk.json("orders webhooks --dead --all").await;
    assert_eq!(messages["webhooks"], json!([]), "no address is set: {messages}");
    let unknown = desk.says("orders webhooks --retry msg_0").await;
    assert!(
        unknown.code != 0 && unknown.err.contains("orders webhooks"),
        "{unknown:?}"
    );
    for line in [
        "apps",
        "apps list --all",
        "apps linked",
        "apps show editor",
        "orders",
        "orders show shop-1",
        "orders webhooks",
    ] {
        desk.fits(line).await;
    }
    let counted = desk.says("apps unlink editor --clean-up").await;
    assert!(
        counted.code == 5 && counted.err.contains("--yes-i-mean 1"),
        "{counted:?}"
    );
    desk.says("apps unlink editor --clean-up --yes-i-mean 1").await.good();
    scene.round().await;
    scene.round().await;
    assert!(!desk.says("apps linked").await.good().contains("editor"));
    scene.stop().await;
}
