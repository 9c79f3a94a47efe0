//! Calls that read the live state at once go together in one statement: each must be given its own answer.

use tests::on_both_databases;

on_both_databases!(many_questions_at_once_are_answered_as_one_by_one);

mod stories {
    use pdp::Secret;
    use policy::{ResourceRef, Timestamp};
    use std::sync::Arc;
    use store::{CallerBy, CredentialBy, LiveQuery, LiveState};
    use tests::world::TaskTerms;
    use tests::{Backend, World};
    use tokio::sync::Barrier;
    use tokio::task::JoinSet;

    /// A question with what it is made of.
    #[derive(Debug, Clone)]
    struct Question {
        credential: Option<String>,
        caller: Caller,
        tenant: Option<String>,
        bound: Vec<ResourceRef>,
        actor: Option<&'static str>,
        task: Option<String>,
    }

    #[derive(Debug, Clone)]
    enum Caller {
        Key(String),
        Subject(&'static str),
        Identity(&'static str, &'static str),
        Nobody,
    }

    async fn ask(world: &World, question: &Question) -> LiveState {
        let query = LiveQuery {
            credential: question.credential.as_deref().map_or(CredentialBy::None, CredentialBy::Digest),
            caller: match &question.caller {
                Caller::Key(digest) => CallerBy::KeyDigest(digest),
                Caller::Subject(id) => CallerBy::Subject(id),
                Caller::Identity(issuer, sub) => CallerBy::Identity { issuer, sub, jti: None },
                Caller::Nobody => CallerBy::Nobody,
            },
            tenant: question.tenant.as_deref(),
            bound: &question.bound,
            actor: question.actor,
            task: question.task.as_deref(),
            approvals: None,
        };
        let state = world.store.read_live(&query).await.expect("reads");
        assert_ne!(state.now, Timestamp::default());
        LiveState { now: Timestamp::default(), ..state }
    }

    /// Every shape of the statement, callers that are there and callers that are not.
    fn questions(world: &World, tasks: &[String]) -> Vec<Question> {
        let digest = |name: &str| Secret::new(world.secret(name)).digest();
        let named = |ids: &[&str]| {
            ids.iter().map(|id| ResourceRef { kind: "customer".into(), id: (*id).into() }).collect::<Vec<_>>()
        };
        let callers = [
            Caller::Key(digest("ALICE_KEY")),
            Caller::Key(digest("REFUND_BOT_KEY")),
            Caller::Key("no such key".to_owned()),
            Caller::Subject("alice"),
            Caller::Subject("refund-bot"),
            Caller::Subject("nobody's"),
            Caller::Subject("a\0b"),
            Caller::Identity("https://idp.example", "a-17"),
            Caller::Identity("https://idp.example", "b-99"),
            Caller::Identity("https://other.example", "a-17"),
            Caller::Nobody,
        ];
        let mut questions = Vec::new();
        for caller in callers {
            for credential in [None, Some(digest("CRM_PEP_KEY"))] {
                for tenant in [None, Some("acme".to_owned()), Some("globex".to_owned())] {
                    for bound in [named(&[]), named(&["c-42"]), named(&["c-43", "no'\"such"])] {
                        let nth = questions.len();
                        let (caller, credential, tenant) =
                            (caller.clone(), credential.clone(), tenant.clone());
                        // In step with nothing else, so that each meets each.
                        let actor = [None, Some("refund-bot"), Some("b-17"), Some("nobody's"), None][nth % 5];
                        let task = (nth % 7 < 3).then(|| tasks[nth % 7].clone());
                        questions.push(Question { credential, caller, tenant, bound, actor, task });
                    }
                }
            }
        }
        questions
    }

    pub(crate) async fn many_questions_at_once_are_answered_as_one_by_one(backend: Backend) {
        let world = Arc::new(World::demo(backend).await);
        world
            .apply(
                r#"{"issuers": [{"url": "https://idp.example", "active": true, "tenants": ["acme"]}],
                    "subjects": [{"id": "alice", "identities": [{"issuer": "https://idp.example", "sub": "a-17"}]},
                                 {"id": "refund-bot", "identities": [{"issuer": "https://idp.example", "sub": "b-17"}]}],
                    "resources": [{"type": "customer", "id": "c-42", "tenant": "acme"},
                                  {"type": "customer", "id": "c-43", "tenant": "globex"}]}"#,
            )
            .await;
        let open = async |subject: &str| world.open_task(subject, TaskTerms::default()).await;
        let tasks = [open("alice").await, open("refund-bot").await, "no such task".to_owned()];
        let questions = questions(&world, &tasks);
        let mut alone = Vec::with_capacity(questions.len());
        for question in &questions {
            alone.push(ask(&world, question).await);
        }
        let found = |state: &&LiveState| state.subject.is_some();
        assert!(alone.iter().filter(found).count() > 50, "there is something to mix up");
        assert!(
            alone.iter().any(|state| state.actor.is_some()) && alone.iter().any(|state| state.task.is_some())
        );
        // All at once, several times over, and so in ever other company.
        for _ in 0..5 {
            let start = Arc::new(Barrier::new(questions.len()));
            let mut asking = JoinSet::new();
            for (place, question) in questions.iter().cloned().enumerate() {
                let (world, start) = (world.clone(), start.clone());
                asking.spawn(async move {
                    start.wait().await;
                    (place, ask(&world, &question).await)
                });
            }
            while let Some(told) = asking.join_next().await {
                let (place, state) = told.expect("asks to its end");
                assert_eq!(state, alone[place], "{:?}", questions[place]);
            }
        }
    }
}
