use super::*;

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

fn draft(more: &[(&str, &str)]) -> OrderDraft {
    let own = [
        ("tenant_id", "contoso.example"),
        ("client_id", "c11e0000-0000-4000-8000-000000000001"),
    ];
    let is_credential = |name: &str| ["secret", "pfx", "cert"].contains(&name);
    let secret = (!more.iter().any(|(name, _)| is_credential(name))).then_some(("secret", "not~a~secret"));
    OrderDraft::from_pairs(own.into_iter().chain(secret).chain(more.iter().copied())).expect("known keys")
}

fn wrong_key(more: &[(&str, &str)]) -> String {
    draft(more).build_settings().expect_err("it is wrong").remove(0).key
}

#[test]
fn defaults_are_settings() {
    let settings = draft(&[]).build_settings().expect("they fit");
    assert_eq!(settings.time_limit.as_secs(), 24 * 3_600);
    assert_eq!(settings.target.len(), 2);
    assert_eq!(settings.status_interval, crate::schedule::Trigger::EverySeconds(300));
    assert!(!settings.sync_after && settings.status_url.is_none() && settings.status_keys.is_empty());
    assert_eq!(settings.tenant.tenant_id, "contoso.example");
    assert!(settings.group_name.contains("{intent}"));
}

#[test]
fn what_does_not_fit_is_told_at_its_key() {
    for (more, key) in [
        (&[("group_name", "Apps {application}")][..], "group_name"),
        (&[("group_name", "{application} {intent} {who}")], "group_name"),
        (&[("target", "user, printer")], "target"),
        (&[("state_mapping", "install.failed=2")], "state_mapping"),
        (&[("status_url", "https://shop.example/hook")], "status_key"),
        (
            &[("status_url", "https://shop.example/hook"), ("status_key", "short")],
            "status_key",
        ),
        (
            &[("status_url", "http://shop.example/hook"), ("status_key", KEY)],
            "status_url",
        ),
        (&[("proxy_user", "corp")], "proxy_user"),
        (&[("secret", "")], "secret_file"),
    ] {
        assert_eq!(wrong_key(more), key, "{more:?}");
    }
    let own_network = [
        ("status_url", "http://127.0.0.1:8080/hook?shop=1"),
        ("status_key", KEY),
        ("allow_private_addresses", "yes"),
    ];
    let settings = draft(&own_network).build_settings().expect("it is allowed");
    assert_eq!((settings.status_keys.len(), settings.approval_keys.len()), (1, 0));
    assert!(!format!("{settings:?}").contains("MfKQ"));
}

#[test]
fn an_answer_that_decides_comes_over_https_or_from_this_machine() {
    let asked = |url: &'static str| {
        let pairs = [
            ("approval_url", url),
            ("approval_key", KEY),
            ("allow_private_addresses", "yes"),
        ];
        draft(&pairs)
            .build_settings()
            .map(|settings| settings.approval_keys.len())
    };
    for url in [
        "https://shop.example/approve",
        "https://10.0.0.7/approve",
        "http://127.0.0.1:8801/approve",
        "http://[::1]:8801/approve",
    ] {
        assert_eq!(asked(url).expect(url), 1, "{url}");
    }
    for url in [
        "http://10.0.0.7/approve",
        "http://shop.example/approve",
        "http://localhost/approve",
        "http://127.0.0.1.shop.example/approve",
    ] {
        let errors = asked(url).expect_err(url);
        assert_eq!(errors[0].key, "approval_url", "{url}");
        assert!(errors[0].problem.contains("whoever sits on the path"), "{}", errors[0]);
    }
    assert_eq!(
        wrong_key(&[("approval_url", "http://127.0.0.1/"), ("approval_key", KEY)]),
        "approval_url",
        "private addresses are not allowed"
    );
}

#[test]
fn e7_a_change_that_leads_a_secret_elsewhere_gives_it_anew() {
    let present = draft(&[("status_url", "https://shop.example/hook"), ("status_key", KEY)]);
    let change = |pairs: &[(&'static str, &'static str)]| OrderDraft::from_pairs(pairs.iter().copied()).expect("known");
    for (pairs, secret) in [
        (&[("status_url", "https://attacker.example")][..], "status_key"),
        (&[("allow_private_addresses", "yes")], "status_key"),
        (&[("graph_url", "https://attacker.example")], "secret"),
        (&[("proxy", "http://attacker.example:8080")], "secret"),
    ] {
        let error = present.check_change(&change(pairs)).expect_err("it is refused");
        assert_eq!(error.key, pairs[0].0);
        assert!(error.problem.contains(secret), "{error}");
    }
    let anew = [("status_url", "https://shop.example/other"), ("status_key", KEY)];
    present.check_change(&change(&anew)).expect("the key is given anew");
    present
        .check_change(&change(&[("status_interval", "every 10m")]))
        .expect("it leads nothing");
    let error = present
        .check_change(&change(&[("tenant_id", "other.example")]))
        .expect_err("it is fixed");
    assert_eq!(error.key, "tenant_id");
}

#[test]
fn another_kind_of_credential_takes_the_place_of_the_present_one() {
    let change = OrderDraft::from_pairs([("pfx", "bm8gcGZ4"), ("pfx_password", "p")]).expect("known");
    let changed = draft(&[]).overlay_with(change);
    assert!(changed.has("pfx") && !changed.has("secret"));
    assert_eq!(changed.get("pfx"), None, "secrets are not shown");
}

#[test]
fn wn_82_a_state_that_the_report_does_not_have_is_told_with_those_that_it_has() {
    let told = |text: &str| {
        let unknown = draft(&[("state_mapping", text)]).find_unknown_state();
        unknown.map_or(String::new(), |error| format!("{}; {}", error.problem, error.advice))
    };
    for good in [
        "install.notapplicable=open",
        "install.notApplicable=open, uninstall.failed=0",
        "install.state7=0",
    ] {
        assert_eq!(told(good), "", "{good}");
    }
    let said = told("install.nosuch=open");
    assert!(
        said.contains(r#"no state "nosuch""#) && said.contains("pendingInstall"),
        "{said}"
    );
    let said = told("install.failed=0, install.instaled=1");
    assert!(said.contains("did you mean installed?"), "{said}");
    let kept = draft(&[("state_mapping", "install.nosuch=open")]).build_settings();
    assert!(kept.is_ok(), "what was set earlier goes on");
}

#[test]
fn wn_91_which_of_two_keys_or_addresses_is_wrong_is_said() {
    let told = |more: &[(&str, &str)]| draft(more).build_settings().expect_err("it is wrong").remove(0).problem;
    let address = ("status_url", "https://shop.example/hook");
    assert_eq!(
        told(&[address, ("status_key", KEY), ("status_key_2", "short")]),
        "status_key_2 is not a key for webhooks"
    );
    assert_eq!(told(&[address]), "status_key is missing: status_url is set");
    assert!(told(&[("status_url", "http://shop.example/hook"), ("status_key", KEY)]).contains("to status_url"));
    assert!(told(&[("target", "user; device")]).contains("a semicolon"));
}
