//! The Access explorer of a subject and the agent that acts for it.

use crate::emergency::stop;
use crate::for_whom::{HEAD, Told, call, one, open, own, told};
use policy::labels::StopScope;
use std::collections::BTreeSet;
use tests::Backend;

pub(crate) async fn a_pair_is_answered_as_its_calls_are(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let mut seen = BTreeSet::new();
    for subject in ["ada", "bea"] {
        for agent in ["bot", "mute"] {
            let all = told(&house, &cookie, subject, agent).await;
            assert_eq!(all.len(), 5, "{all:?}");
            for Told { tool, access, why } in all {
                let few = pep.ask(&call(subject, agent, &tool, 10)).await;
                let many = pep.ask(&call(subject, agent, &tool, 1_000)).await;
                let waits = [&few, &many].map(|told| told.reason().starts_with("approval_"));
                let allowed = [few.allowed(), many.allowed()];
                let expected = match access.as_str() {
                    "always" => ([true, true], [false, false]),
                    "conditions" => ([true, false], [false, false]),
                    "approval" => ([false, false], [true, true]),
                    "never" => ([false, false], [false, false]),
                    other => panic!("{other}"),
                };
                assert_eq!((allowed, waits), expected, "{subject} {agent} {tool}: {access}, {why}");
                seen.insert(access);
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    house.stop().await;
}

pub(crate) async fn it_is_said_whose_side_denies(backend: Backend) {
    let (house, _, cookie) = open(backend).await;
    for (pair, tool, why) in [
        (
            ("ada", "bot"),
            "close",
            "for `bot`, who acts: no rule allows it: `sellers close` would allow if `bot` held role `seller`",
        ),
        (
            ("ada", "bot"),
            "tidy",
            "for `ada`: no rule allows it: `helpers tidy` would allow if `ada` held role `helper`",
        ),
        (
            ("bea", "mute"),
            "close",
            "for `bea`: no rule allows it: `sellers close` would allow if `bea` held role `seller`; \
             for `mute`, who acts: no rule allows it: `sellers close` would allow if `mute` held role `seller`",
        ),
    ] {
        let told = one(&house, &cookie, pair, tool).await;
        assert_eq!((told.access.as_str(), told.why.as_str()), ("never", why), "{pair:?} {tool}");
    }
    let deny = "{ name: no agents, tenant: acme, effect: deny, kinds: [agent], tools: [shop/show] }";
    house.world.apply(&format!("rules: [{deny}]")).await;
    let told = one(&house, &cookie, ("ada", "bot"), "show").await;
    assert_eq!(told.why, "for `bot`, who acts: denied by a rule: denied by `no agents`");
    let page = house.get(&cookie, "/access?tenant=acme&subject=ada&agent=bot").await;
    assert!(page.text.contains("What ada can call through bot"), "the title asks for both");
    let page = own(&page);
    assert!(page.contains("What the agent can call for the subject"), "{page}");
    assert!(page.contains("no agents"), "{page}");
    // By the tool it is told of every member.
    let by_tool = own(&house.get(&cookie, "/access?tenant=acme&tool=shop%2Fclose&agent=bot").await);
    assert!(by_tool.contains("For whom the agent can call the tool"), "{by_tool}");
    assert!(!by_tool.contains("Roles by tools"), "{by_tool}");
    let file = house.get(&cookie, "/access/export.csv?tenant=acme&tool=shop%2Fclose&agent=bot").await;
    assert!(file.text.starts_with(HEAD), "{}", file.text);
    assert!(file.text.contains("\"ada\",\"bot\",\"shop/close\",\"never\","), "{}", file.text);
    // An agent alone is no question, and no other is answered in its place.
    let alone = own(&house.get(&cookie, "/access?tenant=acme&agent=bot").await);
    assert!(alone.contains("For whom?") && !alone.contains("Roles by tools"), "{alone}");
    let file = house.get(&cookie, "/access/export.csv?tenant=acme&agent=bot").await;
    assert_eq!(file.text.lines().collect::<Vec<_>>(), [HEAD]);
    house.stop().await;
}

pub(crate) async fn conditions_of_both_stand(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let pair = ("ada", "bot");
    let refund = one(&house, &cookie, pair, "refund").await;
    assert_eq!(
        (refund.access.as_str(), refund.why.as_str()),
        (
            "conditions",
            "for `ada`: `sellers refund` allows it if /amount <= 100; \
             for `bot`, who acts: `helpers refund` allows it if /amount <= 50",
        )
    );
    for (amount, allowed) in [(40, true), (70, false), (200, false)] {
        assert_eq!(pep.ask(&call("ada", "bot", "refund", amount)).await.allowed(), allowed, "{amount}");
    }
    let pay = one(&house, &cookie, pair, "pay").await;
    assert_eq!(
        (pay.access.as_str(), pay.why.as_str()),
        (
            "approval",
            "for `ada`: `sellers pay` allows it; \
             for `bot`, who acts: `helpers pay` allows it, once seller approved",
        )
    );
    let show = one(&house, &cookie, pair, "show").await;
    assert_eq!((show.access.as_str(), show.why.as_str()), ("always", "for both: `everybody sees` allows it"));
    // Who acts is known, so a condition on it is none any more.
    let when = "\"actor != null && actor.id == 'bot'\"";
    let rule = format!("name: through bot, tenant: acme, effect: allow, tools: [shop/close], when: {when}");
    house.world.apply(&format!("rules: [{{ {rule} }}]")).await;
    for (agent, access) in [("bot", "always"), ("mute", "never")] {
        let told = one(&house, &cookie, ("ada", agent), "close").await;
        assert_eq!(told.access, access, "{told:?}");
        let allowed = pep.ask(&call("ada", agent, "close", 1)).await.allowed();
        assert_eq!(allowed, access == "always", "{agent}");
    }
    let alone = house.get(&cookie, "/access/export.csv?tenant=acme&subject=ada").await.text;
    assert!(alone.contains("\"ada\",\"shop/close\",\"conditions\","), "{alone}");
    house.stop().await;
}

pub(crate) async fn who_is_suspended_does_nothing_for_anybody(backend: Backend) {
    let (house, pep, cookie) = open(backend).await;
    let ended = "id: bot, memberships: [{ tenant: acme, roles: [helper], until: '2020-01-01T00:00:00Z' }]";
    let as_before = "
subjects:
  - { id: ada, active: true }
  - { id: bot, active: true, memberships: [{ tenant: acme, roles: [helper] }] }
";
    for (changed, reason, why) in [
        ("id: bot, active: false", "actor_disabled", "agent disabled: `bot`, who acts for the subject, is"),
        ("id: ada, active: false", "subject_disabled", "subject disabled: subject `ada` is disabled"),
        (ended, "no_membership", "not a member: the membership of `bot`, who acts,"),
    ] {
        house.world.apply(&format!("subjects: [{{ {changed} }}]")).await;
        for told in told(&house, &cookie, "ada", "bot").await {
            assert_eq!(told.access, "never", "{told:?}");
            assert!(told.why.starts_with(why), "{told:?}");
            assert_eq!(pep.ask(&call("ada", "bot", &told.tool, 1)).await.reason(), reason);
        }
        // Why is told once, as it is the same for every tool.
        let page = own(&house.get(&cookie, "/subjects/bot").await);
        assert!(page.contains("Nothing: every tool is denied."), "{changed}: {page}");
        assert!(page.contains(why.split(':').next().expect("a reason")), "{changed}: {page}");
        house.world.apply(as_before).await;
    }
    stop(&house.world, StopScope::Agent, "bot", Some("acme")).await;
    for told in told(&house, &cookie, "ada", "bot").await {
        assert!(told.access == "never" && told.why.contains("it runs wild"), "{told:?}");
    }
    // Nobody else acts otherwise than before.
    assert_eq!(one(&house, &cookie, ("ada", "mute"), "show").await.access, "always");
    house.stop().await;
}
