use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

fn person(id: &str, roles: &[&str]) -> Person {
    Person {
        id: id.into(),
        kind: SubjectKind::User,
        active: true,
        member: true,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

fn terms() -> ApprovalTerms {
    ApprovalTerms {
        approver_subjects: vec!["zoe".into()],
        exclude_roles: vec!["temp".to_owned()],
        exclude_subjects: vec!["mallory".into()],
        quorum: 2,
        escalate_to: Some("head".to_owned()),
        escalate_after: Some("10m".to_owned()),
        ..ApprovalTerms::by_roles(vec!["finance".to_owned()])
    }
}

fn cast(voter: Person, duty: Option<Person>) -> Cast {
    Cast { verdict: Verdict::Approve, voter, duty, account_holds: true }
}

struct World {
    subject: SubjectId,
    actor: SubjectId,
    owners: Vec<SubjectId>,
}

fn world() -> World {
    World { subject: "alice".into(), actor: "bot".into(), owners: vec!["olga".into()] }
}

impl World {
    fn asked(&self) -> Asked<'_> {
        Asked { subject: &self.subject, actor: Some(&self.actor), owners: &self.owners, filed_at: NOW }
    }

    fn judge(&self, voter: &Person, duty: Option<&Person>) -> Result<(), Ineligible> {
        may_decide(&terms(), voter, duty, &self.asked(), NOW)
    }
}

#[test]
fn who_may_decide() {
    let world = world();
    let agent = Person { kind: SubjectKind::Agent, ..person("x", &["finance"]) };
    let off = Person { active: false, ..person("x", &["finance"]) };
    let stranger = Person { member: false, ..person("x", &["finance"]) };
    for (voter, expected) in [
        (person("fay", &["finance"]), Ok(())),
        (person("zoe", &[]), Ok(())),
        (person("nat", &["support"]), Err(Ineligible::NotAsked)),
        (person("hal", &["head"]), Err(Ineligible::NotAsked)),
        (person("alice", &["finance"]), Err(Ineligible::Requester)),
        (person("bot", &["finance"]), Err(Ineligible::Requester)),
        (person("olga", &["finance"]), Err(Ineligible::Owner)),
        (person("mallory", &["finance"]), Err(Ineligible::Excluded)),
        (person("fay", &["finance", "temp"]), Err(Ineligible::Excluded)),
        (agent, Err(Ineligible::NoPerson)),
        (off, Err(Ineligible::Inactive)),
        (stranger, Err(Ineligible::NotAMember)),
    ] {
        assert_eq!(world.judge(&voter, None), expected, "{voter:?}");
    }
}

#[test]
fn a_substitute_does_what_the_other_may_and_no_more() {
    let world = world();
    let (fay, nat) = (person("fay", &["finance"]), person("nat", &[]));
    assert_eq!(world.judge(&nat, Some(&fay)), Ok(()));
    assert_eq!(world.judge(&fay, Some(&nat)), Err(Ineligible::NotAsked));
    assert_eq!(world.judge(&nat, Some(&person("alice", &["finance"]))), Err(Ineligible::Requester));
    assert_eq!(world.judge(&person("alice", &[]), Some(&fay)), Err(Ineligible::Requester));
    assert_eq!(world.judge(&person("olga", &[]), Some(&fay)), Err(Ineligible::Owner));
    let off = Person { active: false, ..fay };
    assert_eq!(world.judge(&nat, Some(&off)), Err(Ineligible::Inactive));
}

#[test]
fn another_role_is_asked_after_a_time() {
    let world = world();
    let hal = person("hal", &["head"]);
    let at = |minutes: i64| {
        let now = NOW.saturating_add_micros(minutes * 60_000_000);
        may_decide(&terms(), &hal, None, &world.asked(), now)
    };
    assert_eq!(at(9), Err(Ineligible::NotAsked));
    assert_eq!(at(10), Ok(()));
}

#[test]
fn quorum_counts_persons_and_duties_once() {
    let world = world();
    let (fay, finn) = (person("fay", &["finance"]), person("finn", &["finance"]));
    let nat = person("nat", &[]);
    let deny = Cast { verdict: Verdict::Deny, ..cast(finn.clone(), None) };
    let gone = Cast { account_holds: false, ..cast(finn.clone(), None) };
    let off = cast(Person { active: false, ..finn.clone() }, None);
    let demoted = cast(Person { roles: Vec::new(), ..finn.clone() }, None);
    for (votes, count) in [
        (vec![], 0),
        (vec![cast(fay.clone(), None)], 1),
        (vec![cast(fay.clone(), None), cast(finn.clone(), None)], 2),
        (vec![cast(fay.clone(), None), cast(fay.clone(), None)], 1),
        (vec![cast(fay.clone(), None), cast(nat.clone(), Some(fay.clone()))], 1),
        (vec![cast(fay.clone(), None), cast(nat.clone(), Some(finn.clone()))], 2),
        (vec![cast(fay.clone(), None), cast(fay.clone(), Some(finn.clone()))], 1),
        (vec![cast(fay.clone(), None), deny], 1),
        (vec![cast(fay.clone(), None), gone], 1),
        (vec![cast(fay.clone(), None), off], 1),
        (vec![cast(fay.clone(), None), demoted], 1),
    ] {
        assert_eq!(approved_by(&terms(), &votes, &world.asked(), NOW).len(), count, "{votes:?}");
        assert_eq!(is_met(&terms(), &votes, &world.asked(), NOW), count >= 2);
    }
    let none = ApprovalTerms { quorum: 0, ..terms() };
    assert!(!is_met(&none, &[], &world.asked(), NOW), "no number of persons is none");
}

#[test]
fn each_and_any() {
    let requirement = |rule: &str, any: bool| Requirement {
        rule: rule.into(),
        name: rule.to_owned(),
        version: 1,
        any,
        terms: terms(),
    };
    let asked = [requirement("each", false), requirement("one", true), requirement("other", true)];
    for (met, expected) in [
        (vec![], false),
        (vec!["each"], false),
        (vec!["one", "other"], false),
        (vec!["each", "one"], true),
        (vec!["each", "other"], true),
    ] {
        let is_met = |requirement: &Requirement| met.contains(&requirement.rule.as_str());
        assert_eq!(all_met(&asked, is_met), expected, "{met:?}");
    }
    assert!(!all_met(&asked[..1], |_| false) && all_met(&asked[..1], |_| true));
}

#[test]
fn whom_one_rule_keeps_out_is_heard_by_none() {
    let world = world();
    let (fay, finn, nat) = (person("fay", &["finance"]), person("finn", &["finance"]), person("nat", &[]));
    let one = ApprovalTerms::by_roles(vec!["finance".to_owned()]);
    let other = ApprovalTerms { exclude_subjects: vec!["fay".into()], ..one.clone() };
    let voters = |terms: &[&ApprovalTerms]| {
        let votes = [cast(fay.clone(), None), cast(nat.clone(), Some(fay.clone())), cast(finn.clone(), None)];
        let heard = heard(terms, &votes, &world.asked());
        heard.into_iter().map(|vote| vote.voter.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(voters(&[&one]), ["fay", "nat", "finn"]);
    assert_eq!(voters(&[&one, &other]), ["finn"], "nor does anybody do what fay may not");
}
