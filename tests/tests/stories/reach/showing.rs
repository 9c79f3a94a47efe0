//! Nothing that another tenant named comes back, whatever is asked for, with their ids in every parameter.

use crate::reach::house::{House, MARKER, encode, of};
use crate::reach::walking::{NARROWED, NARROWED_PAGES, concrete, endpoint};
use policy::Reach;
use reqwest::Method;
use server::console::functions;
use store::accounts::AccountRole;
use tests::Backend;

/// Names under which ids are asked for, one by one and all at once.
const ALONE: &[&str] = &["id", "query[id]", "query[tenant]", "query[older_than]"];
const TOGETHER: &[&str] = &[
    "id",
    "than",
    "server",
    "tool",
    "query[subject]",
    "query[rule]",
    "query[of]",
    "query[told]",
    "query[object]",
    "query[search]",
    "beginning[tenant]",
];

/// Everything that is asked of the house by one browser; how many answers hold the marker.
async fn ask(house: &House, cookie: &str) -> Vec<String> {
    let mut told = Vec::new();
    let mut note = |asked: &str, text: &str| {
        if text.contains(MARKER) {
            told.push(asked.to_owned());
        }
    };
    let narrowed = functions().into_iter().filter(|(path, _)| NARROWED.contains(&endpoint(path)));
    let readable: Vec<&str> =
        narrowed.filter(|(_, method)| *method == Method::GET).map(|(path, _)| path).collect();
    assert!(readable.len() > 15, "{readable:?}");
    for path in readable {
        let mut queries = vec![
            String::new(),
            "query[history]=true".to_owned(),
            "query[id]=both".to_owned(),
            "query[id]=both&query[ask]=member&query[of]=nimbus".to_owned(),
            "query[id]=both&query[ask]=join".to_owned(),
            "query[ask]=new".to_owned(),
        ];
        for id in house.theirs.all() {
            let named = |name: &&str| format!("{name}={}", encode(id));
            queries.extend(ALONE.iter().map(named));
            queries.push(TOGETHER.iter().map(named).collect::<Vec<_>>().join("&"));
        }
        for query in queries {
            let asked = format!("{path}?{query}");
            note(&asked, &house.get(cookie, &asked).await.text);
        }
    }
    for page in NARROWED_PAGES {
        let mut asked: Vec<String> = house.theirs.all().map(|id| concrete(page, &encode(id))).to_vec();
        asked.extend(["tenant=nimbus", "view=history", "ask=new&tenant=nimbus"].map(|query| {
            let path = concrete(page, "both");
            format!("{path}?{query}")
        }));
        asked.sort_unstable();
        asked.dedup();
        for asked in asked {
            note(&asked, &house.get(cookie, &asked).await.text);
        }
    }
    told
}

pub(crate) async fn nothing_of_another_tenant_is_shown(backend: Backend) {
    let house = House::open(backend).await;
    let of_two = (AccountRole::Owner, of(&["acme", "globex"]));
    let of_one = AccountRole::ALL.iter().map(|role| (*role, of(&["acme"])));
    for (role, reach) in of_one.chain([of_two]) {
        let cookie = house.browser(role, reach.clone()).await;
        assert_eq!(ask(&house, &cookie).await, Vec::<String>::new(), "{role} of {reach}");
    }
    // There was something to be seen: by those who may.
    for reach in [Reach::Everything, of(&["nimbus"])] {
        let cookie = house.browser(AccountRole::Owner, reach.clone()).await;
        let told = ask(&house, &cookie).await;
        for needle in
            ["/_fn/rules", "/_fn/roles", "/_fn/subjects", "/_fn/changes", "/_fn/frame", "/subjects/zed"]
        {
            assert!(told.iter().any(|asked| asked.contains(needle)), "{reach}: {needle} {told:?}");
        }
    }
    house.stop().await;
}
