//! Long polls: nobody asks again and again, and the decision is told at once wherever it was made.

use crate::arap::helpers::House;
use policy::labels::Verdict;
use std::time::{Duration, Instant};
use tests::Backend;

pub(crate) async fn a_long_poll_ends_with_the_decision_on_another_replica(backend: Backend) {
    let house = House::open(backend).await;
    let (one, two) = (house.world.replica().await, house.world.replica().await);
    let (here, there) = (house.pep(&one), house.pep(&two));
    for (amount, verdict, status) in [(900, Verdict::Approve, "approved"), (901, Verdict::Deny, "denied")] {
        let id = here.file(&house.refund(amount)).await;
        let link = format!("/access/v1/requests/{id}?wait=30");
        let started = Instant::now();
        // Frank's decision is written past both replicas.
        let ((), told, elsewhere) =
            tokio::join!(house.decide(&id, verdict), here.get(&link), there.get(&link));
        for told in [told, elsewhere] {
            assert_eq!((told.status, told.task()), (200, status), "{told:?}");
        }
        // Whoever is not told waits for the whole thirty.
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    }
    // Withdrawing is a decision as well, and one that is decided is not waited for.
    let id = here.file(&house.refund(902)).await;
    let link = format!("/access/v1/requests/{id}?wait=30");
    let cancel = format!("/access/v1/requests/{id}/cancel");
    let (told, cancelled) = tokio::join!(there.get(&link), here.press(&cancel));
    assert_eq!((told.task(), cancelled.task()), ("cancelled", "cancelled"));
    let started = Instant::now();
    assert_eq!(here.get(&link).await.task(), "cancelled");
    assert!(started.elapsed() < Duration::from_secs(30));
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn a_long_poll_ends_when_its_time_is_over(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let id = pep.file(&house.refund(900)).await;
    let started = Instant::now();
    let told = pep.get(&format!("/access/v1/requests/{id}?wait=1")).await;
    assert_eq!((told.status, told.task()), (200, "pending"), "{told:?}");
    assert!(told.retry_after.is_some());
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    for bad in ["soon", "-1", "1.5", ""] {
        let told = pep.get(&format!("/access/v1/requests/{id}?wait={bad}")).await;
        assert_eq!(told.problem(), (400, "blank"), "{bad}");
    }
    // Other keys wait for nothing.
    let told = house.other(&replica).get(&format!("/access/v1/requests/{id}?wait=30")).await;
    assert_eq!(told.problem(), (404, "unknown_task"));
    // A key that is taken away while somebody waits with it is none when the answer comes.
    let link = format!("/access/v1/requests/{id}?wait=30");
    let taken = async {
        house.world.database.by_hand("DELETE FROM credential_keys").await;
        house.decide(&id, Verdict::Approve).await;
    };
    let (told, ()) = tokio::join!(pep.get(&link), taken);
    assert_eq!(told.status, 401, "{told:?}");
    replica.stop().await;
}

pub(crate) async fn many_wait_and_a_stop_lets_them_go(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let first = pep.file(&house.refund(900)).await;
    let second = pep.file(&house.refund(901)).await;
    // Far more than there are connections to the database.
    let waiting: Vec<_> = (0..60)
        .map(|n| {
            let (pep, id) = (pep.clone(), if n % 2 == 0 { first.clone() } else { second.clone() });
            tokio::spawn(async move { pep.get(&format!("/access/v1/requests/{id}?wait=30")).await })
        })
        .collect();
    // Others are answered meanwhile.
    assert_eq!(pep.poll(&first).await.task(), "pending");
    house.decide(&first, Verdict::Approve).await;
    let mut left = Vec::new();
    for (n, one) in waiting.into_iter().enumerate() {
        if n % 2 == 0 {
            assert_eq!(one.await.expect("ends").task(), "approved");
        } else {
            left.push(one);
        }
    }
    // By the end of this wait all others have long been let in.
    assert_eq!(pep.get(&format!("/access/v1/requests/{second}?wait=2")).await.task(), "pending");
    assert!(left.iter().all(|one| !one.is_finished()), "the other request waits");
    let started = Instant::now();
    let ((), told) = tokio::join!(replica.stop(), futures::future::join_all(left));
    for one in told {
        assert_eq!(one.expect("ends").task(), "pending");
    }
    // A server that cannot end its answers stops only after twenty.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
