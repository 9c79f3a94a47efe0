//! What moved of the rules that ask since somebody looked: the whole rule for those who may read both of its forms, and
//! for everybody else what it asks for, which the page shows them as well.

use super::view::{RuleChange, RuleForms, RulesChange};
use super::words;
use crate::pages::change::difference;
use crate::pages::form::read::sees;
use crate::sentence::sentence;
use pdp::approvals::{RuleMoved, RulesMoved, asking, is_elsewhere};
use policy::labels::RuleStatus;
use policy::{Reach, Rule, TenantSlug};

/// Behind what says that a rule asks no more.
const STILL: &str = "What it asked for when the call was made still counts for this request.";

/// `reads`: as far as the reader may read rules; none where they may not.
pub(super) fn told(moved: RulesMoved, reads: Option<&Reach>) -> RulesChange {
    match moved {
        RulesMoved::Changed(rules) => {
            RulesChange::Told(rules.into_iter().map(|rule| change(rule, reads)).collect())
        }
        RulesMoved::Untold => RulesChange::Untold,
    }
}

fn change(moved: RuleMoved, reads: Option<&Reach>) -> RuleChange {
    let (was, is) = (moved.was.as_ref(), moved.is.as_ref());
    // A rule may have been another tenant's before, or be another's now.
    let readable = |reach: &Reach| was.iter().chain(&is).all(|rule| sees(reach, rule.tenant.as_ref()));
    let tenant = &moved.tenant;
    let (became, forms) =
        if reads.is_some_and(readable) { whole(was, is, tenant) } else { terms(was, is, tenant) };
    RuleChange { name: moved.name, became, forms }
}

fn whole(was: Option<&Rule>, is: Option<&Rule>, tenant: &TenantSlug) -> (Option<String>, RuleForms) {
    let json = |rule: &Rule| serde_json::to_value(rule).ok();
    let mut rows = match (was, is) {
        (Some(was), Some(is)) => difference::rows(json(was).as_ref(), json(is).as_ref()),
        _ => Vec::new(),
    };
    rows.retain(|row| !row.same);
    let forms = RuleForms::Whole { was: was.map(sentence), is: is.map(sentence), rows };
    (became(was, is, tenant), forms)
}

/// What the difference alone does not say.
fn became(was: Option<&Rule>, is: Option<&Rule>, tenant: &TenantSlug) -> Option<String> {
    let Some(is) = is else { return Some(format!("It was deleted. {STILL}")) };
    if asking(is, tenant).is_none() {
        let why = match is.status {
            _ if is_elsewhere(is, tenant) => "It is another tenant's now.",
            RuleStatus::Disabled => "It is disabled.",
            RuleStatus::Shadow => {
                "It is a shadow: decisions record what it would have done, and nothing more."
            }
            RuleStatus::Enforced => "It asks for no approval any more.",
        };
        return Some(format!("{why} {STILL}"));
    }
    match was {
        Some(was) if was == is => Some("It was changed, and changed back.".to_owned()),
        Some(was) if asking(was, tenant).is_some() => None,
        _ => Some("It asked for nothing when you looked.".to_owned()),
    }
}

/// No more than the card of the rules says. What is excluded is not among it: so texts are compared, and not terms.
fn terms(was: Option<&Rule>, is: Option<&Rule>, tenant: &TenantSlug) -> (Option<String>, RuleForms) {
    let asks = |rule: Option<&Rule>| rule.and_then(|rule| asking(rule, tenant)).map(words::asks);
    let (was, is) = (asks(was), asks(is));
    let became = match (&was, &is) {
        (_, None) => Some(format!("It is enforced no more. {STILL}")),
        (None, Some(_)) => Some("It was not enforced when you looked, and is again.".to_owned()),
        (Some(was), Some(is)) if was == is => {
            Some("It was changed. What it asks for reads as it did.".to_owned())
        }
        (Some(_), Some(_)) => None,
    };
    (became, RuleForms::Terms { was, is })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rule(more: &Value) -> Rule {
        let mut written = json!({"name": "refunds", "tenant": "acme", "effect": "allow", "tools": ["crm/refund"],
            "when": "context.secret == 1", "approval": {"approvers": ["finance"]}});
        let members = written.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        serde_json::from_value(written).expect("a rule")
    }

    fn one(was: Option<&Rule>, is: Option<&Rule>, reads: Option<&Reach>) -> RuleChange {
        let (name, tenant) = ("refunds".to_owned(), TenantSlug::from("acme"));
        change(RuleMoved { name, tenant, was: was.cloned(), is: is.cloned() }, reads)
    }

    fn acme() -> Reach {
        Reach::of([TenantSlug::from("acme")])
    }

    /// What it asks for of acme's calls, in words.
    fn asked(rule: &Rule) -> Option<String> {
        asking(rule, &TenantSlug::from("acme")).map(words::asks)
    }

    #[test]
    fn who_may_read_both_forms_reads_them() {
        let (was, is) = (rule(&json!({})), rule(&json!({"when": "context.secret == 2"})));
        for reach in [Reach::Everything, acme()] {
            let RuleForms::Whole { was, is, rows } = one(Some(&was), Some(&is), Some(&reach)).forms else {
                panic!("{reach}")
            };
            assert!(was.is_some_and(|was| was.text().contains("context.secret == 1")));
            assert!(is.is_some_and(|is| is.text().contains("context.secret == 2")));
            assert_eq!(rows.iter().map(|row| row.field.as_str()).collect::<Vec<_>>(), ["When"]);
        }
    }

    #[test]
    fn who_may_not_is_told_what_it_asks_for_alone() {
        let (was, is) = (rule(&json!({})), rule(&json!({"approval": {"approvers": ["heads"]}})));
        let moved = rule(&json!({"tenant": "globex"}));
        let expected = RuleForms::Terms { was: asked(&was), is: asked(&is) };
        assert_eq!(one(Some(&was), Some(&is), None).forms, expected);
        // Neither form is read where one of them is another tenant's, nor what it asks for there.
        assert_eq!(asked(&moved), None);
        for (was, is) in [(&was, &moved), (&moved, &was)] {
            let told = one(Some(was), Some(is), Some(&acme()));
            assert_eq!(told.forms, RuleForms::Terms { was: asked(was), is: asked(is) });
        }
        let of_all = rule(&json!({"tenant": null}));
        let told = one(Some(&was), Some(&of_all), Some(&acme()));
        assert!(matches!(told.forms, RuleForms::Whole { .. }), "as the list of rules shows it");
    }

    #[test]
    fn what_became_of_it_is_said_and_to_others_no_more_than_the_page_says() {
        let asked = rule(&json!({}));
        let said = |was: Option<&Rule>, is: Option<&Rule>| {
            let of = |reads| one(was, is, reads).became.unwrap_or_default().replace(STILL, "");
            (of(Some(&Reach::Everything)), of(None))
        };
        let told = |whole: &str, terms: &str| (whole.to_owned(), terms.to_owned());
        let no_more = "It is enforced no more. ";
        let off = |status: &str| rule(&json!({"status": status}));
        assert_eq!(said(Some(&asked), None), told("It was deleted. ", no_more));
        assert_eq!(said(Some(&asked), Some(&off("disabled"))), told("It is disabled. ", no_more));
        let shadow = "It is a shadow: decisions record what it would have done, and nothing more. ";
        assert_eq!(said(Some(&asked), Some(&off("shadow"))), told(shadow, no_more));
        let moved = rule(&json!({"tenant": "globex"}));
        assert_eq!(said(Some(&asked), Some(&moved)), told("It is another tenant's now. ", no_more));
        let free = rule(&json!({"approval": null}));
        assert_eq!(said(Some(&asked), Some(&free)), told("It asks for no approval any more. ", no_more));
        let again = "It was not enforced when you looked, and is again.";
        let nothing = "It asked for nothing when you looked.";
        assert_eq!(said(Some(&off("disabled")), Some(&asked)), told(nothing, again));
        assert_eq!(said(None, Some(&asked)), told(nothing, again), "which form that was is not known");
        let as_before = "It was changed. What it asks for reads as it did.";
        assert_eq!(said(Some(&asked), Some(&asked)), told("It was changed, and changed back.", as_before));
        let barred = json!({"approval": {"approvers": ["finance"], "exclude_roles": ["trainee"]}});
        assert_eq!(said(Some(&asked), Some(&rule(&barred))), told("", as_before));
    }
}
