//! What moved since somebody looked and their click was refused. Of the tool also how it was: the record of
//! changes keeps that.

use super::view::{Changed, LabelChange, PartChange, ToolChange};
use crate::console::Console;
use crate::pages::review::difference::{Parts, of_definitions};
use crate::pages::review::parts::Setting;
use crate::pages::tool::read::pretty;
use pdp::approvals::{ApprovalView, ToolForm, ToolMoved};
use policy::ReviewState;
use policy::approval::Seen;
use serde_json::Value;
use store::StoreError;

/// `seen`: what was seen, as the form carries it. None: that is nothing.
pub(super) async fn since(
    console: &Console,
    shown: &ApprovalView,
    seen: &str,
) -> Result<Option<Changed>, StoreError> {
    let Ok(seen) = seen.parse::<Seen>() else { return Ok(None) };
    let tool = console.approvals.tool_moved(&shown.approval, &seen).await?;
    Ok(Some(Changed {
        tool: tool.map(told),
        arguments: seen.arguments != shown.seen.arguments,
        rules: seen.rules != shown.seen.rules,
    }))
}

fn told(moved: ToolMoved) -> ToolChange {
    match moved {
        ToolMoved::Removed => ToolChange::Removed,
        ToolMoved::Untold(is) => ToolChange::Untold(offered(&is).map(pretty)),
        ToolMoved::Changed { was, is } => {
            ToolChange::Told { labels: labels(&was, &is), parts: parts(&was, &is) }
        }
    }
}

/// What a call would meet by now; where the server was never asked, what was reviewed.
fn offered(form: &ToolForm) -> Option<&Value> {
    form.offered.as_ref().or(form.definition.as_ref())
}

fn labels(was: &ToolForm, is: &ToolForm) -> Vec<LabelChange> {
    let mapping = |form: &ToolForm| if form.mapping.is_some() { "accepted" } else { "not accepted" };
    let each = [
        ("Review", was.review.as_str(), is.review.as_str()),
        ("Risk", was.risk.as_str(), is.risk.as_str()),
        ("Sensitivity", was.sensitivity.as_str(), is.sensitivity.as_str()),
        ("Declared mapping", mapping(was), mapping(is)),
    ];
    each.into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(name, was, is)| LabelChange { name: name.to_owned(), was: was.to_owned(), is: is.to_owned() })
        .collect()
}

/// A tool has two definitions where its server offers another one than was reviewed. Where that is so on
/// neither side, there is one to compare.
fn parts(was: &ToolForm, is: &ToolForm) -> Vec<PartChange> {
    let by_server = (offered(was), offered(is));
    let by_people = (was.definition.as_ref(), is.definition.as_ref());
    if by_server == by_people {
        return differing("", by_people);
    }
    // A tool that is listed no longer is offered in no form.
    let gone = [was, is].iter().any(|form| form.review == ReviewState::Gone);
    let mut parts = if gone { Vec::new() } else { differing(", as its server offers it", by_server) };
    parts.extend(differing(", as it was reviewed", by_people));
    parts
}

fn differing(which: &str, (was, is): (Option<&Value>, Option<&Value>)) -> Vec<PartChange> {
    let Parts { description, schema, rest } = of_definitions(was, is);
    let each = [
        ("Description", Setting::Prose, description),
        ("Input schema", Setting::Code, schema),
        ("Everything else in the definition", Setting::Code, rest),
    ];
    each.into_iter()
        .filter(|(_, _, sides)| !sides.same)
        .map(|(name, setting, sides)| PartChange { title: format!("{name}{which}"), setting, sides })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(definition: &Value, more: &Value) -> ToolForm {
        let mut kept = json!({
            "review": "reviewed", "risk": "high", "sensitivity": "internal",
            "definition": definition, "definition_hash": "0a",
        });
        let members = kept.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        serde_json::from_value(kept).expect("a form")
    }

    fn pay(text: &str) -> Value {
        json!({"name": "pay", "description": text, "inputSchema": {"type": "object"}, "title": "Pay"})
    }

    fn titles(was: &ToolForm, is: &ToolForm) -> Vec<String> {
        parts(was, is).into_iter().map(|part| part.title).collect()
    }

    #[test]
    fn labels_that_differ_are_told_and_no_others() {
        let was = form(&pay("Pays"), &json!({}));
        let is = form(&pay("Pays"), &json!({"risk": "critical", "mapping": "0a"}));
        let told: Vec<_> = labels(&was, &is).into_iter().map(|one| (one.name, one.was, one.is)).collect();
        let line = |name: &str, was: &str, is: &str| (name.to_owned(), was.to_owned(), is.to_owned());
        assert_eq!(
            told,
            [line("Risk", "high", "critical"), line("Declared mapping", "not accepted", "accepted")]
        );
        assert!(parts(&was, &is).is_empty());
    }

    #[test]
    fn one_definition_is_compared_once() {
        let (was, is) = (form(&pay("Pays"), &json!({})), form(&pay("Pays anybody"), &json!({})));
        assert_eq!(titles(&was, &is), ["Description"]);
        // Reviewed as it is offered, before and after.
        let offered = |text: &str| form(&pay(text), &json!({"offered": pay(text), "offered_hash": "0a"}));
        assert_eq!(titles(&offered("Pays"), &offered("Pays anybody")), ["Description"]);
    }

    #[test]
    fn what_is_offered_and_what_was_reviewed_are_told_apart() {
        let as_reviewed = form(&pay("Pays"), &json!({"offered": pay("Pays")}));
        let otherwise = form(&pay("Pays"), &json!({"review": "changed", "offered": pay("Pays anybody")}));
        assert_eq!(titles(&as_reviewed, &otherwise), ["Description, as its server offers it"]);
        let reviewed_anew = form(&pay("Pays anybody"), &json!({"offered": pay("Pays anybody")}));
        assert_eq!(titles(&otherwise, &reviewed_anew), ["Description, as it was reviewed"]);
        let gone = form(&pay("Pays"), &json!({"review": "gone"}));
        assert_eq!(titles(&otherwise, &gone), Vec::<String>::new());
    }
}
