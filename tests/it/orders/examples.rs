//! The README of `examples/shop` is true: its commands are run in their order by real processes (simulated tenant, bus, shop,
//! approver), and an order goes from the form of the shop over its approver to its end.

use regex::Regex;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::cli::beside;
use crate::readme::blocks::{Block, BlockKind, parse_blocks, read_document};
use crate::readme::terminal::{Walk, require_tools};
use crate::support::wait::found;

const README: &str = "examples/shop/README.md";
/// Everything before the first order.
const PREPARES: &str = "Try it";
/// What stands between the commands of an order is what it prints.
const ORDERS: &str = "Order";
/// Addresses as the README has them.
const TENANT: &str = "http://127.0.0.1:8443";
const SHOP: &str = "http://127.0.0.1:8800";
/// The application whose orders the approver decides.
const APPLICATION: &str = "player";

fn blocks_of(section: &str) -> Vec<Block> {
    let blocks = parse_blocks(&read_document(README)).into_iter();
    blocks.filter(|block| block.section == section).collect()
}

/// A browser that follows no redirect by itself.
struct Visitor {
    http: Client,
    shop: String,
    cookie: String,
}

/// What stands in the form of the shop.
struct ShopForm {
    csrf: String,
    id: String,
}

impl Visitor {
    fn new(shop: String) -> Visitor {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Visitor {
            http,
            shop,
            cookie: String::new(),
        }
    }

    async fn open(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.shop));
        request.header(header::COOKIE, &self.cookie).send().await.unwrap()
    }

    async fn read(&self, path: &str) -> String {
        self.open(path).await.text().await.unwrap()
    }

    /// The form and the cookie that belongs to it, as soon as the shop offers the application.
    async fn fetch_form(&self) -> (ShopForm, String) {
        let offered = format!("<option value=\"{APPLICATION}\">");
        let (cookie, page) = found("the shop offers the application", async || {
            let answer = self.open("/").await;
            let set = answer.headers().get(header::SET_COOKIE);
            let set = set.map(|value| value.to_str().unwrap().split(';').next().unwrap());
            let cookie = set.unwrap_or_default().to_owned();
            let page = answer.text().await.unwrap();
            if page.contains(&offered) {
                Ok((cookie, page))
            } else {
                Err(page)
            }
        })
        .await;
        let value = |name: &str| {
            let field = Regex::new(&format!("name=\"{name}\" value=\"([^\"]+)\"")).unwrap();
            field.captures(&page).unwrap_or_else(|| panic!("{name}: {page}"))[1].to_owned()
        };
        let form = ShopForm {
            csrf: value("csrf"),
            id: value("id"),
        };
        (form, cookie)
    }

    async fn send(&self, form: &ShopForm, target: &str) -> Response {
        let fields = [
            ("csrf", form.csrf.as_str()),
            ("id", &form.id),
            ("application", APPLICATION),
            ("type", "install"),
            ("kind", "device"),
            ("target", target),
        ];
        let request = self.http.post(format!("{}/orders", self.shop)).form(&fields);
        request.header(header::COOKIE, &self.cookie).send().await.unwrap()
    }
}

/// Names of computers with Windows.
async fn list_laptops(tenant: &str) -> Vec<String> {
    let http = Client::builder().no_proxy().build().unwrap();
    let told = http.get(format!("{tenant}/simulator/devices")).send().await.unwrap();
    let told: Value = told.json().await.unwrap();
    let windows = told["devices"].as_array().unwrap().iter();
    let windows = windows.filter(|device| device["operatingSystem"] == "Windows");
    let names = windows.filter_map(|device| device["deviceName"].as_str());
    names.map(str::to_owned).collect()
}

/// Installations end at once, and well.
async fn hurry(tenant: &str) {
    let http = Client::builder().no_proxy().build().unwrap();
    let tuning = json!({
        "software": {"pendingAfterMs": 0, "endsAfterMs": 500, "failingPerMille": 0},
        "directory": {"groupLagMs": 0, "memberLagMs": 0},
    });
    let tuned = http
        .patch(format!("{tenant}/simulator/tuning"))
        .json(&tuning)
        .send()
        .await;
    tuned.unwrap().error_for_status().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_of_the_shop_leads_from_nothing_to_an_app_that_is_installed() {
    require_tools(&["openssl"]);
    let (prepares, orders) = (blocks_of(PREPARES), blocks_of(ORDERS));
    assert!(prepares.len() >= 8 && orders.len() >= 3, "{prepares:?} {orders:?}");
    let mut walk = beside(move || {
        let mut walk = Walk::new();
        walk.follow(&prepares).unwrap_or_else(|error| panic!("{error}"));
        walk
    })
    .await;
    let (tenant, shop) = (walk.here(TENANT), walk.here(SHOP));
    hurry(&tenant).await;
    let mut visitor = Visitor::new(shop);
    let (form, cookie) = visitor.fetch_form().await;
    visitor.cookie = cookie;
    refuses_strangers(&visitor, &form).await;

    // What does not fit (a device that Entra does not know) is told on the page, and another one is ordered for.
    let mut page = None;
    for laptop in list_laptops(&tenant).await {
        let answer = visitor.send(&form, &laptop).await;
        if answer.status() == StatusCode::SEE_OTHER {
            page = Some(answer.headers()[header::LOCATION].to_str().unwrap().to_owned());
            break;
        }
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let told = answer.text().await.unwrap();
        assert!(told.contains("The order was not taken"), "{told}");
    }
    let page = page.expect("one of the computers can be ordered for");
    assert_eq!(page, format!("/orders/{}", form.id));
    let installed = found("the page says that it is installed", async || {
        let seen = visitor.read(&page).await;
        let is_done = seen.contains("<strong>done</strong>") && seen.contains("Told by webhook: done, status 1");
        if is_done { Ok(seen) } else { Err(seen) }
    })
    .await;
    for told in ["Approved", "Intune reports installed", "finished: done"] {
        assert!(installed.contains(told), "{told}: {installed}");
    }
    // The same form again is the same order.
    let target = installed_target(&installed);
    let again = visitor.send(&form, &target).await;
    assert_eq!(again.headers()[header::LOCATION], page.as_str());
    let known = visitor.read("/").await;
    assert_eq!(known.matches("/orders/shop-").count(), 1, "{known}");

    beside(move || {
        walk.follow(&orders).unwrap_or_else(|error| panic!("{error}"));
        walk.stop();
    })
    .await;
}

/// Whom an order is for, as its page says: `install VLC media player for LAP-1: `
fn installed_target(page: &str) -> String {
    let sentence = Regex::new("<p>install .+? for ([^:<]+):").unwrap();
    sentence.captures(page).unwrap_or_else(|| panic!("{page}"))[1].to_owned()
}

/// A form that another site has sent, and a page under another name.
async fn refuses_strangers(visitor: &Visitor, form: &ShopForm) {
    let stranger = Visitor::new(visitor.shop.clone());
    let answer = stranger.send(form, "LAP-1").await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "without the cookie");
    let renamed = visitor.http.get(format!("{}/", visitor.shop));
    let renamed = renamed.header(header::HOST, "shop.attacker.example").send().await;
    assert_eq!(renamed.unwrap().status(), StatusCode::MISDIRECTED_REQUEST);
    let forged = visitor.http.post(format!("{}/status", visitor.shop));
    let forged = forged.json(&json!({"data": {"order": form.id, "state": "done", "status": 1, "message": ""}}));
    let forged = forged
        .header("webhook-id", "msg_forged")
        .header("webhook-timestamp", chrono::Utc::now().timestamp().to_string())
        .header("webhook-signature", "v1,Zm9yZ2Vk")
        .send()
        .await;
    assert_eq!(forged.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// Every block of the README is of a kind that this test does something with.
#[test]
fn the_readme_of_the_shop_is_run_as_a_whole() {
    let blocks = parse_blocks(&read_document(README)).into_iter();
    let left: Vec<Block> = blocks
        .filter(|block| block.section != PREPARES && block.section != ORDERS)
        .filter(|block| block.kind != BlockKind::Picture)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
