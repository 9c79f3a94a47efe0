//! What narrows a rule beside who and which arguments: the caller's network, the time, and a tool's risk, sensitivity and
//! whether it only reads. Each as it lets a call through and as it does not, with the reason.

use tests::on_both_databases;

on_both_databases!(
    a_network_narrows_a_rule,
    a_time_of_day_and_a_time_span_narrow_a_rule,
    labels_of_a_tool_narrow_a_rule,
);

mod stories {
    use serde_json::{Value, json};
    use tests::pep::call_body;
    use tests::{Backend, Pep, Replica, World};

    /// The demo, and one more rule after the other.
    struct House {
        world: World,
        replica: Replica,
        crm: Pep,
    }

    impl House {
        async fn new(backend: Backend) -> Self {
            let world = World::demo(backend).await;
            let replica = world.replica().await;
            let crm = world.crm(&replica);
            Self { world, replica, crm }
        }

        /// Puts the one rule of acme that is tried in the place of the one before.
        async fn rule(&self, effect: &str, more: &Value, status: &str) {
            let mut rule = json!({"name": "narrowed", "tenant": "acme", "effect": effect, "status": status});
            for (key, value) in more.as_object().expect("an object") {
                rule[key.as_str()] = value.clone();
            }
            self.world.apply(&json!({ "rules": [rule] }).to_string()).await;
        }

        /// How a call comes out that says to come from this address.
        async fn reason(&self, who: &str, tool: &str, ip: Option<&str>) -> String {
            let arguments = match tool {
                "export_customers" => json!({"format": "csv"}),
                "add_note" => json!({"customer_id": "c-42", "text": "hello"}),
                "refund" => json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"}),
                _ => json!({"customer_id": "c-42"}),
            };
            let mut body = call_body(self.world.secret(who), tool, arguments);
            if let Some(ip) = ip {
                body["context"]["ip"] = json!(ip);
            }
            self.crm.ask(&body).await.reason().to_owned()
        }

        async fn ends(self) {
            self.replica.stop().await;
        }
    }

    pub(super) async fn a_network_narrows_a_rule(backend: Backend) {
        let house = House::new(backend).await;
        let inside = "ip_in(context.ip, '10.0.0.0/8') || ip_in(context.ip, 'fd00::/8')";
        let addresses = [
            (Some("10.1.2.3"), true),
            (Some("fd12::1"), true),
            (Some("11.1.2.3"), false),
            (Some("192.0.2.1"), false),
            (Some("fe80::1"), false),
        ];
        // Where no address came, or none that can be read, an allow rule grants nothing, and a deny rule counts.
        let unknown = [None, Some("somewhere"), Some("10.1.2.3/8"), Some("")];

        assert_eq!(house.reason("ALICE_KEY", "export_customers", Some("10.1.2.3")).await, "no_matching_rule");
        let allow = json!({"tools": ["crm/export_customers"], "when": inside});
        house.rule("allow", &allow, "enforced").await;
        for (ip, is_inside) in addresses {
            let wanted = if is_inside { "allowed" } else { "no_matching_rule" };
            assert_eq!(house.reason("ALICE_KEY", "export_customers", ip).await, wanted, "{ip:?}");
        }
        for ip in unknown {
            let reason = house.reason("ALICE_KEY", "export_customers", ip).await;
            assert_eq!(reason, "condition_error", "{ip:?}");
        }

        let deny = json!({"tools": ["crm/refund"], "when": format!("!({inside})")});
        house.rule("deny", &deny, "enforced").await;
        for (ip, is_inside) in addresses {
            let wanted = if is_inside { "allowed" } else { "denied_by_rule" };
            assert_eq!(house.reason("ALICE_KEY", "refund", ip).await, wanted, "{ip:?}");
        }
        for ip in unknown {
            assert_eq!(house.reason("ALICE_KEY", "refund", ip).await, "denied_by_rule", "{ip:?}");
        }
        house.rule("deny", &deny, "disabled").await;
        assert_eq!(house.reason("ALICE_KEY", "refund", Some("192.0.2.1")).await, "allowed");
        house.ends().await;
    }

    pub(super) async fn a_time_of_day_and_a_time_span_narrow_a_rule(backend: Backend) {
        let house = House::new(backend).await;
        let hour = server::clock::system()().micros() / 3_600_000_000 % 24;
        // This hour and the next, so that the story may run over the full hour; and two that are far from them.
        let window = |zone: &str, from: i64| {
            let (one, next) = (from % 24, (from + 1) % 24);
            format!("now.getHours({zone}) == {one} || now.getHours({zone}) == {next}")
        };
        let (past, future) = ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z");
        for (more, holds) in [
            (json!({"when": window("", hour)}), true),
            (json!({"when": window("", hour + 6)}), false),
            (json!({"when": window("'+02:00'", hour + 2)}), true),
            (json!({"when": window("'+02:00'", hour + 12)}), false),
            (json!({"valid": {"from": past, "until": future}}), true),
            (json!({"valid": {"from": past}}), true),
            (json!({"valid": {"until": future}}), true),
            (json!({"valid": {"from": future}}), false),
        ] {
            let mut allow = more.clone();
            allow["tools"] = json!(["crm/export_customers"]);
            house.rule("allow", &allow, "enforced").await;
            let wanted = if holds { "allowed" } else { "no_matching_rule" };
            assert_eq!(house.reason("ALICE_KEY", "export_customers", None).await, wanted, "allow {more}");

            let mut deny = more.clone();
            deny["tools"] = json!(["crm/refund"]);
            house.rule("deny", &deny, "enforced").await;
            let wanted = if holds { "denied_by_rule" } else { "allowed" };
            assert_eq!(house.reason("ALICE_KEY", "refund", None).await, wanted, "deny {more}");
        }
        // A deny rule of the past is refused when it is written; one that allows grants nothing.
        let over = json!({"tools": ["crm/export_customers"], "valid": {"until": past}});
        house.rule("allow", &over, "enforced").await;
        assert_eq!(house.reason("ALICE_KEY", "export_customers", None).await, "no_matching_rule");
        house.ends().await;
    }

    pub(super) async fn labels_of_a_tool_narrow_a_rule(backend: Backend) {
        let house = House::new(backend).await;
        // Low: get_customer. Medium and internal: add_note. High: refund. Critical, regulated and read-only:
        // export_customers.
        for (effect, more, who, tool, wanted) in [
            ("allow", json!({"risk_at_least": "critical"}), "BOB_KEY", "export_customers", "allowed"),
            ("allow", json!({"risk_at_least": "critical"}), "BOB_KEY", "add_note", "no_matching_rule"),
            ("allow", json!({"risk_at_least": "medium"}), "BOB_KEY", "add_note", "allowed"),
            ("deny", json!({"risk_at_least": "high"}), "ALICE_KEY", "refund", "denied_by_rule"),
            ("deny", json!({"risk_at_least": "medium"}), "ALICE_KEY", "refund", "denied_by_rule"),
            ("deny", json!({"risk_at_least": "high"}), "ALICE_KEY", "add_note", "allowed"),
            ("deny", json!({"risk_at_least": "medium"}), "ALICE_KEY", "get_customer", "allowed"),
            ("allow", json!({"sensitivity": ["internal"]}), "BOB_KEY", "add_note", "allowed"),
            (
                "allow",
                json!({"sensitivity": ["public", "internal"]}),
                "BOB_KEY",
                "export_customers",
                "no_matching_rule",
            ),
            ("deny", json!({"sensitivity": ["confidential"]}), "ALICE_KEY", "get_customer", "denied_by_rule"),
            ("deny", json!({"sensitivity": ["confidential"]}), "ALICE_KEY", "add_note", "allowed"),
            ("allow", json!({"when": "resource.read_only"}), "BOB_KEY", "export_customers", "allowed"),
            ("allow", json!({"when": "resource.read_only"}), "BOB_KEY", "add_note", "no_matching_rule"),
            ("deny", json!({"when": "!resource.read_only"}), "ALICE_KEY", "add_note", "denied_by_rule"),
            ("deny", json!({"when": "!resource.read_only"}), "ALICE_KEY", "get_customer", "allowed"),
        ] {
            let mut rule = more.clone();
            rule["tools"] = json!(["crm/*"]);
            house.rule(effect, &rule, "enforced").await;
            let told = house.reason(who, tool, None).await;
            assert_eq!(told, wanted, "{effect} {more}: {tool}");
            // Out of force, none of these lets a call through or stops one.
            house.rule(effect, &rule, "disabled").await;
            let without = if effect == "deny" { "allowed" } else { "no_matching_rule" };
            assert_eq!(house.reason(who, tool, None).await, without, "without {effect} {more}: {tool}");
        }
        house.ends().await;
    }
}
