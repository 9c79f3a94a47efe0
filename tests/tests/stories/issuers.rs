//! Issuers of tokens, and what the live read says of a caller who shows a token: all of it as it is at that moment.

use tests::on_both_databases;

on_both_databases!(
    an_issuer_is_registered_changed_and_deleted,
    every_change_of_an_issuer_moves_the_common_revision,
    an_identity_is_read_with_its_issuer_live,
    a_change_of_an_issuer_by_hand_is_live,
    a_subject_signed_out_everywhere_stays_so,
    one_token_is_taken_back,
);

mod stories {
    use policy::issuer::{Issuer, UnknownSubjects};
    use policy::{SubjectId, SubjectKind, TenantSlug, Timestamp};
    use serde_json::json;
    use store::administration::{Identity, Page, Subject};
    use store::changes::{ChangeFilter, ChangePosition};
    use store::{
        CallerBy, CredentialBy, LiveQuery, LiveState, Settings, Store, StoreError, WriteError, Writer,
    };
    use tests::world::operator;
    use tests::{Backend, World};

    const IDP: &str = "https://idp.example";
    const OTHER: &str = "https://other.example/realms/acme";

    fn issuer(url: &str, tenants: &[&str]) -> Issuer {
        Issuer { tenants: tenants.iter().map(|slug| TenantSlug::from(*slug)).collect(), ..Issuer::new(url) }
    }

    async fn writer(world: &World) -> Writer {
        world.store.write(operator()).await.expect("a unit of work")
    }

    /// Registers an issuer; answers the common revision afterwards.
    async fn put(world: &World, issuer: &Issuer) -> i64 {
        let mut writer = writer(world).await;
        writer.put_issuer(issuer).await.expect("is taken");
        writer.commit().await.expect("commits").global_revision
    }

    /// Another process on the same database.
    async fn elsewhere(world: &World) -> Store {
        let settings = Settings { url: world.database.url.clone(), read_connections: 2 };
        Store::open(&settings).await.expect("opens")
    }

    async fn read(store: &Store, issuer: &str, sub: &str, jti: Option<&str>) -> LiveState {
        try_read(store, issuer, sub, jti).await.expect("reads")
    }

    async fn try_read(
        store: &Store,
        issuer: &str,
        sub: &str,
        jti: Option<&str>,
    ) -> Result<LiveState, StoreError> {
        let caller = CallerBy::Identity { issuer, sub, jti };
        let query = LiveQuery {
            credential: CredentialBy::None,
            caller,
            tenant: None,
            bound: &[],
            actor: None,
            task: None,
            approvals: None,
        };
        store.read_live(&query).await
    }

    async fn map(world: &World, issuer: &str, sub: &str, subject: &str) {
        let mut writer = writer(world).await;
        writer.map_identity(issuer, sub, &SubjectId::from(subject)).await.expect("is mapped");
        writer.commit().await.expect("commits");
    }

    /// How many changes of this kind are written down.
    async fn changes(world: &World, kind: &str) -> usize {
        let filter = ChangeFilter { kind: Some(kind), ..ChangeFilter::default() };
        world.store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("lists").len()
    }

    pub(super) async fn an_issuer_is_registered_changed_and_deleted(backend: Backend) {
        let world = World::demo(backend).await;
        let given =
            Issuer { unknown_subjects: UnknownSubjects::Provision, ..issuer(IDP, &["globex", "acme"]) };
        put(&world, &given).await;
        put(&world, &issuer(OTHER, &[])).await;
        let stored = world.store.get_issuer(IDP).await.expect("reads").expect("is there");
        assert_eq!(stored.version, 1);
        assert_eq!(stored.issuer, Issuer { tenants: vec!["acme".into(), "globex".into()], ..given.clone() });

        // The same again is no change; anything else is one version more.
        put(&world, &given).await;
        assert_eq!(changes(&world, "issuer").await, 2);
        put(&world, &Issuer { tenants: Vec::new(), ..given.clone() }).await;
        put(&world, &Issuer { tenants: Vec::new(), clock_skew: 5, ..given.clone() }).await;
        let stored = world.store.get_issuer(IDP).await.expect("reads").expect("is there");
        assert_eq!((stored.version, stored.issuer.clock_skew, stored.issuer.tenants.len()), (3, 5, 0));

        let urls = async |page: Page<'_>| -> Vec<String> {
            let found = world.store.list_issuers(&page).await.expect("lists");
            found.iter().map(|stored| stored.cursor()).collect()
        };
        assert_eq!(urls(Page::ALL).await, [IDP, OTHER]);
        assert_eq!(urls(Page { after: Some(IDP), ..Page::ALL }).await, [OTHER]);
        assert_eq!(urls(Page { search: Some("REALMS"), ..Page::ALL }).await, [OTHER]);
        assert_eq!(urls(Page { limit: 1, ..Page::ALL }).await, [IDP]);

        let mut writer = writer(&world).await;
        let unknown = writer.put_issuer(&issuer(IDP, &["nowhere"])).await;
        assert!(matches!(unknown, Err(WriteError::Unknown { kind: "tenant", .. })), "{unknown:?}");
        let plain = writer.put_issuer(&issuer("http://idp.example", &[])).await;
        assert!(matches!(&plain, Err(WriteError::Issuer(why)) if why.field == "url"), "{plain:?}");
        let long = Issuer { name: "x".to_owned(), ..issuer(&format!("{IDP}/{}", "x".repeat(1_500)), &[]) };
        assert!(writer.put_issuer(&long).await.is_err(), "no index holds it");
        writer.rollback().await.expect("rolls back");

        map(&world, OTHER, "a-17", "alice").await;
        let count = async |url: &str| world.store.count_identities(url).await.expect("counts");
        assert_eq!((count(OTHER).await, count(IDP).await), (1, 0));
        let mut writer = self::writer(&world).await;
        assert!(writer.delete_issuer(OTHER).await.expect("deletes"));
        assert!(!writer.delete_issuer(OTHER).await.expect("is gone"));
        let gone = writer.map_identity(OTHER, "b-17", &"bob".into()).await;
        assert!(matches!(gone, Err(WriteError::Unknown { kind: "issuer", .. })), "{gone:?}");
        let committed = writer.commit().await.expect("commits");
        let change = committed.changes.first().expect("recorded");
        assert_eq!((change.kind.as_str(), change.object.as_str()), ("issuer", OTHER));
        assert_eq!(change.before.as_ref().map(|before| &before["url"]), Some(&json!(OTHER)));

        // The identity stays with its subject, and counts nowhere until the issuer is there again.
        let alice = world.store.get_subject(&"alice".into()).await.expect("reads").expect("is there");
        assert_eq!(alice.identities.len(), 1);
        let state = read(&world.store, OTHER, "a-17", None).await;
        assert_eq!((state.issuer, state.subject), (None, None));
        assert!(state.memberships.is_empty());
        put(&world, &issuer(OTHER, &["acme"])).await;
        assert!(read(&world.store, OTHER, "a-17", None).await.subject.is_some());
    }

    pub(super) async fn every_change_of_an_issuer_moves_the_common_revision(backend: Backend) {
        let world = World::demo(backend).await;
        let mut last = put(&world, &issuer(IDP, &[])).await;
        let mut moved = |now: i64, what: &str| {
            assert!(now > last, "{what}: {last} -> {now}");
            last = now;
        };
        moved(put(&world, &issuer(IDP, &["acme"])).await, "a tenant more");
        moved(put(&world, &Issuer { active: false, ..issuer(IDP, &["acme"]) }).await, "switched off");
        for by_hand in [
            "UPDATE issuers SET active = 1",
            "UPDATE issuer_tenants SET tenant = 'globex'",
            "INSERT INTO issuer_tenants (issuer, tenant) SELECT url, 'acme' FROM issuers",
            "DELETE FROM issuer_tenants WHERE tenant = 'globex'",
            "DELETE FROM issuers",
        ] {
            world.database.by_hand(by_hand).await;
            moved(read(&world.store, IDP, "x", None).await.global_revision, by_hand);
        }
        moved(put(&world, &issuer(IDP, &["globex"])).await, "there again");
        world.database.by_hand("DELETE FROM tenants WHERE slug = 'globex'").await;
        let state = read(&world.store, IDP, "x", None).await;
        moved(state.global_revision, "a tenant that is gone");
        assert!(state.issuer.expect("is there").issuer.tenants.is_empty());
    }

    pub(super) async fn an_identity_is_read_with_its_issuer_live(backend: Backend) {
        let world = World::demo(backend).await;
        let there = elsewhere(&world).await;
        put(&world, &issuer(IDP, &["acme"])).await;
        put(&world, &issuer(OTHER, &["globex"])).await;
        map(&world, IDP, "17", "alice").await;
        map(&world, OTHER, "17", "dave").await;

        let state = read(&there, IDP, "17", Some("j-1")).await;
        let subject = state.subject.expect("is mapped");
        assert_eq!(subject.id.as_str(), "alice");
        assert_eq!(state.memberships.len(), 1);
        assert_eq!(state.memberships[0].roles[0].name, "support-agent");
        let live = state.issuer.expect("is registered");
        assert_eq!((live.version, live.issuer.url.as_str()), (1, IDP));
        assert_eq!(live.issuer.tenants, [TenantSlug::from("acme")]);
        assert_eq!((state.token_revoked, state.tokens_after, state.key), (false, None, None));

        // The same `sub` of another issuer is somebody else.
        let state = read(&there, OTHER, "17", None).await;
        assert_eq!(state.subject.map(|subject| subject.id), Some("dave".into()));
        assert_eq!(state.memberships[0].tenant.as_str(), "globex");

        // Nobody, of an issuer that is there; and of none that is.
        for sub in ["18", "", "alice", "17\0", "\0", "%", "1_"] {
            let state = read(&there, IDP, sub, Some("\0")).await;
            assert!(state.issuer.is_some() && state.subject.is_none(), "{sub:?}");
            assert!(state.memberships.is_empty() && !state.token_revoked, "{sub:?}");
        }
        for url in ["", "https://idp.example/", "https://IDP.example", "https://idp.example\0"] {
            let state = read(&there, url, "17", None).await;
            assert!(state.issuer.is_none() && state.subject.is_none(), "{url:?}");
        }

        // An API key is looked up as ever, and brings no issuer.
        let alice = pdp::Secret::new(world.secret("ALICE_KEY")).digest();
        let query = LiveQuery {
            credential: CredentialBy::None,
            caller: CallerBy::KeyDigest(&alice),
            tenant: None,
            bound: &[],
            actor: None,
            task: None,
            approvals: None,
        };
        let state = there.read_live(&query).await.expect("reads");
        assert!(state.issuer.is_none() && state.key.is_some());
        assert_eq!(state.subject.map(|subject| subject.id), Some("alice".into()));

        // What changes in one process is read in the other by the very next call.
        put(&world, &Issuer { active: false, ..issuer(IDP, &["acme", "globex"]) }).await;
        let live = read(&there, IDP, "17", None).await.issuer.expect("is registered");
        assert_eq!((live.version, live.issuer.active, live.issuer.tenants.len()), (2, false, 2));
        world.apply("subjects: [{id: alice, identities: []}]").await;
        assert!(read(&there, IDP, "17", None).await.subject.is_none());
        there.close().await;
    }

    pub(super) async fn a_change_of_an_issuer_by_hand_is_live(backend: Backend) {
        let world = World::demo(backend).await;
        put(&world, &issuer(IDP, &["acme", "globex"])).await;
        let live = async || read(&world.store, IDP, "17", None).await.issuer.expect("is there");
        assert!(live().await.issuer.active);
        world.database.by_hand("UPDATE issuers SET active = 0").await;
        assert!(!live().await.issuer.active);
        world.database.by_hand("DELETE FROM issuer_tenants WHERE tenant = 'acme'").await;
        assert_eq!(live().await.issuer.tenants, [TenantSlug::from("globex")]);
        for broken in ["", "{}x", "{\"clock_skew\": 100000}", "{\"active\": true}"] {
            world.database.by_hand(&format!("UPDATE issuers SET settings = '{broken}'")).await;
            let read = try_read(&world.store, IDP, "17", None).await;
            assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{broken}: {read:?}");
        }
        // Everybody else is not concerned.
        assert!(try_read(&world.store, OTHER, "17", None).await.is_ok());
    }

    pub(super) async fn a_subject_signed_out_everywhere_stays_so(backend: Backend) {
        let world = World::demo(backend).await;
        let there = elsewhere(&world).await;
        put(&world, &issuer(IDP, &["acme"])).await;
        map(&world, IDP, "17", "alice").await;
        assert_eq!(read(&there, IDP, "17", None).await.tokens_after, None);
        let before = changes(&world, "subject").await;
        let mut writer = writer(&world).await;
        let now = writer.now();
        let alice = writer.sign_out_everywhere(&"alice".into()).await.expect("is known");
        assert_eq!(alice.tokens_after, Some(now));
        let nobody = writer.sign_out_everywhere(&"nobody".into()).await;
        assert!(matches!(nobody, Err(WriteError::Unknown { kind: "subject", .. })), "{nobody:?}");
        writer.commit().await.expect("commits");
        assert_eq!(read(&there, IDP, "17", None).await.tokens_after, Some(now));
        assert_eq!(changes(&world, "subject").await, before + 1);

        // No later change of the subject undoes it.
        world.apply("subjects: [{id: alice, name: Alice A., active: false}]").await;
        let mut writer = self::writer(&world).await;
        let fresh = Subject {
            identities: vec![Identity { issuer: IDP.to_owned(), sub: "17".to_owned() }],
            ..Subject::new("alice".into(), SubjectKind::User)
        };
        assert_eq!(writer.put_subject(&fresh).await.expect("is taken").tokens_after, Some(now));
        writer.commit().await.expect("commits");
        assert_eq!(read(&there, IDP, "17", None).await.tokens_after, Some(now));

        // It never moves back.
        let later = now.saturating_add_micros(3_600_000_000);
        let ahead = format!("UPDATE subjects SET tokens_after = {} WHERE id = 'alice'", later.micros());
        world.database.by_hand(&ahead).await;
        let mut writer = self::writer(&world).await;
        let alice = writer.sign_out_everywhere(&"alice".into()).await.expect("is known");
        assert_eq!(alice.tokens_after, Some(later));
        writer.commit().await.expect("commits");
        there.close().await;
    }

    pub(super) async fn one_token_is_taken_back(backend: Backend) {
        let world = World::demo(backend).await;
        let there = elsewhere(&world).await;
        put(&world, &issuer(IDP, &["acme"])).await;
        put(&world, &issuer(OTHER, &["acme"])).await;
        map(&world, IDP, "17", "alice").await;
        let mut writer = writer(&world).await;
        let until = writer.now().saturating_add_micros(3_600_000_000);
        let revoked = writer.revoke_token(IDP, "j-1", until).await.expect("is taken back");
        assert_eq!((revoked.until, revoked.by.as_str()), (until, "story"));
        // The same again is no change; a later end is one.
        writer.revoke_token(IDP, "j-1", until).await.expect("is taken back already");
        assert_eq!(writer.changes().len(), 1);
        let later = until.saturating_add_micros(1);
        assert_eq!(writer.revoke_token(IDP, "j-1", later).await.expect("lasts longer").until, later);
        assert_eq!(writer.changes().len(), 2);
        let (now, token) = (writer.now(), "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJqLTEifQ.c2ln");
        for (issuer, jti, until) in [
            ("https://nobody.example", "j-2", until),
            (IDP, "", until),
            (IDP, "j\0", until),
            (IDP, token, until),
            (IDP, "j-2", now),
        ] {
            assert!(writer.revoke_token(issuer, jti, until).await.is_err(), "{issuer} {jti:?} {until}");
        }
        let committed = writer.commit().await.expect("commits");
        assert!(committed.changes.iter().all(|change| change.kind == "token" && change.object == "j-1"));

        for (issuer, jti, is_revoked) in [
            (IDP, Some("j-1"), true),
            (IDP, Some("J-1"), false),
            (IDP, Some("j-2"), false),
            (IDP, Some(""), false),
            (IDP, None, false),
            (OTHER, Some("j-1"), false),
        ] {
            let state = read(&there, issuer, "17", jti).await;
            assert_eq!(state.token_revoked, is_revoked, "{issuer} {jti:?}");
        }
        // It says nothing of who shows the token, and outlives its issuer.
        assert!(read(&there, IDP, "18", Some("j-1")).await.token_revoked);
        let mut writer = self::writer(&world).await;
        assert!(writer.delete_issuer(IDP).await.expect("deletes"));
        writer.commit().await.expect("commits");
        put(&world, &issuer(IDP, &["acme"])).await;
        assert!(read(&there, IDP, "17", Some("j-1")).await.token_revoked);

        let listed = world.store.list_revoked_tokens(&Page::ALL).await.expect("lists");
        assert_eq!(listed.iter().map(|token| token.jti.as_str()).collect::<Vec<_>>(), ["j-1"]);
        let cursor = listed[0].cursor();
        let beyond = Page { after: Some(&cursor), ..Page::ALL };
        assert!(world.store.list_revoked_tokens(&beyond).await.expect("lists").is_empty());
        assert_eq!(world.store.forget_revoked_tokens(later).await.expect("forgets"), 0);
        let after = Timestamp::from_micros(later.micros() + 1);
        assert_eq!(world.store.forget_revoked_tokens(after).await.expect("forgets"), 1);
        there.close().await;
    }
}
