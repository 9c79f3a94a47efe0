//! What a provider and the policy tell of an account counts while they tell it; what an owner gave stays.

use tests::on_both_databases;

on_both_databases!(
    whoever_signs_in_is_whom_the_policy_knows,
    an_account_that_was_given_its_role_follows_the_policy_too,
    an_issuer_speaks_of_persons_in_its_tenants_alone,
    a_role_that_is_told_no_longer_is_none,
    what_the_policy_takes_away_ends_at_once,
    role_and_person_change_together_or_not_at_all,
    nobody_gives_themselves_a_first_password,
);

mod stories {
    use policy::{Reach, SubjectId, Timestamp};
    use store::Store;
    use store::accounts::{
        Account, AccountChange, AccountError, AccountRole, Admission, Admitted, NewAccount, PasswordChange,
        PasswordHash, RoleSource,
    };
    use store::administration::{GroupRole, ProviderSettings, SignInProvider};
    use store::changes::{ChangeFilter, ChangePosition};
    use store::sessions::{Started, session_digest};
    use tests::world::operator;
    use tests::{Backend, World, console};

    const ISSUER: &str = "https://idp.example";

    /// An issuer that counts in one of two tenants.
    const POLICY: &str = "tenants: [{ slug: acme, name: Acme }, { slug: globex, name: Globex }]
issuers: [{ url: https://idp.example, name: Work, active: true, tenants: [acme], audiences: [] }]
subjects: [{ id: bob, kind: user }]";

    const NOBODY: Option<&str> = None;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + hour * 60 * 60 * 1_000_000)
    }

    fn provider() -> SignInProvider {
        SignInProvider {
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: ISSUER.to_owned(),
            client_id: "console".to_owned(),
            active: true,
            settings: ProviderSettings::default(),
        }
    }

    async fn put(store: &Store, provider: &SignInProvider) {
        let mut writer = store.write(operator()).await.expect("a unit of work");
        writer.put_sign_in_provider(provider).await.expect("kept");
        writer.commit().await.expect("commits");
    }

    async fn world(backend: Backend) -> World {
        let world = World::empty(backend).await;
        world.apply(POLICY).await;
        put(&world.store, &provider()).await;
        world
    }

    /// The provider vouches for 17, whose groups stand for this role.
    async fn admit(store: &Store, role: Option<AccountRole>, admit_subjects: bool) -> Admitted {
        let role = role.map(|role| (role, Reach::Everything));
        let who = Admission { issuer: ISSUER, sub: "17", login: "ann", name: "Ann", role, admit_subjects };
        store.admit(&who, None, at(0)).await.expect("answers")
    }

    /// The account that comes in with a role that was told.
    async fn told(store: &Store, role: Option<AccountRole>, admit_subjects: bool) -> Account {
        match admit(store, role, admit_subjects).await {
            Admitted::As { account, told: true, .. } => *account,
            other => panic!("{other:?}"),
        }
    }

    async fn as_it_is(store: &Store, account: &Account) -> Account {
        store.account(&account.id).await.expect("reads").expect("is there")
    }

    fn person_of(account: &Account) -> Option<&str> {
        account.subject.as_ref().map(SubjectId::as_str)
    }

    /// From now on the policy knows this person by 17, or by nothing.
    async fn known(world: &World, id: &str, is_17: bool) {
        let identities = if is_17 { "[{ issuer: 'https://idp.example', sub: '17' }]" } else { "[]" };
        world.apply(&format!("subjects: [{{ id: {id}, kind: user, identities: {identities} }}]")).await;
    }

    async fn start(store: &Store, id: &str, account: &Account) -> Started {
        let session = console::row(session_digest(id.as_bytes()), account, at(0));
        store.start_session(&session, account.password_version).await.expect("answers")
    }

    async fn sessions(store: &Store, account: &Account) -> usize {
        store.list_sessions(&account.id, at(0)).await.expect("reads").len()
    }

    /// What happened to the account of this login, in the words of the record, the oldest first.
    async fn events(store: &Store, login: &str) -> Vec<String> {
        let filter = ChangeFilter { kind: Some("account"), object: Some(login), ..ChangeFilter::default() };
        let found = store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("reads");
        let word = |after: &serde_json::Value| after["event"].as_str().expect("a word").to_owned();
        found.iter().rev().map(|change| word(change.after.as_ref().expect("after"))).collect()
    }

    /// An account with a role of its own that 17 signs in to.
    async fn given(store: &Store) -> Account {
        let (login, name) = ("ann".to_owned(), "Ann".to_owned());
        let (role, reach) = (AccountRole::Approver, Reach::Everything);
        let new = NewAccount { login, name, password_hash: None, role, reach };
        let made = store.create_account(&new, &operator(), at(0)).await.expect("made");
        store.link_account_identity(&made.id, (ISSUER, "17"), &operator(), at(0)).await.expect("linked");
        made
    }

    pub(super) async fn whoever_signs_in_is_whom_the_policy_knows(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        let role = Some(AccountRole::Approver);
        let ann = told(store, role, false).await;
        assert_eq!(person_of(&ann), NOBODY);
        // Made known to the policy later, and then given to somebody else: nobody goes on approving as who they were.
        known(&world, "ann", true).await;
        assert_eq!(person_of(&told(store, role, false).await), Some("ann"));
        known(&world, "ann", false).await;
        known(&world, "anna", true).await;
        let anna = told(store, role, false).await;
        assert_eq!((person_of(&anna), &anna.id), (Some("anna"), &ann.id));
        assert_eq!(as_it_is(store, &ann).await.subject, anna.subject);
        let changed = "linked to another person";
        let told_of = ["made by a sign-in", changed, changed, changed, "role told by a provider"];
        assert_eq!(events(store, "ann").await, told_of);
    }

    pub(super) async fn an_account_that_was_given_its_role_follows_the_policy_too(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        let ann = given(store).await;
        let sign_in = async || match admit(store, None, false).await {
            Admitted::As { account, told: false, .. } => *account,
            other => panic!("{other:?}"),
        };
        assert_eq!(person_of(&sign_in().await), NOBODY);
        known(&world, "ann", true).await;
        let known_now = sign_in().await;
        assert_eq!((person_of(&known_now), known_now.role_source), (Some("ann"), RoleSource::Given));
        assert_eq!(start(store, "one", &known_now).await, Started::Yes);
        // It is somebody else's: whoever is signed in as her is nobody at once, and so is who was about to be.
        known(&world, "ann", false).await;
        assert_eq!((person_of(&as_it_is(store, &ann).await), sessions(store, &ann).await), (NOBODY, 0));
        assert_eq!(start(store, "two", &known_now).await, Started::Refused);
        known(&world, "anna", true).await;
        let anna = sign_in().await;
        assert_eq!(person_of(&anna), Some("anna"));
        assert_eq!(start(store, "three", &anna).await, Started::Yes);

        // An owner names another person: as anna nobody goes on. The policy still knows better who signs in by it.
        let bob = SubjectId::from("bob");
        store.set_account_subject(&ann.id, Some(&bob), &operator(), at(0)).await.expect("named");
        assert_eq!(sessions(store, &ann).await, 0);
        assert_eq!(start(store, "four", &anna).await, Started::Refused);
        assert_eq!(person_of(&sign_in().await), Some("anna"));
        // Where it knows nobody, the owner's word stays, and whom a sign-in found does not.
        known(&world, "anna", false).await;
        assert_eq!(person_of(&sign_in().await), NOBODY);
        store.set_account_subject(&ann.id, Some(&bob), &operator(), at(0)).await.expect("named");
        assert_eq!(person_of(&sign_in().await), Some("bob"));
    }

    pub(super) async fn an_issuer_speaks_of_persons_in_its_tenants_alone(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        known(&world, "ann", true).await;
        let issuer = |rest: &str| format!("issuers: [{{ url: 'https://idp.example', {rest} }}]");
        let member_of = |tenants: &[&str]| {
            let held: Vec<String> =
                tenants.iter().map(|tenant| format!("{{ tenant: {tenant}, roles: [] }}")).collect();
            format!("subjects: [{{ id: ann, memberships: [{}] }}]", held.join(", "))
        };
        for (policy, comes_in) in [
            (member_of(&["acme"]), true),
            (member_of(&["acme", "globex"]), false),
            (member_of(&["globex"]), false),
            (issuer("tenants: [acme, globex]"), true),
            (issuer("active: false"), false),
            (issuer("active: true, tenants: []"), false),
            (issuer("tenants: [globex]"), true),
            (member_of(&[]), true),
        ] {
            world.apply(&policy).await;
            let admitted = admit(store, None, true).await;
            let person = match &admitted {
                Admitted::As { account, .. } => person_of(account),
                Admitted::Off | Admitted::NoRole => NOBODY,
            };
            assert_eq!(person, comes_in.then_some("ann"), "{policy}: {admitted:?}");
        }
        // A membership that is over is none.
        world.apply(&member_of(&["acme", "globex"])).await;
        assert_eq!(admit(store, None, true).await, Admitted::NoRole);
        world.database.by_hand("UPDATE memberships SET until = 1 WHERE tenant = 'acme'").await;
        assert_eq!(person_of(&told(store, None, true).await), Some("ann"));
        // An issuer that the policy does not know speaks of nobody, whoever its identities were given to.
        let mut writer = store.write(operator()).await.expect("a unit of work");
        assert!(writer.delete_issuer(ISSUER).await.expect("deletes"));
        writer.commit().await.expect("commits");
        assert_eq!(admit(store, None, true).await, Admitted::NoRole);
    }

    pub(super) async fn a_role_that_is_told_no_longer_is_none(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        let role = Some(AccountRole::Approver);
        let ann = told(store, role, false).await;
        assert!(ann.may_approve());
        assert_eq!(start(store, "one", &ann).await, Started::Yes);
        for _ in 0..2 {
            assert_eq!(admit(store, None, false).await, Admitted::NoRole);
            let none = as_it_is(store, &ann).await;
            assert_eq!((none.role_source, none.may_approve()), (RoleSource::Lapsed, false));
            assert_eq!(sessions(store, &ann).await, 0);
        }
        // Nor does a link give it a password, before it has a role of its own.
        let link = store.reset_account(&ann.id, &[7; 32], false, &operator(), at(0), at(1)).await;
        assert!(matches!(link, Err(AccountError::ToldElsewhere)), "{link:?}");
        let again = told(store, role, false).await;
        assert_eq!((again.role_source, again.may_approve()), (RoleSource::Mapped, true));
        let told_of = ["made by a sign-in", "role no longer told by a provider", "role told by a provider"];
        assert_eq!(events(store, "ann").await, told_of);

        // Groups that stand for something else told of nothing; nor does a provider that is off, or an identity that leads
        // nowhere.
        let group = GroupRole { group: "ops".to_owned(), role: AccountRole::Auditor, tenant: None };
        let settings = ProviderSettings { groups: vec![group], ..ProviderSettings::default() };
        let changed = SignInProvider { settings, ..provider() };
        put(store, &changed).await;
        assert_eq!(as_it_is(store, &ann).await.role_source, RoleSource::Lapsed);
        assert_eq!(start(store, "two", &again).await, Started::Refused);
        told(store, role, false).await;
        put(store, &SignInProvider { name: "Another name".to_owned(), ..changed.clone() }).await;
        assert_eq!(as_it_is(store, &ann).await.role_source, RoleSource::Mapped);
        put(store, &SignInProvider { active: false, ..changed.clone() }).await;
        assert_eq!(as_it_is(store, &ann).await.role_source, RoleSource::Lapsed);
        put(store, &changed).await;
        told(store, role, false).await;
        store.unlink_account_identity((ISSUER, "17"), &operator(), at(0)).await.expect("unlinks");
        assert_eq!(as_it_is(store, &ann).await.role_source, RoleSource::Lapsed);

        // What an owner gives is none of this.
        store.set_account_role(&ann.id, AccountRole::Auditor, &operator(), at(0)).await.expect("given");
        store.link_account_identity(&ann.id, (ISSUER, "17"), &operator(), at(0)).await.expect("linked");
        put(store, &provider()).await;
        let admitted = admit(store, None, false).await;
        let Admitted::As { account, told: false, .. } = admitted else { panic!("{admitted:?}") };
        assert_eq!((account.role, account.role_source), (AccountRole::Auditor, RoleSource::Given));
    }

    pub(super) async fn what_the_policy_takes_away_ends_at_once(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        known(&world, "ann", true).await;
        let delete = async || {
            let mut writer = store.write(operator()).await.expect("a unit of work");
            assert!(writer.delete_subject(&SubjectId::from("ann")).await.expect("deletes"));
            writer.commit().await.expect("commits");
        };
        for round in 0..6 {
            let ann = told(store, None, true).await;
            assert_eq!((ann.role, person_of(&ann)), (AccountRole::Approver, Some("ann")), "{round}");
            assert_eq!(start(store, &format!("{round}"), &ann).await, Started::Yes);
            match round {
                0 => world.apply("subjects: [{ id: ann, active: false }]").await,
                1 => known(&world, "ann", false).await,
                2 => delete().await,
                3 => world.apply("subjects: [{ id: ann, kind: service }]").await,
                4 => world.apply("issuers: [{ url: 'https://idp.example', tenants: [] }]").await,
                _ => world.apply("issuers: [{ url: 'https://idp.example', active: false }]").await,
            }
            let now = as_it_is(store, &ann).await;
            assert_eq!((now.role_source, person_of(&now)), (RoleSource::Lapsed, NOBODY), "{round}");
            assert_eq!(sessions(store, &ann).await, 0, "{round}");
            assert_eq!(start(store, "late", &ann).await, Started::Refused, "{round}");
            assert_eq!(admit(store, None, true).await, Admitted::NoRole, "{round}");
            world.apply("issuers: [{ url: 'https://idp.example', active: true, tenants: [acme] }]").await;
            world.apply("subjects: [{ id: ann, kind: user, active: true }]").await;
            known(&world, "ann", true).await;
        }
    }

    pub(super) async fn role_and_person_change_together_or_not_at_all(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        let ann = given(store).await;
        let (nobody, bob) = (SubjectId::from("nobody"), SubjectId::from("bob"));
        let change = async |role: AccountRole, subject: Option<&SubjectId>| {
            let change = AccountChange { grant: Some((role, &Reach::Everything)), subject };
            store.change_account(&ann.id, &change, &operator(), at(0)).await
        };
        let no_person = change(AccountRole::Owner, Some(&nobody)).await;
        assert!(matches!(no_person, Err(AccountError::NoSuchPerson)), "{no_person:?}");
        assert_eq!(as_it_is(store, &ann).await, ann);
        change(AccountRole::Owner, Some(&bob)).await.expect("changes");
        let owner = as_it_is(store, &ann).await;
        assert_eq!((owner.role, person_of(&owner)), (AccountRole::Owner, Some("bob")));
        // She is the last one: nor is she anybody else's.
        let last = change(AccountRole::Auditor, None).await;
        assert!(matches!(last, Err(AccountError::LastOwner)), "{last:?}");
        assert_eq!(as_it_is(store, &ann).await, owner);
        change(AccountRole::Owner, None).await.expect("changes");
        assert_eq!(person_of(&as_it_is(store, &ann).await), NOBODY);
        let named = "linked to another person";
        assert_eq!(events(store, "ann").await, ["made", "identity linked", named, "role changed", named]);
    }

    pub(super) async fn nobody_gives_themselves_a_first_password(backend: Backend) {
        let world = world(backend).await;
        let store = &world.store;
        let ann = given(store).await;
        let hash = PasswordHash::new("$argon2id$first");
        let change = PasswordChange { seen: ann.password_version, hash: &hash, own_session: None };
        let refused = store.change_password(&ann.id, &change, &operator(), at(0)).await;
        assert!(matches!(refused, Err(AccountError::NoPassword)), "{refused:?}");
        assert_eq!(as_it_is(store, &ann).await, ann);
        // With a link that an owner made she has one, and changes it as everybody does.
        let link = [7_u8; 32];
        store.create_recovery_link(&link, &ann.id, false, at(0), at(1)).await.expect("made");
        let chosen = store.recover_account(&link, &hash, None, at(0)).await.expect("is chosen");
        let change = PasswordChange { seen: chosen.password_version, ..change };
        store.change_password(&ann.id, &change, &operator(), at(0)).await.expect("changes");
    }
}
