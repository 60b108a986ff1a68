//! From *Link an app* in the console to *installed* on the page of a shop: `examples/shop/shop.py` as a process of its own,
//! in front of the whole bus, in one real browser.

use intune_connector::model::RightScope;
use intune_connector::sics::auth::token::ApiToken;
use intune_connector::store::{NewOperator, NewToken, OperatorKind};
use secrecy::ExposeSecret;
use serde_json::json;

use super::orders::{APP, APPLICATION, LAPTOP, order_scene, stands_at};
use super::scene::{ANNA, Scene};
use super::texts::en;
use crate::cli::beside;
use crate::readme::blocks::ROOT;
use crate::readme::terminal::{Terminal, require_tools};
use crate::support::browser::Browser;
use crate::support::folder::TestFolder;
use crate::support::webhook_receiver::KEY;

/// Those of the product's role `app-orders-shop`.
const RIGHTS: [&str; 3] = ["Applications_Read", "Orders_Read", "Orders_Place"];
const LISTENS: &str = "listening at ";

/// A shop with an account of its own; it is stopped when dropped.
struct RunningShop {
    url: String,
    _terminal: Terminal,
    _folder: TestFolder,
}

impl RunningShop {
    async fn start(scene: &Scene) -> RunningShop {
        require_tools(&["bash", "python3"]);
        let folder = TestFolder::new();
        std::fs::write(folder.path().join("shop.token"), shop_token(scene).await).unwrap();
        std::fs::write(folder.path().join("status.key"), KEY).unwrap();
        let bus = scene.whole.bus().local.url.clone();
        let (terminal, url) = {
            let folder = folder.path().to_owned();
            beside(move || {
                let mut terminal = Terminal::open(&folder);
                terminal.type_line(&format!(
                    "exec python3 '{ROOT}/examples/shop/shop.py' {bus} shop.token status.key 127.0.0.1:0"
                ));
                let line = terminal.wait_for(LISTENS).unwrap();
                (terminal, line.trim_start_matches(LISTENS).to_owned())
            })
            .await
        };
        RunningShop {
            url,
            _terminal: terminal,
            _folder: folder,
        }
    }
}

/// The token of an account that may do what a shop does, and nothing else.
async fn shop_token(scene: &Scene) -> String {
    let store = &scene.whole.bus().store;
    let new = NewOperator {
        name: "shop".into(),
        kind: OperatorKind::Server,
        password_hash: None,
        rights: RIGHTS.iter().map(|right| right.parse().unwrap()).collect(),
        scope: RightScope::default(),
        created_by: None,
    };
    let operator = store.add_operator(new).await.unwrap().id;
    let token = ApiToken::new().unwrap();
    let new = NewToken {
        operator,
        name: "test".into(),
        sha256: token.sha256,
        scope: RightScope::default(),
        expires_at: None,
    };
    store.add_token(new).await.unwrap();
    token.text.expose_secret().to_owned()
}

/// By the pages of the console; it can be ordered.
async fn link_app(scene: &Scene, browser: &Browser) {
    browser.go("/applications").await;
    browser.press(&en("applications-link")).await;
    browser.arrives("/applications/-/choose").await;
    browser.fill("#q", APP).await;
    browser.press(&en("apply")).await;
    browser.sees_in("main table", "VideoLAN").await;
    browser.click("main table a.button").await;
    browser.arrives("/applications/-/new").await;
    browser.press_in("application", &en("applications-link-this")).await;
    browser.arrives(&format!("/applications/{APPLICATION}")).await;
    let path = format!("/sics/v1/applications/{APPLICATION}");
    stands_at(scene, &path, "creationSucceeded").await;
    browser
        .sees_in("#application-state", &en("applications-state-creationsucceeded"))
        .await;
}

#[tokio::test]
async fn an_app_that_is_linked_in_the_console_is_ordered_in_a_shop_until_its_page_says_installed() {
    let scene = order_scene().await;
    let shop = RunningShop::start(&scene).await;
    let browser = scene.visit(ANNA).await;
    browser.open(&shop.url).await;
    browser.sees("No application can be ordered yet").await;
    browser.open(&format!("{}/", scene.console())).await;
    link_app(&scene, &browser).await;
    assert_eq!(browser.violations().await, json!([]));

    browser.open(&shop.url).await;
    let chosen = browser.shown("select[name=application]").await;
    chosen.select_by_value(APPLICATION).await.unwrap();
    let kind = browser.shown("select[name=kind]").await;
    kind.select_by_value("device").await.unwrap();
    browser.fill("input[name=target]", LAPTOP).await;
    browser.press("Order").await;
    browser.sees(&format!("install {APP} for {LAPTOP}")).await;
    let path = browser.path().await;
    let id = path.strip_prefix("/orders/").unwrap_or_else(|| panic!("{path}"));
    assert!(id.starts_with("shop-"), "{id}");
    let done = stands_at(&scene, &format!("/sics/v1/orders/{id}"), "done").await;
    assert_eq!(
        (&done["status"], &done["placedBy"], &done["devices"][0]["installState"]),
        (&json!(1), &json!("shop"), &json!("installed"))
    );
    // The page loads itself anew.
    browser.sees_in("main strong", "done").await;
    browser.sees(&format!("Intune reports installed for {LAPTOP}.")).await;
    browser.sees("finished: done").await;
    assert!(!browser.has("meta[http-equiv=refresh]").await, "it has ended");
    browser.press("All orders").await;
    browser.sees_in("table", "done").await;

    // The same order is in the console.
    browser.open(&format!("{}/orders/{id}", scene.console())).await;
    browser.sees_in("#order-head", &en("orders-state-done")).await;
    browser.finish().await;
}
