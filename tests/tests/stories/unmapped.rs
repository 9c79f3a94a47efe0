//! Callers with a valid token whom nobody is known by: listed for an administrator, who maps or blocks them.

use tests::on_both_databases;

on_both_databases!(
    what_was_seen_is_listed_the_latest_first,
    the_latest_are_kept_and_the_blocked_ones_stay,
    replicas_note_at_once_while_an_administrator_maps_and_blocks,
    an_identity_of_somebody_else_is_not_given_away,
    what_is_blocked_becomes_nobodys,
);

mod stories {
    use policy::issuer::Issuer;
    use policy::{SubjectId, Timestamp};
    use store::administration::{Page, Subject};
    use store::{Seen, Settings, Store, UnmappedCaller, UnmappedState, WriteError, Writer};
    use tests::world::operator;
    use tests::{Backend, World};

    const IDP: &str = "https://idp.example";

    /// The demo, and an issuer.
    async fn world(backend: Backend) -> World {
        let world = World::demo(backend).await;
        let mut writer = writer(&world).await;
        writer.put_issuer(&Issuer::new(IDP)).await.expect("is taken");
        writer.commit().await.expect("commits");
        world
    }

    async fn writer(world: &World) -> Writer {
        world.store.write(operator()).await.expect("a unit of work")
    }

    fn seen(sub: impl Into<String>, at: i64) -> Seen {
        Seen {
            issuer: IDP.to_owned(),
            sub: sub.into(),
            at: Timestamp::from_micros(at),
            tenant: Some("acme".to_owned()),
            server: Some("crm".to_owned()),
            tool: Some("refund".to_owned()),
        }
    }

    async fn note(world: &World, batch: &[Seen]) {
        world.store.note_unmapped(batch).await.expect("notes");
    }

    async fn list(world: &World, state: UnmappedState) -> Vec<UnmappedCaller> {
        world.store.list_unmapped(Some(state), &Page::ALL).await.expect("lists")
    }

    fn subs(callers: &[UnmappedCaller]) -> Vec<&str> {
        callers.iter().map(|caller| caller.sub.as_str()).collect()
    }

    pub(super) async fn what_was_seen_is_listed_the_latest_first(backend: Backend) {
        let world = world(backend).await;
        note(&world, &[]).await;
        note(&world, &[seen("a", 10), seen("b", 30), seen("a", 20)]).await;
        // What comes late tells of an earlier moment; it is counted all the same.
        note(&world, &[Seen { tool: Some("export\0".to_owned()), ..seen("b", 25) }, seen("c", 20)]).await;
        let stranger = Seen { issuer: "https://nobody.example".to_owned(), ..seen("d", 40) };
        note(&world, &[stranger, seen("", 40), seen("e\0", 40), seen("x".repeat(3_000), 40)]).await;

        let listed = list(&world, UnmappedState::Seen).await;
        assert_eq!(subs(&listed), ["b", "a", "c"]);
        assert_eq!(world.store.count_unmapped().await.expect("counts"), 3);
        let micros = |at: i64| Timestamp::from_micros(at);
        let shown: Vec<_> =
            listed.iter().map(|caller| (caller.first_seen, caller.last_seen, caller.attempts)).collect();
        assert_eq!(
            shown,
            [(micros(30), micros(30), 2), (micros(10), micros(20), 2), (micros(20), micros(20), 1)]
        );
        assert_eq!(listed[0].tool.as_deref(), Some("export"));

        // Page by page it is the same list.
        let mut paged = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = Page { after: cursor.as_deref(), limit: 1, ..Page::ALL };
            let Some(caller) = world.store.list_unmapped(None, &page).await.expect("lists").pop() else {
                break;
            };
            cursor = Some(caller.cursor());
            paged.push(caller);
        }
        assert_eq!(paged, listed);
        let found = Page { search: Some("EXPORT"), ..Page::ALL };
        assert_eq!(subs(&world.store.list_unmapped(None, &found).await.expect("lists")), ["b"]);

        // Where its issuer goes, what was seen of it goes.
        let mut writer = writer(&world).await;
        assert!(writer.block_identity(IDP, "a").await.expect("blocks"));
        assert!(writer.delete_issuer(IDP).await.expect("deletes"));
        writer.commit().await.expect("commits");
        assert!(list(&world, UnmappedState::Seen).await.is_empty());
        assert_eq!(subs(&list(&world, UnmappedState::Blocked).await), ["a"]);
        assert_eq!(world.store.count_unmapped().await.expect("counts"), 0, "the blocked one is not counted");
    }

    pub(super) async fn the_latest_are_kept_and_the_blocked_ones_stay(backend: Backend) {
        let world = world(backend).await;
        let most = i64::try_from(store::unmapped::MOST).expect("fits");
        note(&world, &[seen("old", 1), seen("blocked", 2)]).await;
        let mut writer = writer(&world).await;
        assert!(writer.block_identity(IDP, "blocked").await.expect("blocks"));
        writer.commit().await.expect("commits");
        for part in 0..10_i64 {
            let batch: Vec<Seen> = (0..most / 10)
                .map(|n| part * 1_000 + n)
                .map(|n| seen(format!("s-{n:05}"), 100 + n))
                .collect();
            note(&world, &batch).await;
        }
        let kept = list(&world, UnmappedState::Seen).await;
        assert_eq!(kept.len(), store::unmapped::MOST as usize);
        assert!(kept.iter().all(|caller| caller.sub != "old"));
        // All at one moment: still no more than so many, and no fewer.
        let batch: Vec<Seen> = (0..50).map(|n| seen(format!("t-{n:05}"), 1_000_000)).collect();
        note(&world, &batch).await;
        let kept = list(&world, UnmappedState::Seen).await;
        assert_eq!(kept.len(), store::unmapped::MOST as usize);
        assert_eq!((kept[0].sub.as_str(), kept[50].sub.as_str()), ("t-00000", "s-09999"));
        assert_eq!(kept.last().map(|caller| caller.sub.as_str()), Some("s-00050"));

        // Seen once more, the blocked one is counted and stays what it is.
        note(&world, &[seen("blocked", 2_000_000)]).await;
        let blocked = list(&world, UnmappedState::Blocked).await;
        assert_eq!(subs(&blocked), ["blocked"]);
        assert_eq!((blocked[0].attempts, blocked[0].last_seen.micros()), (2, 2_000_000));
    }

    pub(super) async fn replicas_note_at_once_while_an_administrator_maps_and_blocks(backend: Backend) {
        const BATCHES: i64 = 12;
        const REPLICAS: i64 = 3;
        let world = world(backend).await;
        let mut noting = tokio::task::JoinSet::new();
        for replica in 0..REPLICAS {
            let settings = Settings { url: world.database.url.clone(), read_connections: 1 };
            let store = Store::open(&settings).await.expect("opens");
            noting.spawn(async move {
                for batch in 0..BATCHES {
                    // The same forty, in another order in each batch.
                    let mut seen: Vec<Seen> =
                        (0..40_i64).map(|n| seen(format!("s-{n:02}"), 1_000 * batch + n)).collect();
                    seen.rotate_left((7 * (replica + batch)) as usize % 40);
                    store.note_unmapped(&seen).await.expect("notes");
                }
                store.close().await;
            });
        }
        for n in 0..10 {
            let (mapped, blocked) = (format!("s-{n:02}"), format!("s-{:02}", n + 10));
            let mut writer = writer(&world).await;
            writer.map_identity(IDP, &mapped, &"alice".into()).await.expect("is mapped");
            assert!(writer.block_identity(IDP, &blocked).await.expect("is blocked"));
            writer.commit().await.expect("commits");
        }
        while let Some(done) = noting.join_next().await {
            done.expect("no panic");
        }
        let seen = list(&world, UnmappedState::Seen).await;
        let mut names = subs(&seen);
        names.sort_unstable();
        let wanted: Vec<String> = (20..40).map(|n| format!("s-{n:02}")).collect();
        assert_eq!(names, wanted, "what was mapped is listed no more");
        assert!(
            seen.iter().all(|caller| caller.attempts == BATCHES * REPLICAS),
            "each attempt is counted once"
        );
        assert_eq!(list(&world, UnmappedState::Blocked).await.len(), 10);
        let alice = world.store.get_subject(&"alice".into()).await.expect("reads").expect("is there");
        assert_eq!(alice.identities.len(), 10);
    }

    pub(super) async fn an_identity_of_somebody_else_is_not_given_away(backend: Backend) {
        let world = world(backend).await;
        note(&world, &[seen("17", 1)]).await;
        let mut writer = writer(&world).await;
        let alice: SubjectId = "alice".into();
        writer.map_identity(IDP, "17", &alice).await.expect("is mapped");
        assert_eq!(writer.changes().len(), 1);
        writer.map_identity(IDP, "17", &alice).await.expect("is mapped already");
        assert_eq!(writer.changes().len(), 1);
        for taken in [
            writer.map_identity(IDP, "17", &"bob".into()).await.map(|_| ()),
            writer.block_identity(IDP, "17").await.map(|_| ()),
        ] {
            let Err(WriteError::Taken { owner, .. }) = &taken else { panic!("{taken:?}") };
            assert_eq!(owner, "subject `alice`");
        }
        assert_eq!(writer.provision_identity(IDP, "17").await.expect("is known"), None);
        let nobody = writer.map_identity(IDP, "18", &"nobody".into()).await;
        assert!(matches!(nobody, Err(WriteError::Unknown { kind: "subject", .. })), "{nobody:?}");
        let nowhere = writer.map_identity("https://nobody.example", "18", &alice).await;
        assert!(matches!(nowhere, Err(WriteError::Unknown { kind: "issuer", .. })), "{nowhere:?}");
        writer.commit().await.expect("commits");
        assert!(list(&world, UnmappedState::Seen).await.is_empty());
        let bob = world.store.get_subject(&"bob".into()).await.expect("reads").expect("is there");
        assert!(bob.identities.is_empty());
        let change = world
            .store
            .list_changes(&store::changes::ChangeFilter::default(), Default::default(), 1)
            .await
            .expect("lists")
            .remove(0);
        assert_eq!((change.kind.as_str(), change.object.as_str()), ("subject", "alice"));
    }

    pub(super) async fn what_is_blocked_becomes_nobodys(backend: Backend) {
        let world = world(backend).await;
        let mut writer = writer(&world).await;
        // Blocked before it was ever seen.
        assert!(writer.block_identity(IDP, "17").await.expect("blocks"));
        assert!(!writer.block_identity(IDP, "17").await.expect("is blocked"));
        let mapped = writer.map_identity(IDP, "17", &"alice".into()).await;
        assert!(matches!(mapped, Err(WriteError::Blocked { .. })), "{mapped:?}");
        assert_eq!(writer.provision_identity(IDP, "17").await.expect("is known"), None);
        assert_eq!(writer.changes().len(), 1);
        assert_eq!(writer.changes()[0].kind, "blocked_identity");
        writer.commit().await.expect("commits");
        let bundle = pdp::bundle::Bundle::parse(
            "subjects: [{id: alice, identities: [{issuer: 'https://idp.example', sub: '17'}]}]",
        )
        .expect("a bundle");
        let mut writer = self::writer(&world).await;
        let applied =
            pdp::bundle::apply(&mut writer, &bundle, &|_| None, pdp::bundle::ApplyOptions::default()).await;
        let error = applied.expect_err("refused").to_string();
        assert!(error.contains("is blocked; unblock it first"), "{error}");
        writer.rollback().await.expect("rolls back");

        let mut writer = self::writer(&world).await;
        assert!(writer.unblock_identity(IDP, "17").await.expect("unblocks"));
        assert!(!writer.unblock_identity(IDP, "17").await.expect("is not blocked"));
        let made: Option<Subject> = writer.provision_identity(IDP, "17").await.expect("is free");
        let made = made.expect("is made");
        assert_eq!((made.name.as_str(), made.identities.len()), ("17", 1));
        assert_ne!(made.id.as_str(), "17");
        assert!(writer.list_memberships(&made.id).await.expect("lists").is_empty());
        assert_eq!(writer.provision_identity(IDP, "17").await.expect("is known"), None);
        writer.commit().await.expect("commits");
        assert!(world.store.list_unmapped(None, &Page::ALL).await.expect("lists").is_empty());
    }
}
