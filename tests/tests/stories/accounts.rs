//! The accounts of the console in both databases: which sign-ins become sessions, which browsers are known, and that
//! the last owner stays.

use tests::on_both_databases;

on_both_databases!(
    a_session_needs_the_password_that_was_checked,
    a_new_password_ends_what_the_old_one_began,
    a_browser_is_known_to_one_account_and_for_a_while,
    every_change_of_an_account_is_written_down,
    nobody_comes_in_by_what_was_taken_away_meanwhile,
    a_link_to_less_does_not_lead_to_more,
);

mod two_owners_cannot_switch_each_other_off {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::two_owners_cannot_switch_each_other_off().await;
    }
}

mod a_session_that_just_started_ends_with_its_account {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_session_that_just_started_ends_with_its_account().await;
    }
}

mod stories {
    use policy::{Reach, SubjectId, Timestamp};
    use sqlx::{AssertSqlSafe, Connection, PgConnection};
    use store::accounts::{
        Account, AccountError, AccountRole, Admission, Admitted, LinkPurpose, NewAccount, PasswordChange,
        PasswordHash,
    };
    use store::administration::{ProviderSettings, SignInProvider};
    use store::changes::{ChangeFilter, ChangePosition};
    use store::sessions::{ConsoleSession, Started, session_digest};
    use store::{Action, Store};
    use tests::database::wait_for_locks;
    use tests::world::operator;
    use tests::{Backend, World, console};

    const HOUR: i64 = 60 * 60 * 1_000_000;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + hour * HOUR)
    }

    async fn account(store: &Store, login: &str, role: AccountRole) -> Account {
        let password_hash = Some(PasswordHash::new("$argon2id$first"));
        let (login, name) = (login.to_owned(), format!("Name of {login}"));
        let new = NewAccount { login, name, password_hash, role, reach: Reach::Everything };
        store.create_account(&new, &operator(), at(0)).await.expect("made")
    }

    fn session(id: &str, account: &Account) -> ConsoleSession {
        console::row(session_digest(id.as_bytes()), account, at(0))
    }

    async fn sessions(store: &Store, account: &Account) -> usize {
        store.list_sessions(&account.id, at(0)).await.expect("reads").len()
    }

    /// Another password over the one of this version.
    async fn change(
        store: &Store,
        account: &Account,
        seen: i64,
        own_session: Option<&[u8; 32]>,
    ) -> Result<Account, AccountError> {
        let hash = PasswordHash::new(format!("$argon2id$after {seen}"));
        let change = PasswordChange { seen, hash: &hash, own_session };
        store.change_password(&account.id, &change, &operator(), at(0)).await
    }

    pub(super) async fn a_session_needs_the_password_that_was_checked(backend: Backend) {
        let world = World::empty(backend).await;
        let store = &world.store;
        let ada = account(store, "ada", AccountRole::Owner).await;
        let bob = account(store, "bob", AccountRole::Auditor).await;
        assert_eq!((ada.password_version, ada.last_sign_in_at), (1, None));
        let start = async |id: &str, account: &Account, version: i64| {
            store.start_session(&session(id, account), version).await.expect("answers")
        };
        assert_eq!(start("a", &ada, 1).await, Started::Yes);
        assert_eq!(start("a", &ada, 1).await, Started::IdTaken);
        let read = store.account("no such id").await.expect("reads");
        assert!(read.is_none());
        let nobody = ConsoleSession { account: None, ..session("n", &ada) };
        assert_eq!(store.start_session(&nobody, 1).await.expect("answers"), Started::Refused);
        let gone = Account { id: "gone".to_owned(), ..ada.clone() };
        assert_eq!(start("g", &gone, 1).await, Started::Refused);
        let signed_in = store.account(&ada.id).await.expect("reads").expect("is there");
        assert_eq!(signed_in.last_sign_in_at, Some(at(0)));

        // A new password: whoever checked the old one comes too late, also to set yet another one.
        assert_eq!(change(store, &ada, 1, None).await.expect("changes").password_version, 2);
        assert_eq!(start("b", &ada, 1).await, Started::Refused);
        assert!(matches!(change(store, &ada, 1, None).await, Err(AccountError::Stale)));
        assert_eq!(start("b", &ada, 2).await, Started::Yes);

        // Off, and on again before the check was over.
        store.set_account_active(&bob.id, false, &operator(), at(0)).await.expect("off");
        assert_eq!(start("c", &bob, 1).await, Started::Refused);
        assert!(matches!(change(store, &bob, 2, None).await, Err(AccountError::Stale)));
        store.set_account_active(&bob.id, true, &operator(), at(0)).await.expect("on");
        assert_eq!(start("c", &bob, 1).await, Started::Refused);
        assert_eq!(start("c", &bob, 2).await, Started::Yes);
        assert_eq!((sessions(store, &ada).await, sessions(store, &bob).await), (1, 1));
    }

    pub(super) async fn a_new_password_ends_what_the_old_one_began(backend: Backend) {
        let world = World::empty(backend).await;
        let store = &world.store;
        let ada = account(store, "ada", AccountRole::Owner).await;
        let bob = account(store, "bob", AccountRole::Owner).await;
        for (id, account) in [("1", &ada), ("2", &ada), ("3", &ada), ("4", &bob)] {
            assert_eq!(store.start_session(&session(id, account), 1).await.expect("starts"), Started::Yes);
        }
        let (link, own) = ([7; 32], session_digest(b"2"));
        store.create_recovery_link(&link, &ada.id, false, at(0), at(1)).await.expect("a link");
        change(store, &ada, 1, Some(&own)).await.expect("changes");
        let left = store.list_sessions(&ada.id, at(0)).await.expect("reads");
        assert_eq!(left.iter().map(|session| session.id_digest).collect::<Vec<_>>(), [own]);
        let valid = store.setup_link_is_valid(&link, LinkPurpose::Recover, at(0)).await.expect("reads");
        assert!(!valid, "the link would have set yet another password");
        let hash = PasswordHash::new("$argon2id$recovered");
        let late = store.recover_account(&link, &hash, None, at(0)).await;
        assert!(matches!(late, Err(AccountError::LinkNotValid)));

        // By a link all of them end, and the account is on again.
        store.set_account_active(&ada.id, false, &operator(), at(0)).await.expect("off");
        assert_eq!(sessions(store, &ada).await, 0);
        let link = [8; 32];
        store.create_recovery_link(&link, &ada.id, false, at(0), at(1)).await.expect("a link");
        let recovered = store.recover_account(&link, &hash, None, at(0)).await.expect("recovers");
        assert!(recovered.active && recovered.password_hash == Some(hash.clone()));
        assert_eq!(Some(recovered), store.account(&ada.id).await.expect("reads"));
        let again = store.recover_account(&link, &hash, None, at(0)).await;
        assert!(matches!(again, Err(AccountError::LinkNotValid)), "once");
        assert_eq!(sessions(store, &bob).await, 1, "nobody else's");
    }

    pub(super) async fn a_link_to_less_does_not_lead_to_more(backend: Backend) {
        let world = World::demo(backend).await;
        let store = &world.store;
        let purpose = LinkPurpose::Recover;
        let valid = async |it: [u8; 32]| store.setup_link_is_valid(&it, purpose, at(0)).await.expect("reads");
        for (number, role, stays) in [
            (1, AccountRole::PolicyAuthor, true),
            (2, AccountRole::Approver, false),
            (3, AccountRole::Owner, false),
        ] {
            let known = account(store, &format!("number-{number}"), AccountRole::Auditor).await;
            let link = [number; 32];
            store.reset_account(&known.id, &link, false, &operator(), at(0), at(1)).await.expect("a link");
            store.set_account_role(&known.id, role, &operator(), at(0)).await.expect("given");
            assert_eq!(valid(link).await, stays, "{role}");
        }
        // Nor to a person, but for the invitation by which that person is to come in.
        let alice = SubjectId::from("alice");
        let (link, invitation) = ([8; 32], [9; 32]);
        let ben = account(store, "ben", AccountRole::Auditor).await;
        store.reset_account(&ben.id, &link, false, &operator(), at(0), at(1)).await.expect("a link");
        let new = NewAccount {
            login: "cy".to_owned(),
            name: "Cy".to_owned(),
            password_hash: None,
            role: AccountRole::Auditor,
            reach: Reach::Everything,
        };
        let cy = store.invite_account(&new, &invitation, &operator(), at(0), at(1)).await.expect("invited");
        for known in [&ben, &cy] {
            store.set_account_subject(&known.id, Some(&alice), &operator(), at(0)).await.expect("is named");
        }
        assert_eq!((valid(link).await, valid(invitation).await), (false, true));
    }

    pub(super) async fn a_browser_is_known_to_one_account_and_for_a_while(backend: Backend) {
        let world = World::empty(backend).await;
        let store = &world.store;
        let ada = account(store, "ada", AccountRole::Owner).await;
        account(store, "bob", AccountRole::Owner).await;
        let device = [1; 32];
        let known = async |device: &[u8; 32], login: &str, hour: i64| {
            store.is_known_device(device, login, at(hour)).await.expect("reads")
        };
        assert!(!known(&device, "ada", 0).await);
        store.add_device(&device, &ada.id, at(0), at(10)).await.expect("added");
        assert!(known(&device, "ada", 0).await && known(&device, " ADA ", 9).await);
        assert!(!known(&device, "bob", 0).await && !known(&device, "nobody", 0).await);
        assert!(!known(&device, "a\0da", 0).await);
        assert!(!known(&[2; 32], "ada", 0).await);
        assert!(!known(&device, "ada", 10).await, "it is over");
        assert!(store.add_device(&[9; 32], "no account", at(0), at(10)).await.is_err());

        assert!(!store.extend_device(&device, "no account", at(5), at(20)).await.expect("answers"));
        assert!(!store.extend_device(&device, &ada.id, at(10), at(20)).await.expect("answers"), "too late");
        assert!(store.extend_device(&device, &ada.id, at(5), at(20)).await.expect("answers"));
        assert!(known(&device, "ada", 19).await);
        assert_eq!(store.delete_expired_devices(at(19)).await.expect("deletes"), 0);
        assert_eq!(store.delete_expired_devices(at(20)).await.expect("deletes"), 1);

        // Of more than twenty, those that signed in last are remembered.
        for n in 0..25 {
            store.add_device(&[100 + n; 32], &ada.id, at(i64::from(n)), at(100)).await.expect("added");
        }
        assert!(!known(&[104; 32], "ada", 30).await && known(&[105; 32], "ada", 30).await);
        assert!(known(&[124; 32], "ada", 30).await);
        change(store, &ada, 1, None).await.expect("changes");
        assert!(!known(&[124; 32], "ada", 30).await, "a new password makes them strangers");
    }

    pub(super) async fn every_change_of_an_account_is_written_down(backend: Backend) {
        let world = World::empty(backend).await;
        let store = &world.store;
        let ada = account(store, "ada", AccountRole::Owner).await;
        let by = operator();
        let role = AccountRole::Auditor;
        assert!(matches!(
            store.set_account_role(&ada.id, role, &by, at(0)).await,
            Err(AccountError::LastOwner)
        ));
        assert!(matches!(
            store.set_account_active(&ada.id, false, &by, at(0)).await,
            Err(AccountError::LastOwner)
        ));
        let bob = account(store, "bob", AccountRole::Owner).await;
        store.start_session(&session("1", &bob), 1).await.expect("starts");
        store.set_account_role(&bob.id, role, &by, at(1)).await.expect("changes");
        store.set_account_role(&bob.id, role, &by, at(1)).await.expect("changes nothing");
        store.set_account_active(&bob.id, false, &by, at(2)).await.expect("changes");
        store.set_account_active(&bob.id, false, &by, at(2)).await.expect("changes nothing");
        store.set_account_active(&bob.id, true, &by, at(3)).await.expect("changes");
        let none = store.set_account_active("no such id", true, &by, at(3)).await;
        assert!(matches!(none, Err(AccountError::Unknown)));

        let filter = ChangeFilter { kind: Some("account"), object: Some("bob"), ..ChangeFilter::default() };
        let found = store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("reads");
        let told: Vec<_> = found
            .iter()
            .rev()
            .map(|change| {
                let after = change.after.as_ref().expect("after");
                assert_eq!((&change.actor, change.via), (&by.name, by.via));
                assert!(!format!("{:?}{after}", change.before).contains("argon2"));
                (change.action, change.at, after["event"].as_str().expect("a word").to_owned())
            })
            .collect();
        assert_eq!(
            told,
            [
                (Action::Create, at(0), "made".to_owned()),
                (Action::Update, at(1), "role changed".to_owned()),
                (Action::Update, at(2), "switched off".to_owned()),
                (Action::Update, at(3), "switched on".to_owned()),
            ]
        );
        let off = found[1].after.as_ref().expect("after");
        assert_eq!((&off["active"], &off["ended_sessions"]), (&false.into(), &1.into()));
    }

    const ISSUER: &str = "https://idp.example";

    async fn provider(store: &Store, active: bool) {
        let provider = SignInProvider {
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: ISSUER.to_owned(),
            client_id: "console".to_owned(),
            active,
            settings: ProviderSettings::default(),
        };
        let mut writer = store.write(operator()).await.expect("a unit of work");
        writer.put_sign_in_provider(&provider).await.expect("kept");
        writer.commit().await.expect("commits");
    }

    /// Ann, for whom the provider vouches; none where she does not come in.
    async fn ann(store: &Store) -> Option<Account> {
        let role = Some((AccountRole::Approver, Reach::Everything));
        let who =
            Admission { issuer: ISSUER, sub: "17", login: "ann", name: "Ann", role, admit_subjects: false };
        match store.admit(&who, None, at(0)).await.expect("answers") {
            Admitted::As { account, told, .. } => {
                assert!(told);
                Some(*account)
            }
            Admitted::Off | Admitted::NoRole => None,
        }
    }

    pub(super) async fn nobody_comes_in_by_what_was_taken_away_meanwhile(backend: Backend) {
        let world = World::empty(backend).await;
        let store = &world.store;
        assert_eq!(ann(store).await, None, "there is no such provider");
        provider(store, true).await;
        let known = ann(store).await.expect("comes in");
        // Switched off after it vouched for her and before her session began; and while it was asked.
        provider(store, false).await;
        let started = store.start_session(&session("1", &known), known.password_version).await;
        assert_eq!(started.expect("answers"), Started::Refused);
        assert_eq!(ann(store).await, None);

        provider(store, true).await;
        let known = ann(store).await.expect("comes in");
        let started = store.start_session(&session("2", &known), known.password_version).await;
        assert_eq!(started.expect("answers"), Started::Yes);
        // The same of an identity that leads to her no longer.
        let unlinked = store.unlink_account_identity((ISSUER, "17"), &operator(), at(0)).await;
        assert!(unlinked.expect("unlinks"));
        let started = store.start_session(&session("3", &known), known.password_version).await;
        assert_eq!(started.expect("answers"), Started::Refused);
        assert_eq!(sessions(store, &known).await, 0);
    }

    pub(super) async fn two_owners_cannot_switch_each_other_off() {
        let world = World::empty(Backend::Postgres).await;
        let store = &world.store;
        let mut hand = PgConnection::connect(&world.database.url).await.expect("the database answers");
        let (ada, bob) = (
            account(store, "ada", AccountRole::Owner).await,
            account(store, "bob", AccountRole::Owner).await,
        );
        // Both get as far as they can: the first is held where it ends the other one's sessions.
        sqlx::raw_sql("BEGIN; LOCK TABLE console_sessions IN ACCESS EXCLUSIVE MODE")
            .execute(&mut hand)
            .await
            .expect("locks");
        let by = operator();
        let one = store.set_account_active(&bob.id, false, &by, at(0));
        let other = store.set_account_active(&ada.id, false, &by, at(0));
        let release = async {
            wait_for_locks(&mut hand, 2).await;
            sqlx::raw_sql("COMMIT").execute(&mut hand).await.expect("releases");
        };
        let (one, other, ()) = tokio::join!(one, other, release);
        let (done, refused) = if one.is_ok() { (one, other) } else { (other, one) };
        assert!(done.is_ok(), "{done:?}");
        assert!(matches!(refused, Err(AccountError::LastOwner)), "{refused:?}");
        let left = store.accounts().await.expect("reads");
        assert_eq!(left.iter().filter(|account| account.active).count(), 1);
    }

    pub(super) async fn a_session_that_just_started_ends_with_its_account() {
        let world = World::empty(Backend::Postgres).await;
        let store = &world.store;
        let mut hand = PgConnection::connect(&world.database.url).await.expect("the database answers");
        account(store, "ada", AccountRole::Owner).await;
        let bob = account(store, "bob", AccountRole::Auditor).await;
        // A sign-in that has noted itself and not yet made its session.
        let noted = format!("BEGIN; UPDATE accounts SET last_sign_in_at = 1 WHERE id = '{}'", bob.id);
        sqlx::raw_sql(AssertSqlSafe(noted)).execute(&mut hand).await.expect("notes");
        let by = operator();
        let off = store.set_account_active(&bob.id, false, &by, at(0));
        let sign_in = async {
            wait_for_locks(&mut hand, 1).await;
            let made = format!(
                "INSERT INTO console_sessions VALUES ('\\x01', '{}', '{{}}', 1, {later}, {later}, 1, NULL, NULL); COMMIT",
                bob.id,
                later = at(1).micros()
            );
            sqlx::raw_sql(AssertSqlSafe(made)).execute(&mut hand).await.expect("makes");
        };
        let (off, ()) = tokio::join!(off, sign_in);
        off.expect("off");
        assert_eq!(sessions(store, &bob).await, 0);
    }
}
