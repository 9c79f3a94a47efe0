//! `countersign check` says of a call what the endpoint says of it to a key that vouches for its subjects.

use tests::on_both_databases;

on_both_databases!(a_check_says_what_the_endpoint_says);

mod stories {
    use crate::commands::countersign;
    use serde_json::{Map, Value, json};
    use tests::pep::refund;
    use tests::world::TaskTerms;
    use tests::{Backend, Pep, World};

    const BUNDLE: &str = "
resources: [{ type: record, id: r-1, tenant: acme }, { type: record, id: g-1, tenant: globex }]
rules:
  - name: records
    tenant: acme
    effect: allow
    roles: [support-agent]
    actions: [read]
    resources: ['record:*']
  - name: exports from inside
    tenant: acme
    effect: allow
    roles: [support-agent]
    tools: [crm/export_customers]
    when: ip_in(context.ip, '10.0.0.0/8')
credentials:
  - { name: vouch, server: crm, trust: assert_subject, responses: explained, secret_env: VOUCH_KEY }
  - { name: app, trust: assert_subject, responses: explained, secret_env: APP_KEY }
";

    async fn world(backend: Backend) -> World {
        let mut world = World::demo(backend).await;
        for name in ["VOUCH_KEY", "APP_KEY"] {
            world.set_secret(name, &format!("{name}-{}", "x".repeat(40)));
        }
        world.apply(BUNDLE).await;
        world
    }

    /// The words that say this context: by itself what has an option of its own.
    fn said(context: &Value) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut rest = Map::new();
        for (name, value) in context.as_object().expect("an object") {
            match (name.as_str(), value.as_str()) {
                ("agent" | "task" | "tenant", Some(text)) => {
                    words.extend([format!("--{name}"), text.to_owned()]);
                }
                _ => {
                    rest.insert(name.clone(), value.clone());
                }
            }
        }
        words.extend(["--context".to_owned(), Value::Object(rest).to_string()]);
        words
    }

    /// Asks the endpoint as this key, and the command by these words: both must say this.
    async fn both_say(world: &World, pep: &Pep, body: &Value, of: &[&str], reason: &str) {
        assert_eq!(pep.ask(body).await.reason(), reason, "{body}");
        let subject = body["subject"]["id"].as_str().expect("a subject");
        let arguments = body["resource"]["properties"]["arguments"].to_string();
        let context = said(&body["context"]);
        let mut words = vec!["check", "--subject", subject, "--args", &arguments];
        words.extend(of);
        words.extend(context.iter().map(String::as_str));
        let (code, told) = countersign(world, &words);
        let (wanted, verdict) = if reason == "allowed" { (0, "Allowed") } else { (2, "Denied") };
        assert_eq!(code, Some(wanted), "{words:?}: {told}");
        assert_eq!(told.lines().next(), Some(format!("{verdict}: {reason}").as_str()), "{words:?}: {told}");
    }

    pub(super) async fn a_check_says_what_the_endpoint_says(backend: Backend) {
        let world = world(backend).await;
        let task = world.open_task("alice", TaskTerms::default()).await;
        let replica = world.replica().await;
        let crm = Pep::new(replica.address(), world.secret("VOUCH_KEY"));
        for (subject, tool, arguments, context, reason) in [
            ("alice", "refund", refund(), json!({"agent": "refund-bot"}), "allowed"),
            ("alice", "refund", refund(), json!({"agent": "bob"}), "no_matching_rule"),
            ("alice", "refund", refund(), json!({"agent": "nobody"}), "unknown_actor"),
            ("alice", "refund", refund(), json!({"agent": 7}), "unknown_actor"),
            ("bob", "refund", refund(), json!({"agent": "refund-bot"}), "no_matching_rule"),
            ("alice", "refund", refund(), json!({"tenant": "acme"}), "allowed"),
            ("alice", "refund", refund(), json!({"tenant": "globex"}), "no_membership"),
            ("alice", "refund", refund(), json!({"task": task}), "allowed"),
            ("alice", "refund", refund(), json!({"task": "t-1"}), "task_out_of_scope"),
            ("alice", "export_customers", json!({"format": "csv"}), json!({"ip": "10.1.2.3"}), "allowed"),
            (
                "alice",
                "export_customers",
                json!({"format": "csv"}),
                json!({"ip": "192.0.2.1"}),
                "no_matching_rule",
            ),
            ("alice", "export_customers", json!({"format": "csv"}), json!({}), "condition_error"),
        ] {
            let body = json!({
                "subject": {"type": "user", "id": subject},
                "action": {"name": "tools/call"},
                "resource": {"type": "tool", "id": tool, "properties": {"arguments": arguments}},
                "context": context,
            });
            both_say(&world, &crm, &body, &["--server", "crm", "--tool", tool], reason).await;
        }

        let app = Pep::new(replica.address(), world.secret("APP_KEY"));
        for (subject, action, kind, id, context, reason) in [
            ("alice", "read", "record", "r-1", json!({}), "allowed"),
            ("alice", "read", "record", "r-1", json!({"agent": "refund-bot"}), "allowed"),
            ("alice", "read", "record", "r-1", json!({"agent": "bob"}), "no_matching_rule"),
            ("bob", "read", "record", "r-1", json!({}), "no_matching_rule"),
            ("alice", "write", "record", "r-1", json!({}), "no_matching_rule"),
            ("alice", "read", "record", "g-1", json!({}), "resource_tenant_mismatch"),
            ("alice", "read", "record", "of:nobody", json!({}), "allowed"),
            ("alice", "read", "prompt", "hello", json!({}), "unknown_method"),
            ("alice", "tools/list", "mcp_server", "crm", json!({}), "allowed"),
            ("dave", "tools/list", "mcp_server", "crm", json!({}), "unknown_server"),
            ("alice", "tools/call", "tool", "crm/refund", json!({}), "allowed"),
            ("alice", "tools/call", "tool", "refund", json!({}), "unknown_tool"),
        ] {
            let body = json!({
                "subject": {"type": "user", "id": subject},
                "action": {"name": action},
                "resource": {"type": kind, "id": id, "properties": {"arguments": refund()}},
                "context": context,
            });
            let resource = format!("{kind}:{id}");
            let of = ["--action", action, "--resource", resource.as_str()];
            both_say(&world, &app, &body, &of, reason).await;
        }
        replica.stop().await;
    }
}
