//! Whatever is asked from within a tenant: what only others have is answered as what nobody has, to the last byte.

use crate::reach::house::{Answer, House, of};
use crate::reach::trying::draft;
use policy::Reach;
use serde_json::{Value, json};
use store::accounts::AccountRole;
use tests::{Backend, console};

/// What is there, of another tenant, and what is nowhere.
type Twins = (&'static str, &'static str);

const TENANT: Twins = ("nimbus", "nowher");
const SUBJECT: Twins = ("zed", "nob");
const SERVER: Twins = ("nest", "gone");
const RESOURCE: Twins = ("theirs-1", "theurs-1");
const ROLE: Twins = ("Kestrel role", "Kestrel nope");

/// Addresses, with a place for either.
const ADDRESSES: &[(&str, Twins)] = &[
    ("/?tenant={}", TENANT),
    ("/decisions?tenant={}", TENANT),
    ("/decisions?subject={}", SUBJECT),
    ("/rules?tenant={}", TENANT),
    ("/rules?tool={}%2Flook", SERVER),
    ("/rules/rates?tenant={}", TENANT),
    ("/rules/new?tenant={}", TENANT),
    ("/rules/new?tool={}%2Flook", SERVER),
    ("/subjects?tenant={}", TENANT),
    ("/subjects?q={}", SUBJECT),
    ("/subjects/{}", SUBJECT),
    ("/roles?tenant={}", TENANT),
    ("/tasks?tenant={}", TENANT),
    ("/tasks?subject={}", SUBJECT),
    ("/changes?tenant={}", TENANT),
    ("/changes?object={}", SUBJECT),
    ("/access?tenant={}", TENANT),
    ("/access?subject={}", SUBJECT),
    ("/access?tool={}%2Flook", SERVER),
    ("/access/export.csv?subject={}", SUBJECT),
    ("/resources?tenant={}", TENANT),
    ("/resources?type={}", ("falcon", "falxon")),
    ("/resources?q={}", ("theirs", "theurs")),
    ("/emergency?ask=throw&of=subject%0A{}%0Aacme", SUBJECT),
    ("/emergency?ask=throw&of=tenant%0A%0A{}", TENANT),
    ("/approvals?tenant={}", TENANT),
    ("/approvals?view=history&tenant={}", TENANT),
    ("/approvals?view=history&subject={}", SUBJECT),
    ("/search?q={}", SUBJECT),
    ("/search?q={}", RESOURCE),
    ("/search?q=customer%2F{}", RESOURCE),
    ("/search?q=o&tenant={}", TENANT),
    ("/_fn/search?q={}", SUBJECT),
    ("/_fn/overview?tenant={}", TENANT),
    ("/_fn/decisions?query[subject]={}", SUBJECT),
    ("/_fn/decisions-newer?than=00000000-0000-7000-8000-000000000000&query[subject]={}", SUBJECT),
    ("/_fn/rule-tool?server={}&tool=look", SERVER),
];

/// Where it goes, what it says, and what its answers are told apart by.
type Form = (&'static str, &'static [(&'static str, &'static str)], Twins);

/// Forms of functions, with a place for either.
const FORMS: &[Form] = &[
    ("membership-save", &[("subject", "{}"), ("tenant", "acme")], SUBJECT),
    ("membership-save", &[("subject", "alice"), ("tenant", "{}")], TENANT),
    ("membership-save", &[("subject", "both"), ("tenant", "acme"), ("roles[]", "{}")], ROLE),
    ("membership-remove", &[("subject", "{}"), ("tenant", "acme")], SUBJECT),
    ("subject-save", &[("id", "{}"), ("name", "x")], SUBJECT),
    ("subject-save", &[("id", "refund-bot"), ("name", "x"), ("owner", "{}")], SUBJECT),
    ("subject-disable", &[("id", "{}")], SUBJECT),
    ("subject-delete", &[("id", "{}")], SUBJECT),
    ("subject-sign-out", &[("id", "{}")], SUBJECT),
    ("subject-create", &[("id", "q"), ("kind", "user"), ("tenant", "{}")], TENANT),
    ("api-key-revoke", &[("subject", "{}"), ("name", "laptop")], SUBJECT),
    ("role-create", &[("name", "mine"), ("tenant", "{}")], TENANT),
    (
        "resource-create",
        &[("kind", "customer"), ("id", "q"), ("tenant", "{}"), ("sensitivity", "internal")],
        TENANT,
    ),
    (
        "emergency-stop",
        &[("scope", "subject"), ("target", "{}"), ("tenant", "acme"), ("reason", "x")],
        SUBJECT,
    ),
    ("emergency-stop", &[("scope", "tenant"), ("tenant", "{}"), ("reason", "x")], TENANT),
];

/// The page's own part; of what is no page, all of it.
fn own(answer: &Answer) -> String {
    format!("{} {}", answer.status, console::own(&answer.text).unwrap_or(&answer.text))
}

/// Where a form leads, with what it says there.
fn led(answer: &Answer) -> String {
    let (place, draft) = answer.location.split_once("draft=").unwrap_or((answer.location.as_str(), ""));
    let draft = draft.split('&').next().unwrap_or_default();
    let said = String::from_utf8(hex::decode(draft).expect("a draft")).expect("text");
    format!("{} {place} {said}", answer.status)
}

pub(crate) async fn what_others_have_is_answered_as_what_nobody_has(backend: Backend) {
    let house = House::open(backend).await;
    let everywhere = house.browser(AccountRole::Owner, Reach::Everything).await;
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    let mut differ = 0;
    for (address, (theirs, nobodys)) in ADDRESSES {
        let ask = async |cookie: &str| {
            let here = own(&house.get(cookie, &address.replace("{}", theirs)).await);
            let there = own(&house.get(cookie, &address.replace("{}", nobodys)).await);
            (here.replace(theirs, nobodys), there)
        };
        let (here, there) = ask(&acme).await;
        assert_eq!(here, there, "{address}");
        let (here, there) = ask(&everywhere).await;
        differ += usize::from(here != there);
    }
    // Whoever may see both tells nearly all of them apart.
    assert!(differ * 3 > ADDRESSES.len() * 2, "{differ} of {}", ADDRESSES.len());
    house.stop().await;
}

pub(crate) async fn forms_tell_what_others_have_from_what_nobody_has_to_nobody(backend: Backend) {
    let house = House::open(backend).await;
    let acme = house.browser(AccountRole::Owner, of(&["acme"])).await;
    for (name, fields, (theirs, nobodys)) in FORMS {
        let send = async |with: &str| {
            let fields: Vec<(&str, String)> =
                fields.iter().map(|(field, value)| (*field, value.replace("{}", with))).collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(field, value)| (*field, value.as_str())).collect();
            led(&house.post(&acme, &format!("/_fn/{name}"), &fields).await)
        };
        let (here, there) = (send(theirs).await, send(nobodys).await);
        assert!(there.contains("\"problems\":[{"), "{name} {fields:?}: {there}");
        assert_eq!(here.replace(theirs, nobodys), there, "{name} {fields:?}");
    }
    // What is said of a rule before it is saved.
    let call =
        json!({ "subject": "alice", "tool": "crm/export_customers", "arguments": "{\"format\":\"csv\"}" });
    for (field, value, (theirs, nobodys)) in [
        ("roles", json!(["{}"]), ROLE),
        ("subjects", json!(["{}"]), SUBJECT),
        ("tools", json!(["{}/look"]), SERVER),
        ("tools", json!(["{}/*"]), SERVER),
        ("tenant", json!("{}"), TENANT),
        ("name", json!("{}"), ("Kestrel rule", "Kestrel mule")),
    ] {
        for (tenant, id, function) in [
            ("acme", "", "rule-check"),
            ("acme", "", "rule-compare"),
            ("acme", "", "rule-try"),
            ("", "", "rule-check"),
            ("", "", "rule-compare"),
            ("acme", house.theirs.rule.as_str(), "rule-compare"),
        ] {
            let send = async |with: &str| {
                let value: Value =
                    serde_json::from_str(&value.to_string().replace("{}", with)).expect("JSON");
                let mut draft = draft(tenant);
                draft[field] = value;
                let asked = json!({ "draft": draft, "id": id, "call": call });
                own(&house.json(&acme, &format!("/_fn/{function}"), &asked).await)
            };
            let (here, there) = (send(theirs).await, send(nobodys).await);
            assert!(there.starts_with("200 "), "{function} {field}: {there}");
            assert_eq!(here.replace(theirs, nobodys), there, "{function} {field} {tenant}");
        }
    }
    house.stop().await;
}
