//! Classes of addresses, and addresses that are refused as they are written.

use super::*;

fn class(text: &str) -> AddressClass {
    classify_address(text.parse().unwrap())
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn each_address_has_its_class() {
    for public in [
        "1.1.1.1",
        "20.190.128.1",
        "100.63.255.255",
        "172.32.0.1",
        "223.255.255.255",
        "2606:4700::1111",
    ] {
        assert_eq!(class(public), AddressClass::Public, "{public}");
    }
    for private in [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "::1",
        "fd12:3456::1",
        "fc00::1",
    ] {
        assert_eq!(class(private), AddressClass::Private, "{private}");
    }
    for forbidden in [
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.0.1",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd00:c1::a9fe:a9fe",
        "fd00:42::42",
        "fd20:ce::254",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "64:ff9b:1::1",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "4000::1",
        "100::1",
    ] {
        assert_eq!(class(forbidden), AddressClass::Forbidden, "{forbidden}");
    }
}

#[test]
fn an_address_in_another_one_is_what_it_carries() {
    for (carrier, carried) in [
        ("::ffff:127.0.0.1", AddressClass::Private),
        ("::ffff:169.254.169.254", AddressClass::Forbidden),
        ("::ffff:1.1.1.1", AddressClass::Public),
        ("::10.0.0.1", AddressClass::Private),
        ("::169.254.169.254", AddressClass::Forbidden),
        ("::1.1.1.1", AddressClass::Public),
        ("::ffff:0:10.0.0.1", AddressClass::Private),
        ("::ffff:0:169.254.169.254", AddressClass::Forbidden),
        ("64:ff9b::a9fe:a9fe", AddressClass::Forbidden),
        ("64:ff9b::a83f:8110", AddressClass::Forbidden),
        ("64:ff9b::7f00:1", AddressClass::Private),
        ("64:ff9b::a00:1", AddressClass::Private),
        ("64:ff9b::101:101", AddressClass::Public),
        ("2002:7f00:1::1", AddressClass::Private),
        ("2002:a00:1::1", AddressClass::Private),
        ("2002:a9fe:a9fe::1", AddressClass::Forbidden),
        ("2002:101:101::1", AddressClass::Public),
    ] {
        assert_eq!(class(carrier), carried, "{carrier}");
    }
}

/// What such an address carries is not asked: it may be good, and the way there is not.
#[test]
fn translators_of_one_network_and_teredo_are_forbidden_whatever_they_carry() {
    // 1.1.1.1, 10.0.0.1 and 169.254.169.254, behind /48 and behind /96 (RFC 6052); and as Teredo writes them, inverted.
    for carrier in [
        "64:ff9b:1:101:1:100::",
        "64:ff9b:1:a00:0:100::",
        "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b:1::101:101",
        "64:ff9b:1::a00:1",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:7::a9fe:a9fe",
        "2001:0:101:101:0:ffff:fefe:fefe",
        "2001:0:101:101:0:ffff:f5ff:fffe",
        "2001:0:101:101:0:ffff:5601:5601",
    ] {
        for allow_private in [false, true] {
            let rule = AddressRule {
                allow_private,
                plain: false,
            };
            let refused = rule.check_address("host", carrier.parse().unwrap());
            assert!(
                matches!(refused, Err(AddressRefused::Forbidden { .. })),
                "{carrier}: {refused:?}"
            );
        }
    }
}

#[test]
fn private_addresses_need_the_setting_and_forbidden_ones_stay_forbidden() {
    let rule = |allow_private, plain| AddressRule { allow_private, plain };
    let judge = |rule: AddressRule, text: &str| rule.check_address("host", text.parse().unwrap());
    assert!(judge(rule(false, false), "1.1.1.1").is_ok());
    assert!(matches!(
        judge(rule(false, false), "10.0.0.1"),
        Err(AddressRefused::Private { .. })
    ));
    assert!(judge(rule(true, false), "10.0.0.1").is_ok());
    for allow_private in [false, true] {
        let refused = judge(rule(allow_private, false), "169.254.169.254");
        assert!(matches!(refused, Err(AddressRefused::Forbidden { .. })), "{refused:?}");
    }
    assert!(judge(rule(true, true), "127.0.0.1").is_ok());
    assert!(matches!(
        judge(rule(true, true), "1.1.1.1"),
        Err(AddressRefused::Plain { .. })
    ));
}

#[test]
fn hosts_that_are_numbers_are_judged_in_every_form() {
    for form in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://2130706433/",
        "https://017700000001/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
    ] {
        let refused = check_target_url(&url(form), false);
        assert!(
            matches!(refused, Err(AddressRefused::Private { .. })),
            "{form}: {refused:?}"
        );
        assert_eq!(check_target_url(&url(form), true), Ok(()), "{form}");
    }
    for allow_private in [false, true] {
        let refused = check_target_url(&url("https://2852039166/latest/meta-data"), allow_private);
        assert!(matches!(refused, Err(AddressRefused::Forbidden { .. })), "{refused:?}");
    }
    // A name is judged at the connection.
    assert_eq!(check_target_url(&url("https://localhost/status"), false), Ok(()));
}

#[test]
fn an_address_without_encryption_or_with_a_password_is_refused() {
    assert_eq!(
        check_target_url(&url("http://shop.example/"), false),
        Err(AddressRefused::Scheme)
    );
    assert_eq!(check_target_url(&url("http://shop.example/"), true), Ok(()));
    assert_eq!(
        check_target_url(&url("ftp://shop.example/"), true),
        Err(AddressRefused::Scheme)
    );
    let refused = check_target_url(&url("http://1.1.1.1/"), true);
    assert!(matches!(refused, Err(AddressRefused::Plain { .. })), "{refused:?}");
    let refused = check_target_url(&url("https://me:secret@shop.example/"), false);
    assert_eq!(refused, Err(AddressRefused::Credentials));
}

#[test]
fn wn_22_an_address_that_can_not_be_meant_is_refused() {
    for (text, expected) in [
        ("https://*.example.com/hook", AddressRefused::Wildcard),
        ("https://cmdb.example:0/hook", AddressRefused::PortZero),
        ("https://cmdb.example/hook#part", AddressRefused::Fragment),
        ("https://cmdb.example/hook#", AddressRefused::Fragment),
    ] {
        assert_eq!(check_given_url(&url(text), false), Err(expected), "{text}");
    }
    // It was taken before, and works.
    let kept = url("https://cmdb.example/hook#part");
    assert_eq!(check_target_url(&kept, false), Ok(()));
    assert_eq!(check_given_url(&url("https://cmdb.example/a%23b*?c=*"), false), Ok(()));
}
