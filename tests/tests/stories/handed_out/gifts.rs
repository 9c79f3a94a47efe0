//! What an owner gives to accounts, in the store.

use policy::{Reach, SubjectId, TenantSlug, Timestamp};
use store::accounts::{
    Account, AccountChange, AccountError, AccountRole, Admission, Admitted, LinkPurpose, NewAccount,
    NewPasskey, PasswordChange, PasswordHash,
};
use store::administration::{ProviderSettings, SignInProvider};
use store::changes::{ChangeFilter, ChangePosition};
use store::sessions::{Started, session_digest};
use store::{Actor, Store, Via};
use tests::world::operator;
use tests::{Backend, World, console};

const ISSUER: &str = "https://idp.example";

const POLICY: &str = "tenants: [{ slug: acme, name: Acme }]
issuers: [{ url: https://idp.example, name: Work, active: true, tenants: [acme], audiences: [] }]
subjects: [{ id: bob, kind: user }, { id: eve, kind: user, identities: [{ issuer: 'https://idp.example', sub: '17' }] }]";

const TAKEN: &str = "way in that a token handed out taken away";

fn at(hour: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + hour * 60 * 60 * 1_000_000)
}

fn token() -> Actor {
    Actor { name: "ada (token ci)".to_owned(), via: Via::Api, request_id: None }
}

async fn world(backend: Backend) -> World {
    let world = World::empty(backend).await;
    world.apply(POLICY).await;
    let provider = SignInProvider {
        id: "work".to_owned(),
        name: "Work".to_owned(),
        issuer: ISSUER.to_owned(),
        client_id: "console".to_owned(),
        active: true,
        settings: ProviderSettings::default(),
    };
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.put_sign_in_provider(&provider).await.expect("kept");
    writer.commit().await.expect("commits");
    world
}

/// A digest that nothing else of the story has.
fn digest(login: &str, what: &str) -> [u8; 32] {
    session_digest(format!("{login} {what}").as_bytes())
}

async fn as_it_is(store: &Store, account: &Account) -> Account {
    store.account(&account.id).await.expect("reads").expect("is there")
}

async fn start(store: &Store, id: [u8; 32], account: &Account) -> Started {
    store.start_session(&console::row(id, account, at(0)), account.password_version).await.expect("answers")
}

async fn works(store: &Store, link: &[u8; 32]) -> bool {
    store.setup_link_is_valid(link, LinkPurpose::Recover, at(0)).await.expect("reads")
}

/// How often what a token handed out was taken away from this login, as the record says.
async fn taken(store: &Store, login: &str) -> usize {
    let filter = ChangeFilter { kind: Some("account"), object: Some(login), ..ChangeFilter::default() };
    let found = store.list_changes(&filter, ChangePosition::Newest, 100).await.expect("reads");
    let is = |after: &serde_json::Value| after["event"] == TAKEN;
    found.iter().filter(|change| change.after.as_ref().is_some_and(is)).count()
}

/// An auditor's account that this one invited, with the link to it.
async fn invited(store: &Store, login: &str, by: &Actor) -> (Account, [u8; 32]) {
    let new = NewAccount {
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: None,
        role: AccountRole::Auditor,
        reach: Reach::Everything,
    };
    let link = digest(login, "invitation");
    let account = store.invite_account(&new, &link, by, at(0), at(1)).await.expect("invited");
    (account, link)
}

async fn choose(store: &Store, link: &[u8; 32]) -> Account {
    let hash = PasswordHash::new("$argon2id$chosen");
    store.recover_account(link, &hash, None, at(0)).await.expect("is chosen")
}

/// The same, entered by the link: with a session, a passkey that is demanded, and a browser that is known.
async fn entered(store: &Store, login: &str, by: &Actor) -> Account {
    let (account, link) = invited(store, login, by).await;
    choose(store, &link).await;
    let credential_id = digest(login, "passkey");
    let passkey = NewPasskey { name: "blue", credential_id: &credential_id, credential: "{}", session: None };
    store.add_passkey(&account.id, &passkey, &operator(), at(0)).await.expect("is added");
    store.set_passkey_required(&account.id, true, None, &operator(), at(0)).await.expect("is demanded");
    let known = as_it_is(store, &account).await;
    assert_eq!(start(store, digest(login, "session"), &known).await, Started::Yes);
    store.add_device(&digest(login, "device"), &known.id, at(0), at(10)).await.expect("is known");
    known
}

/// Whether the account is entered as before by what was handed out: all of it works, or nothing.
async fn is_open(store: &Store, before: &Account) -> bool {
    let now = as_it_is(store, before).await;
    let ways = [
        now.password_hash.is_some(),
        now.passkey_required,
        !store.list_passkeys(&now.id).await.expect("reads").is_empty(),
        !store.list_sessions(&now.id, at(0)).await.expect("reads").is_empty(),
        store.is_known_device(&digest(&now.login, "device"), &now.login, at(0)).await.expect("reads"),
        start(store, digest(&now.login, "late"), before).await == Started::Yes,
    ];
    assert!(ways.iter().all(|way| *way == ways[0]), "{}: {ways:?}", now.login);
    ways[0]
}

/// The account is entered by a token's link, and then it is given something; whether it is open still.
async fn given(store: &Store, login: &str, gift: impl AsyncFnOnce(&Account)) -> bool {
    let known = entered(store, login, &token()).await;
    assert_eq!(known.handed_out_by.as_deref(), Some("ada (token ci)"), "{login}");
    gift(&known).await;
    let open = is_open(store, &known).await;
    assert_eq!(as_it_is(store, &known).await.handed_out_by.is_some(), open, "{login}");
    assert_eq!(taken(store, login).await, usize::from(!open), "{login}");
    open
}

pub(crate) async fn each_gift_takes_away_what_a_token_handed_out(backend: Backend) {
    let world = world(backend).await;
    let store = &world.store;
    let (by, bob, author) = (operator(), SubjectId::from("bob"), AccountRole::PolicyAuthor);
    let acme = Reach::of([TenantSlug::from("acme")]);
    let role = given(store, "role", async |known: &Account| {
        store.set_account_role(&known.id, author, &by, at(0)).await.expect("given");
    });
    assert!(!role.await);
    let reach = given(store, "reach", async |known: &Account| {
        store.set_account_grant(&known.id, known.role, &acme, &by, at(0)).await.expect("given");
    });
    assert!(!reach.await);
    let person = given(store, "person", async |known: &Account| {
        let after = store.set_account_subject(&known.id, Some(&bob), &by, at(0)).await.expect("named");
        assert_eq!(after.subject.as_ref(), Some(&bob));
    });
    assert!(!person.await);
    let both = given(store, "both", async |known: &Account| {
        let grant = Some((AccountRole::Owner, &Reach::Everything));
        let change = AccountChange { grant, subject: Some(&bob) };
        assert!(store.change_account(&known.id, &change, &by, at(0)).await.expect("changed"));
    });
    assert!(!both.await);
    let identity = given(store, "identity", async |known: &Account| {
        store.link_account_identity(&known.id, (ISSUER, "18"), &by, at(0)).await.expect("linked");
    });
    assert!(!identity.await);

    // Nothing is given: it stays as it is.
    let nothing = given(store, "nothing", async |known: &Account| {
        let change = AccountChange { grant: Some((known.role, &Reach::Everything)), subject: None };
        assert!(!store.change_account(&known.id, &change, &by, at(0)).await.expect("changed"));
        store.set_account_role(&known.id, known.role, &by, at(0)).await.expect("given");
    });
    assert!(nothing.await);
    // Nor is what a token gives meant for anybody else.
    let by_token = given(store, "by-token", async |known: &Account| {
        store.set_account_role(&known.id, author, &token(), at(0)).await.expect("given");
    });
    assert!(by_token.await);
}

pub(crate) async fn what_a_person_handed_out_stays(backend: Backend) {
    let world = world(backend).await;
    let store = &world.store;
    let (by, bob) = (operator(), SubjectId::from("bob"));
    let known = entered(store, "ben", &by).await;
    assert_eq!(known.handed_out_by, None);
    let author = AccountRole::PolicyAuthor;
    store.set_account_role(&known.id, author, &by, at(0)).await.expect("given");
    store.set_account_subject(&known.id, Some(&bob), &by, at(0)).await.expect("named");
    assert!(is_open(store, &known).await);

    // Of links that nobody used yet, those of tokens go and an owner's invitation stays.
    let (eve, of_token) = invited(store, "eve", &token()).await;
    assert_eq!(eve.handed_out_by.as_deref(), Some("ada (token ci)"));
    let (cy, of_owner) = invited(store, "cy", &by).await;
    for account in [&eve, &cy] {
        store.set_account_role(&account.id, author, &by, at(0)).await.expect("given");
    }
    assert_eq!((works(store, &of_token).await, works(store, &of_owner).await), (false, true));
    assert_eq!((taken(store, "eve").await, taken(store, "cy").await), (1, 0));
    // A token's link in the place of the owner's does not outlive what is given next either; the password that it would have
    // replaced does.
    let dan = entered(store, "dan", &by).await;
    let link = digest("dan", "token's");
    store.reset_account(&dan.id, &link, false, &token(), at(0), at(1)).await.expect("a link");
    store.set_account_role(&dan.id, author, &by, at(0)).await.expect("given");
    assert!(!works(store, &link).await && is_open(store, &dan).await);
    assert_eq!(taken(store, "dan").await, 0);
}

pub(crate) async fn an_owner_without_a_way_in_is_no_other_owner(backend: Backend) {
    let world = world(backend).await;
    let (store, by) = (&world.store, operator());
    let new = NewAccount {
        login: "ada".to_owned(),
        name: "Ada".to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$ada")),
        role: AccountRole::Owner,
        reach: Reach::Everything,
    };
    let ada = store.create_account(&new, &by, at(0)).await.expect("made");
    let eve = entered(store, "eve", &token()).await;
    // She is an owner from now on, and what the token had handed out opens her account no longer.
    store.set_account_role(&eve.id, AccountRole::Owner, &by, at(0)).await.expect("given");
    let link = digest("eve", "owner's");
    store.reset_account(&eve.id, &link, false, &by, at(0), at(1)).await.expect("a link");
    for attempt in [
        store.set_account_active(&ada.id, false, &by, at(0)).await,
        store.set_account_role(&ada.id, AccountRole::Auditor, &by, at(0)).await,
    ] {
        assert!(matches!(attempt, Err(AccountError::LastOwner)), "{attempt:?}");
    }
    // She who opens nothing can be taken away herself.
    store.set_account_role(&eve.id, AccountRole::Auditor, &by, at(0)).await.expect("lowered");
    store.set_account_role(&eve.id, AccountRole::Owner, &by, at(0)).await.expect("given");
    let link = digest("eve", "another");
    store.reset_account(&eve.id, &link, false, &by, at(0), at(1)).await.expect("a link");
    choose(store, &link).await;
    store.set_account_active(&ada.id, false, &by, at(0)).await.expect("another one comes in");
    let last = store.set_account_active(&eve.id, false, &by, at(0)).await;
    assert!(matches!(last, Err(AccountError::LastOwner)), "{last:?}");
}

pub(crate) async fn a_token_gets_no_link_to_a_person(backend: Backend) {
    let world = world(backend).await;
    let (store, by, bob) = (&world.store, operator(), SubjectId::from("bob"));
    // What the account is as the link is made counts, whatever it was when it was asked for. An owner's link goes on to work.
    let refused = async |account: &Account, forgets: bool| {
        let [own, link] = ["owner's", "token's"].map(|whose| digest(&account.login, whose));
        store.reset_account(&account.id, &own, false, &by, at(0), at(1)).await.expect("a link");
        let tried = store.reset_account(&account.id, &link, forgets, &token(), at(0), at(1)).await;
        assert_eq!((works(store, &own).await, works(store, &link).await), (true, false), "{}", account.login);
        tried.expect_err("refused")
    };
    let ben = entered(store, "ben", &by).await;
    assert!(matches!(refused(&ben, true).await, AccountError::PasskeyStays));
    store.set_account_role(&ben.id, AccountRole::Approver, &by, at(0)).await.expect("given");
    let cy = entered(store, "cy", &by).await;
    store.set_account_subject(&cy.id, Some(&bob), &by, at(0)).await.expect("named");
    for account in [&ben, &cy] {
        assert!(matches!(refused(account, false).await, AccountError::PersonsOnly), "{}", account.login);
    }
    assert!(is_open(store, &ben).await && is_open(store, &cy).await);
}

pub(crate) async fn what_is_handed_out_is_known_by_the_last_link(backend: Backend) {
    let world = world(backend).await;
    let store = &world.store;
    let by = operator();
    let by_token = |account: &Account| account.handed_out_by.is_some();
    // An owner's own link makes it the holder's; another of a token makes it whoever's.
    let eve = entered(store, "eve", &token()).await;
    let (first, second) = (digest("eve", "first"), digest("eve", "second"));
    store.reset_account(&eve.id, &first, false, &by, at(0), at(1)).await.expect("a link");
    assert!(by_token(&as_it_is(store, &eve).await), "nobody used it");
    let held = choose(store, &first).await;
    assert!(!by_token(&held) && !by_token(&as_it_is(store, &eve).await));
    // Though the link was made to keep the passkeys: whoever used the token's may have left one there.
    assert!(store.list_passkeys(&eve.id).await.expect("reads").is_empty() && !held.passkey_required);
    // Nor does one come after, which was on its way as the session ended.
    for (id, there) in [("session", false), ("later", true)] {
        let session = digest("eve", id);
        if there {
            assert_eq!(start(store, session, &held).await, Started::Yes);
        }
        let red =
            NewPasskey { name: "red", credential_id: b"red", credential: "{}", session: Some(&session) };
        let added = store.add_passkey(&eve.id, &red, &by, at(0)).await;
        assert!(
            added.is_ok() == there && (there || matches!(added, Err(AccountError::Stale))),
            "{id}: {added:?}"
        );
    }
    store.reset_account(&eve.id, &second, false, &token(), at(0), at(1)).await.expect("a link");
    let held = choose(store, &second).await;
    assert!(by_token(&held) && by_token(&as_it_is(store, &eve).await));
    // Another password that they give themselves says nothing of who they are.
    let hash = PasswordHash::new("$argon2id$own");
    let change = PasswordChange { seen: held.password_version, hash: &hash, own_session: None };
    assert!(by_token(&store.change_password(&eve.id, &change, &by, at(0)).await.expect("changes")));

    // A sign-in finds whose it is: the password that was handed out does not become hers.
    store.link_account_identity(&eve.id, (ISSUER, "17"), &by, at(0)).await.expect("linked");
    let third = digest("eve", "third");
    store.reset_account(&eve.id, &third, true, &token(), at(0), at(1)).await.expect("a link");
    let taken_over = choose(store, &third).await;
    assert_eq!(start(store, digest("eve", "theirs"), &taken_over).await, Started::Yes);
    let who =
        Admission { issuer: ISSUER, sub: "17", login: "eve", name: "Eve", role: None, admit_subjects: false };
    let admitted = store.admit(&who, None, at(0)).await.expect("answers");
    let Admitted::As { account, told: false, .. } = admitted else { panic!("{admitted:?}") };
    assert_eq!(account.subject, Some(SubjectId::from("eve")));
    assert!(account.password_hash.is_none() && !by_token(&account));
    assert!(store.list_sessions(&eve.id, at(0)).await.expect("reads").is_empty());
    assert_eq!(start(store, digest("eve", "late"), &taken_over).await, Started::Refused);
    assert_eq!(start(store, digest("eve", "hers"), &account).await, Started::Yes);
}
