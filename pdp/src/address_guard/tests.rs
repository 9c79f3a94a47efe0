//! What the guard lets through and what not, without any network.

use super::*;

fn allowing(listed: &[&str]) -> AddressGuard {
    let listed: Vec<AllowedAddress> = listed.iter().map(|text| text.parse().expect("readable")).collect();
    AddressGuard::new(&listed)
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn hostile_urls_are_refused() {
    let guard = AddressGuard::default();
    for hostile in [
        "http://127.0.0.1/",
        "HTTP://127.0.0.1/",
        "http:127.0.0.1",
        "http:\\\\127.0.0.1\\",
        "http://127.0.0.1./",
        "http://127.1/",
        "http://0x7f000001/",
        "http://0X7F.1/",
        "http://0x7f.0.0.1/",
        "http://017700000001/",
        "http://2130706433/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]:8080/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::FFFF:10.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[64:ff9b:1::169.254.169.254]/",
        "http://[2002:7f00:1::1]/",
        "http://[2001:0:a00:1::1]/",
        "http://[2001:0:808:808::5601:5601]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.1.1/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fd12:3456::1]/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://192.0.0.8/",
        "http://192.0.2.1/",
        "http://198.51.100.1/",
        "http://203.0.113.1/",
        "http://198.19.255.255/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[ff02::1]/",
        "http://[2001:db8::1]/",
        "http://[3fff::1]/",
        "http://[100::1]/",
        "http://[5f00::1]/",
        "http://user@8.8.8.8/",
        "http://:secret@8.8.8.8/",
        "http://8.8.8.8@127.0.0.1/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "javascript:alert(1)",
        "//8.8.8.8/",
        "8.8.8.8",
        "http://",
        "http://[::1",
        "",
    ] {
        assert!(guard.check_url(hostile).is_err(), "{hostile}");
    }
    assert_eq!(guard.check_url(&format!("http://8.8.8.8/{}", "x".repeat(3000))), Err(AddressError::TooLong));
}

#[test]
fn public_addresses_and_names_pass() {
    let guard = AddressGuard::default();
    for good in [
        "https://mcp.example.com/mcp",
        "http://8.8.8.8/",
        "http://172.15.0.1/",
        "http://172.32.0.1/",
        "http://100.128.0.1/",
        "http://[2606:4700::1111]:8443/mcp",
        "http://[64:ff9b::8.8.8.8]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[2002:808:808::1]/",
    ] {
        assert!(guard.check_url(good).is_ok(), "{good}: {:?}", guard.check_url(good));
    }
}

#[test]
fn what_the_operator_lists_passes() {
    for (listed, address, passes) in [
        ("loopback", "127.8.9.1", true),
        ("loopback", "::1", true),
        ("LOOPBACK", "::ffff:127.0.0.1", true),
        ("loopback", "::127.0.0.1", false),
        ("loopback", "64:ff9b::7f00:1", false),
        ("loopback", "10.0.0.1", false),
        ("127.0.0.0/8", "::1", false),
        ("10.1.2.0/24", "10.1.2.255", true),
        ("10.1.2.0/24", "10.1.3.0", false),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false),
        ("::ffff:10.1.2.3", "10.1.2.3", true),
        ("fd00:1::/64", "fd00:1::5", true),
        ("fd00:1::/64", "fd00:2::5", false),
        // Everything listed, and still not these.
        ("0.0.0.0/0", "192.168.7.7", true),
        ("0.0.0.0/0", "169.254.169.254", false),
        ("0.0.0.0/0", "169.254.7.7", false),
        ("0.0.0.0/0", "100.100.100.200", false),
        ("::/0", "fd12::1", true),
        ("::/0", "fe80::1", false),
        ("::/0", "fd00:ec2::254", false),
        ("fc00::/7", "fd00:ec2::254", false),
        ("::/0", "64:ff9b::a9fe:a9fe", false),
        ("::/0", "10.0.0.1", false),
        // Each by itself.
        ("169.254.169.254", "169.254.169.254", true),
        ("169.254.169.254/32", "169.254.169.254", true),
        ("169.254.169.254", "169.254.169.253", false),
        ("fd00:ec2::254", "fd00:ec2::254", true),
        ("fe80::1/128", "fe80::1", true),
    ] {
        let checked = allowing(&[listed]).check_address(ip(address));
        assert_eq!(checked.is_ok(), passes, "{address} with {listed} listed: {checked:?}");
    }
}

#[test]
fn what_an_operator_cannot_list() {
    for bad in [
        "",
        "localhost",
        "example.com",
        "10.1.2",
        "010.1.2.3",
        "0x7f.0.0.1",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/-1",
        "::/129",
        "10.0.0.0/8/8",
        "[::1]",
        "10.1.2.5/24",
        "169.254.0.0/16",
        "169.254.169.0/24",
        "fe80::/10",
        "fe80::/64",
        "::ffff:10.0.0.0/104",
        "10.0.0.0/8,loopback",
    ] {
        assert!(bad.parse::<AllowedAddress>().is_err(), "{bad}");
    }
    let error = "10.1.2.5/24".parse::<AllowedAddress>().expect_err("host bits");
    assert_eq!(error.to_string(), "`10.1.2.5/24` holds bits after its prefix; the range is `10.1.2.0/24`");
    for good in ["loopback", "10.1.2.0/24", "10.1.2.3", "fd00:1::/64", "::1", "0.0.0.0/0"] {
        assert_eq!(good.parse::<AllowedAddress>().expect("readable").to_string(), good);
    }
}

#[test]
fn of_a_name_only_the_passing_addresses_are_connected_to() {
    let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(ip(text), 0)).collect()
    };
    let guard = AddressGuard::default();
    let mixed = addresses(&["10.0.0.1", "8.8.8.8", "::1", "::ffff:127.0.0.1", "2606:4700::1111"]);
    assert_eq!(guard.passing("a.example", mixed), Ok(addresses(&["8.8.8.8", "2606:4700::1111"])));
    let error = guard.passing("a.example", addresses(&["10.0.0.1", "::1"])).expect_err("none passes");
    assert_eq!(
        error.to_string(),
        "`a.example` resolves to 10.0.0.1, and 10.0.0.1 is a private address, which is refused; \
         the operator may allow it with `--allow-address 10.0.0.1`"
    );
    assert_eq!(guard.passing("a.example", []), Err(AddressError::NoAddress { name: "a.example".to_owned() }));
    assert_eq!(
        allowing(&["127.0.0.0/8"]).passing("localhost", addresses(&["::1", "127.0.0.1"])),
        Ok(addresses(&["127.0.0.1"]))
    );
}

#[tokio::test]
async fn a_host_is_resolved_to_what_may_be_connected_to() {
    let refused = |error| matches!(error, AddressError::Refused { .. });
    assert!(AddressGuard::default().resolve("127.0.0.1").await.is_err_and(refused));
    assert!(AddressGuard::default().resolve("localhost").await.is_err_and(refused));
    assert_eq!(allowing(&["loopback"]).resolve("127.0.0.1").await, Ok(vec![ip("127.0.0.1")]));
    let found = allowing(&["loopback"]).resolve("localhost").await.expect("this machine");
    assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty());
    let nowhere = AddressGuard::default().resolve("no-such-host.invalid").await;
    assert_eq!(nowhere, Err(AddressError::NoAddress { name: "no-such-host.invalid".to_owned() }));
}

#[test]
fn a_refusal_says_how_to_allow_the_address() {
    let error = AddressGuard::default().check_url("http://[::ffff:7f00:1]/").expect_err("refused");
    assert_eq!(
        error.to_string(),
        "127.0.0.1 is a loopback address, which is refused; \
         the operator may allow it with `--allow-address 127.0.0.1`"
    );
    assert!(allowing(&["127.0.0.1"]).check_url("http://[::ffff:7f00:1]/").is_ok());
}

#[derive(Debug, thiserror::Error)]
#[error("the request failed")]
struct Outer(#[source] Middle);

#[derive(Debug, thiserror::Error)]
#[error("no connection")]
struct Middle(#[source] AddressError);

#[test]
fn a_refusal_is_found_within_another_error() {
    let refusal = AddressError::NoAddress { name: "a.example".to_owned() };
    assert_eq!(AddressError::within(&Outer(Middle(refusal.clone()))), Some(&refusal));
    assert_eq!(AddressError::within(&std::io::Error::other("else")), None);
}
