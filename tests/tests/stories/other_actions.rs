//! What is no tool's call, tried in the console: held against what the endpoint answers to the same question, and tried again
//! from its record.

use tests::on_both_databases;

on_both_databases!(
    another_action_is_tried_as_its_call_is_answered,
    what_a_server_may_not_ask_is_not_tried_again,
    what_is_no_action_is_said_at_its_field,
    what_is_no_tool_is_pointed_to,
);

mod stories {
    use crate::for_whom::own;
    use crate::for_whom::trying::{decided, field, says, tried};
    use crate::inbox::html::seen;
    use crate::reach::house::{House, of};
    use policy::Reach;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use store::accounts::AccountRole;
    use tests::{Backend, Pep};

    const RECORDS: &str = "
resources:
  - { type: record, id: r-1, tenant: acme, attributes: { status: active } }
  - { type: record, id: r-2, tenant: acme, attributes: { status: archived } }
  - { type: record, id: n-1, tenant: nimbus, attributes: { status: active } }
rules:
  - { name: everybody reads, tenant: acme, effect: allow, actions: [read], resources: ['record:*'] }
  - name: support writes what is active
    tenant: acme
    effect: allow
    roles: [support-agent]
    actions: [write]
    resources: ['record:*']
    when: resource.status == 'active'
  - name: support deletes softly
    tenant: acme
    effect: allow
    roles: [support-agent]
    actions: [delete]
    resources: ['record:*']
    when: action.soft == true
  - name: finance closes once approved
    tenant: acme
    effect: allow
    roles: [finance]
    actions: [close]
    resources: ['record:*']
    approval: { approvers: [auditor] }
credentials: [{ name: app, trust: assert_attributes, secret_env: APP_KEY }]
";

    /// The house with records in it, whoever asks about them, and a browser that sees every tenant.
    async fn open(backend: Backend) -> (House, Pep, String) {
        let mut house = House::open(backend).await;
        house.world.set_secret("APP_KEY", &format!("app-{}", "x".repeat(40)));
        house.world.apply(RECORDS).await;
        let pep = house.pep("APP_KEY");
        let cookie = house.browser(AccountRole::Auditor, Reach::Everything).await;
        (house, pep, cookie)
    }

    /// What one part of the question says of itself, as it is sent and as it is typed.
    fn typed(properties: &Value) -> String {
        if *properties == json!({}) { String::new() } else { properties.to_string() }
    }

    pub(super) async fn another_action_is_tried_as_its_call_is_answered(backend: Backend) {
        let (house, pep, cookie) = open(backend).await;
        let mut words = BTreeSet::new();
        for subject in ["alice", "carol", "refund-bot", "zed", "nobody"] {
            for (action, id, of_action, of_resource) in [
                ("read", "r-1", json!({}), json!({})),
                ("read", "n-1", json!({}), json!({})),
                ("read", "r:9/x y", json!({}), json!({})),
                ("write", "r-1", json!({}), json!({})),
                ("write", "r-2", json!({}), json!({})),
                // What the asking side says lies over what is registered.
                ("write", "r-2", json!({}), json!({"status": "active"})),
                ("write", "r-9", json!({}), json!({})),
                ("write", "r-9", json!({}), json!({"status": "active"})),
                ("delete", "r-1", json!({}), json!({})),
                ("delete", "r-1", json!({"soft": true}), json!({})),
                ("close", "r-1", json!({}), json!({})),
            ] {
                let what = format!("{subject} {action} {id} {of_action} {of_resource}");
                let question = json!({
                    "subject": {"type": "user", "id": subject},
                    "action": {"name": action, "properties": of_action},
                    "resource": {"type": "record", "id": id, "properties": of_resource},
                });
                let (decision, recorded) = decided(&house, &pep, &question).await;
                let (properties, action_properties) = (typed(&of_resource), typed(&of_action));
                let fields = [
                    ("subject", subject),
                    ("action", action),
                    ("type", "record"),
                    ("id", id),
                    ("properties", properties.as_str()),
                    ("action_properties", action_properties.as_str()),
                ];
                let page = tried(&house, &cookie, &fields).await;
                words.insert(says(&page, &decision, &what));
                // From the record the same is asked once more.
                let link = format!("href=\"/try?from={recorded}\"");
                let record = seen(&own(&house.get(&cookie, &format!("/decisions/{recorded}")).await));
                assert_eq!(record.contains(&link), subject != "nobody", "{what}: {record}");
                if subject == "nobody" {
                    continue;
                }
                let again = tried(&house, &cookie, &[("from", recorded.as_str())]).await;
                let filled = ["try-subject", "try-action", "try-type", "try-id"].map(|id| field(&again, id));
                assert_eq!(filled, [subject, action, "record", id], "{what}");
                assert_eq!(again.contains("\"status\": \"active\""), of_resource != json!({}), "{what}");
                assert_eq!(again.contains("\"soft\": true"), of_action != json!({}), "{what}");
                says(&again, &decision, &what);
            }
        }
        assert_eq!(words.len(), 3, "{words:?}");
        // Where somebody acts, both are asked.
        for subject in ["alice", "carol"] {
            let question = json!({
                "subject": {"type": "user", "id": subject},
                "action": {"name": "write"},
                "resource": {"type": "record", "id": "r-1"},
                "context": {"agent": "refund-bot"},
            });
            let (decision, recorded) = decided(&house, &pep, &question).await;
            assert_eq!(decision.is_allow(), subject == "alice", "{}", decision.reviewer_text);
            let fields = [("subject", subject), ("agent", "refund-bot"), ("action", "write")];
            let fields = [&fields[..], &[("type", "record"), ("id", "r-1")]].concat();
            says(&tried(&house, &cookie, &fields).await, &decision, subject);
            let again = tried(&house, &cookie, &[("from", recorded.as_str())]).await;
            assert_eq!(field(&again, "try-agent"), "refund-bot");
            says(&again, &decision, subject);
        }
        house.stop().await;
    }

    pub(super) async fn what_a_server_may_not_ask_is_not_tried_again(backend: Backend) {
        let (house, _, cookie) = open(backend).await;
        let question = json!({
            "subject": {"type": "user", "id": "self"},
            "action": {"name": "read"},
            "resource": {"type": "record", "id": "r-1"},
            "context": {"access_token": house.world.secret("ALICE_KEY")},
        });
        let (decision, id) = decided(&house, &house.crm(), &question).await;
        assert_eq!(decision.reason.code(), "unknown_method");
        let record = seen(&own(&house.get(&cookie, &format!("/decisions/{id}")).await));
        assert!(!record.contains("Try again now"), "{record}");
        let page = tried(&house, &cookie, &[("from", id.as_str())]).await;
        assert!(page.contains("No decision yet"), "{page}");
        house.stop().await;
    }

    /// Whether this field of the form is marked as wrong.
    fn is_invalid(page: &str, id: &str) -> bool {
        let field = page.split_once(&format!("id=\"{id}\"")).and_then(|(_, rest)| rest.split_once('>'));
        let (attributes, _) = field.unwrap_or_else(|| panic!("no field {id}: {page}"));
        attributes.contains("aria-invalid=\"true\"")
    }

    const FIELDS: [&str; 6] =
        ["try-subject", "try-action", "try-type", "try-id", "try-properties", "try-action-properties"];

    pub(super) async fn what_is_no_action_is_said_at_its_field(backend: Backend) {
        let (house, _, cookie) = open(backend).await;
        let whole =
            [("subject", "alice"), ("form", "action"), ("action", "read"), ("type", "record"), ("id", "r-1")];
        for (name, text, wrong) in [
            ("subject", "", Some("try-subject")),
            ("action", "", Some("try-action")),
            ("type", " ", Some("try-type")),
            ("type", "tool", Some("try-type")),
            ("id", "", Some("try-id")),
            ("id", "r\u{1}1", Some("try-id")),
            ("properties", "[1]", Some("try-properties")),
            ("properties", "{\"a\": 1, \"a\": 2}", Some("try-properties")),
            ("properties", "{\"arguments\": {}}", Some("try-properties")),
            ("action_properties", "{", Some("try-action-properties")),
            ("action_properties", "{}", None),
        ] {
            let mut fields: Vec<_> = whole.into_iter().filter(|(known, _)| *known != name).collect();
            fields.push((name, text));
            let page = tried(&house, &cookie, &fields).await;
            for id in FIELDS {
                assert_eq!(is_invalid(&page, id), wrong == Some(id), "{name} {text:?}: {id}\n{page}");
            }
            assert_eq!(page.contains("aria-label=\"Outcome\""), wrong.is_none(), "{name} {text:?}");
            // What was typed stays.
            if name != "action" {
                assert_eq!(field(&page, "try-action"), "read", "{name} {text:?}");
            }
        }
        house.stop().await;
    }

    pub(super) async fn what_is_no_tool_is_pointed_to(backend: Backend) {
        let (house, _, cookie) = open(backend).await;
        let page = async |path: &str| seen(&own(&house.get(&cookie, path).await)).replace("&amp;", "&");
        let form = page("/try?subject=alice&tenant=acme").await;
        assert!(form.contains("id=\"try-tool\"") && !form.contains("id=\"try-action\""), "{form}");
        assert!(form.contains("href=\"/try?subject=alice&tenant=acme&form=action\""), "{form}");
        let form = page("/try?subject=alice&tenant=acme&form=action").await;
        assert!(!form.contains("id=\"try-tool\"") && form.contains("id=\"try-action\""), "{form}");
        assert!(form.contains("No decision yet"), "{form}");
        assert_eq!(field(&form, "try-subject"), "alice");
        assert!(form.contains("href=\"/try?subject=alice&tenant=acme\""), "{form}");
        // Access lists tools alone, and says where it is asked what a subject can.
        for (path, link) in [
            ("/access?tenant=acme&subject=alice", Some("/try?subject=alice&tenant=acme&form=action")),
            // A tenant without any tools.
            ("/access?tenant=globex&subject=dave", Some("/try?subject=dave&tenant=globex&form=action")),
            (
                "/access?tenant=acme&subject=alice&agent=refund-bot",
                Some("/try?subject=alice&agent=refund-bot&tenant=acme&form=action"),
            ),
            ("/access?tenant=acme&tool=crm%2Frefund", None),
            ("/access?tenant=acme", None),
        ] {
            let page = page(path).await;
            assert_eq!(page.contains("Only tools are listed here"), link.is_some(), "{path}: {page}");
            let leads = |link: &str| page.contains(&format!("href=\"{link}\""));
            assert!(link.is_none_or(leads), "{path}: {page}");
        }
        // Who may not try a call, may not try this either.
        let asked = "/try?subject=alice&action=read&type=record&id=r-1";
        for reach in [Reach::Everything, of(&["acme"])] {
            let approver = house.browser(AccountRole::Approver, reach).await;
            assert_eq!(house.get(&approver, asked).await.status, 403);
        }
        let nobody = house.get("", asked).await;
        assert!(nobody.location.starts_with("/sign-in"), "{nobody:?}");
        house.stop().await;
    }
}
