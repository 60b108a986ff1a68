//! An answers file as a template: made of an instance, edited beside it, and applied when somebody says so.

use crate::support::program::User;

use super::install::{beside, by_secret, tenant};

#[tokio::test(flavor = "multi_thread")]
async fn b32_answers_of_an_instance_are_a_template_that_touches_nothing_until_it_is_applied() {
    let user = User::new();
    let sim = tenant(4, 7).await;
    let line = by_secret(&user, &sim);
    let client_secret = sim.registration.client_secret.clone();
    beside(move || {
        let data = user.path("data").display().to_string();
        let secret = user.path("secret.txt").display().to_string();
        let says = |line: &str| user.says(&format!("{line} --data {data}"));
        says(&format!("install {line} --set servers=cmdb --set profile=Contoso")).good();
        let ini = |number: u8| {
            let path = user.path(&format!("data/instances/IntuneConnector_{number}.ini"));
            std::fs::read_to_string(path).unwrap()
        };
        let text = says("instances answers IntuneConnector_1").good();
        for row in [
            "servers = cmdb",
            "profile = Contoso",
            "rhythm = usual",
            "; secret_file = ",
        ] {
            assert!(text.contains(row), "{row}: {text}");
        }
        assert!(!text.contains(&client_secret), "{text}");
        let view = says("instances answers IntuneConnector_1 --json").json();
        assert_eq!(
            (&view["product"], &view["answers"]["servers"]),
            (&"intune-connector".into(), &"cmdb".into())
        );

        let edited = text.replace("rhythm = usual", "rhythm = brisk");
        assert_ne!(edited, text);
        let file = user.file("template.ini", &edited);
        assert!(ini(1).contains("incremental = every 2m"), "{}", ini(1));
        says(&format!("instances reconfigure IntuneConnector_1 --answers {file}")).good();
        assert!(ini(1).contains("incremental = every 1m"), "{}", ini(1));
        let made = says(&format!(
            "install --answers {file} --set servers=helpdesk --set secret_file={secret}"
        ));
        assert_eq!(made.good().trim(), "IntuneConnector_2");
        assert!(ini(2).contains("incremental = every 1m"), "{}", ini(2));
        assert!(ini(2).contains("servers = helpdesk"), "{}", ini(2));
        assert!(ini(1).contains("servers = cmdb"), "{}", ini(1));

        let german = says("instances answers IntuneConnector_1 --lang de").good();
        assert!(german.contains("Antworten für"), "{german}");
        let absent = says("instances answers IntuneConnector_9");
        assert!(
            absent.code == 5 && absent.err.contains("IntuneConnector_9"),
            "{absent:?}"
        );
    })
    .await;
    sim.stop().await;
}
