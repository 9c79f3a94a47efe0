//! An inbox walked page by page, from the gravest to the least: nothing is lost and nothing comes twice, however many names of
//! one person are asked, and whichever version filed what waits.

use crate::approvals::helpers::{add_note, pending, world};
use policy::SubjectId;
use store::approvals::{Approval, AskedPerson};
use tests::{Backend, World};

/// Both roles of fay ask her, and so do her own name and that of nat, in whose place she answers.
const TERMS: &str = "{ approvers: [finance, head], approver_subjects: [fay, nat], expires_in: 1d }";

/// As the database has them, and how soon each is shown.
const RISKS: [(&str, i64); 5] =
    [("NULL", 3), ("'low'", 3), ("'medium'", 2), ("'high'", 1), ("'critical'", 0)];

/// More pages than any walk here has.
const MOST_PAGES: usize = 20;

/// Files two notes of each risk. Their ids, in the order of an inbox.
async fn filed(world: &World) -> Vec<String> {
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    for note in 0..2 * RISKS.len() {
        assert_eq!(add_note(world, &crm, &format!("note {note}")).await.reason(), "approval_required");
    }
    replica.stop().await;
    let mut ids: Vec<String> = pending(world).await.into_iter().map(|one| one.id.to_string()).collect();
    ids.sort();
    let mut places = Vec::new();
    for (id, (risk, rank)) in ids.into_iter().zip(RISKS.iter().cycle()) {
        let has = format!("UPDATE approvals SET risk = {risk} WHERE id = '{id}'");
        world.database.by_hand(&has).await;
        stands_at(world, &id, *rank).await;
        places.push((*rank, id));
    }
    in_order(places)
}

async fn stands_at(world: &World, id: &str, rank: i64) {
    let stands = format!("UPDATE approval_asks SET rank = {rank} WHERE approval = '{id}'");
    world.database.by_hand(&stands).await;
}

fn in_order(mut places: Vec<(i64, String)>) -> Vec<String> {
    places.sort();
    places.into_iter().map(|(_, id)| id).collect()
}

/// Fay's own duty and nat's, in this tenant; with so many roles more that nothing asks.
fn duties(tenant: &str, more: usize) -> Vec<AskedPerson> {
    let roles = ["finance", "head"].map(str::to_owned).into_iter();
    let roles: Vec<String> = roles.chain((0..more).map(|role| format!("role-{role}"))).collect();
    let duty = |person: &str| AskedPerson {
        person: person.into(),
        memberships: vec![(tenant.into(), roles.clone())],
    };
    vec![duty("fay"), duty("nat")]
}

/// All that waits for fay, by pages of so many.
async fn walked(world: &World, duties: &[AskedPerson], limit: u64) -> Vec<String> {
    let me = SubjectId::from("fay");
    let mut seen: Vec<Approval> = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = world.store.list_asked_behind(&me, duties, seen.last(), limit).await.expect("lists");
        if page.is_empty() {
            return seen.into_iter().map(|one| one.id.to_string()).collect();
        }
        seen.extend(page);
    }
    panic!("no end: {seen:?}")
}

pub(crate) async fn an_inbox_is_walked_whole_and_nothing_comes_twice(backend: Backend) {
    let world = world(backend, TERMS).await;
    let mut expected = filed(&world).await;
    let me = SubjectId::from("fay");
    // One that a server of an earlier version filed stands among those of low risk, whatever its own.
    for earlier in [false, true] {
        if earlier {
            let gravest = expected.remove(0);
            stands_at(&world, &gravest, 3).await;
            // The others of that rank are the last four, by their age.
            let least = expected.split_off(expected.len() - 4);
            let least = least.into_iter().chain([gravest]).map(|id| (3, id)).collect();
            expected.extend(in_order(least));
        }
        // Looked for one by one, and all at once.
        for more in [0, 20] {
            let duties = duties("acme", more);
            for limit in [1, 3, 50] {
                assert_eq!(walked(&world, &duties, limit).await, expected, "{earlier} {more} {limit}");
            }
            let count = world.store.count_asked(&me, &duties).await.expect("counts");
            assert_eq!(usize::try_from(count), Ok(expected.len()), "{earlier} {more}");
        }
    }
    // The same names elsewhere are asked nothing.
    for more in [0, 20] {
        assert_eq!(walked(&world, &duties("globex", more), 50).await, Vec::<String>::new());
    }
    assert_eq!(walked(&world, &[], 50).await, Vec::<String>::new());
}

/// As it was before there were ranks: with requests of every risk, and some that are over.
pub(crate) async fn an_earlier_database_keeps_the_order_of_its_inbox(backend: Backend) {
    let world = world(backend, TERMS).await;
    let mut expected = filed(&world).await;
    for (state, place) in [("expired", 7), ("denied", 3), ("approved", 0)] {
        let id = expected.remove(place);
        let over = format!("UPDATE approvals SET state = '{state}' WHERE id = '{id}'");
        world.database.by_hand(&over).await;
    }
    let earlier = "DROP INDEX approval_asks_pressing; ALTER TABLE approval_asks DROP COLUMN rank; \
        DROP INDEX approval_votes_answered; CREATE INDEX approval_votes_person ON approval_votes (person); \
        DROP INDEX approvals_pending; DELETE FROM migrations WHERE name = '0026_pressing'";
    world.database.by_hand(earlier).await;
    assert_eq!(world.store.migrate().await.expect("migrates"), ["0026_pressing"]);
    assert_eq!(walked(&world, &duties("acme", 0), 3).await, expected);
}
