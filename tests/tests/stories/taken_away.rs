//! What a command takes away, beside a server that is a process of its own, denies the very next call there.

use tests::on_both_databases;

on_both_databases!(the_next_call_after_a_command_is_denied_for_its_reason, a_stop_holds_until_it_is_lifted);

mod stories {
    use crate::commands::countersign;
    use crate::tokens::issuer::{Signer, URL, and, claims, issuer, refund, registered, with};
    use serde_json::{Value, json};
    use tests::pep::call_body;
    use tests::process::Process;
    use tests::world::TaskTerms;
    use tests::{Backend, Pep, World};

    fn serve(world: &World) -> (Process, Pep) {
        let server = Process::serve(&world.database, &world.database.url);
        let crm = Pep::new(server.address(), world.secret("CRM_PEP_KEY"));
        (server, crm)
    }

    fn call(token: &str) -> Value {
        call_body(token, "refund", refund())
    }

    async fn reason(crm: &Pep, call: &Value) -> String {
        crm.ask(call).await.reason().to_owned()
    }

    /// What the command printed; its words hold no blanks.
    fn done(world: &World, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let (code, told) = countersign(world, &words);
        assert_eq!(code, Some(0), "{command}: {told}");
        told
    }

    /// A token of somebody else, which is not the one that is revoked.
    fn of(sub: &str, jti: &str) -> Value {
        and(with("sub", json!(sub)), "jti", json!(jti))
    }

    pub(super) async fn the_next_call_after_a_command_is_denied_for_its_reason(backend: Backend) {
        let world = World::demo(backend).await;
        world.apply(&registered()).await;
        let id = world.open_task("refund-bot", TaskTerms::default()).await;
        let (server, crm) = serve(&world);
        let signer = Signer::new();
        let one = call(&signer.token(&claims()));
        let other = call(&signer.token(&with("jti", json!("t-2"))));
        let stranger = call(&signer.token(&of("b-99", "t-3")));
        let mut errand = call(world.secret("REFUND_BOT_KEY"));
        errand["context"]["task"] = json!(id);
        for (command, call, before, after) in [
            (
                format!("revoke token --issuer {URL} --jti t-1 --until 2100-01-01T00:00:00Z"),
                &one,
                "allowed",
                "token_revoked",
            ),
            (format!("issuer disable {URL}"), &other, "allowed", "token_invalid"),
            (format!("issuer enable {URL}"), &other, "token_invalid", "allowed"),
            ("revoke subject ivy".to_owned(), &other, "allowed", "token_revoked"),
            (format!("task revoke {id}"), &errand, "allowed", "task_inactive"),
            (
                format!("unmapped map --issuer {URL} --sub b-99 --subject alice"),
                &stranger,
                "unknown_subject",
                "allowed",
            ),
            ("revoke subject alice".to_owned(), &stranger, "allowed", "token_revoked"),
        ] {
            assert_eq!(reason(&crm, call).await, before, "before {command}");
            done(&world, &command);
            assert_eq!(reason(&crm, call).await, after, "after {command}");
        }
        // It is the tokens of issuers that count no longer.
        assert_eq!(reason(&crm, &call(world.secret("ALICE_KEY"))).await, "allowed");

        // Who is blocked does not become known, though the issuer lets anybody in by now.
        done(&world, &format!("unmapped block --issuer {URL} --sub c-5"));
        world.apply(&issuer("unknown_subjects", &json!("provision"))).await;
        let blocked = call(&signer.token(&of("c-5", "t-4")));
        assert_eq!(reason(&crm, &blocked).await, "unknown_subject");
        done(&world, &format!("unmapped unblock --issuer {URL} --sub c-5"));
        assert_eq!(reason(&crm, &blocked).await, "no_membership");
        server.kill();
    }

    pub(super) async fn a_stop_holds_until_it_is_lifted(backend: Backend) {
        let world = World::demo(backend).await;
        let (server, crm) = serve(&world);
        let alice = call(world.secret("ALICE_KEY"));
        for what in ["everything", "tenant acme", "server crm", "tool crm/refund", "subject alice"] {
            assert_eq!(reason(&crm, &alice).await, "allowed", "before {what}");
            let told = done(&world, &format!("emergency stop {what} --reason drill"));
            assert_eq!(reason(&crm, &alice).await, "kill_switch", "{what}");
            let lift = told.split('`').find(|part| part.starts_with("countersign emergency lift "));
            let lift = lift.and_then(|part| part.strip_prefix("countersign ")).expect("how to lift it");
            done(&world, lift);
            assert_eq!(reason(&crm, &alice).await, "allowed", "after {what}");
        }
        server.kill();
    }
}
