//! Who may be named to answer in somebody's place.

use crate::edge::house::{House, LOGIN, MINUTE};
use policy::SubjectId;
use tests::Backend;
use tests::world::operator;

pub(crate) async fn a_substitute_is_of_ones_own_tenants(backend: Backend) {
    let house = House::open(backend).await;
    let session = house.settle().await;
    let cookie = [("cookie", session.as_str()), ("accept", "text/html")];
    let ada = house.store().account_by_login(LOGIN).await.expect("reads").expect("is there");
    let carol = SubjectId::from("carol");
    house.store().set_account_subject(&ada.id, Some(&carol), &operator(), house.now()).await.expect("linked");

    // Bob is of Acme as she is; of Dave, who is of Globex, she is told nothing.
    let page = house.get("/approvals?ask=new", &cookie).await.text;
    assert!(page.contains("value=\"bob\"") && !page.contains("dave"), "{page}");
    let until = house.now().saturating_add_micros(60 * MINUTE).rfc3339();
    let until = until.get(..16).expect("a minute");
    for (substitute, named) in [("dave", false), ("nobody", false), ("refund-bot", false), ("bob", true)] {
        let fields = [("substitute", substitute), ("until", until)];
        let answer = house.post("/_fn/substitute-put", &fields, &cookie).await;
        assert_eq!(
            answer.header("location").contains("done=substitute-named"),
            named,
            "{substitute}: {answer:?}"
        );
    }
    let named = house.store().list_substitutes(Some(&carol)).await.expect("reads");
    assert!(matches!(named.as_slice(), [only] if only.substitute.as_str() == "bob"), "{named:?}");
    house.stop().await;
}
