//! `POST /access/v1/evaluations` (AuthZEN 1.0, section 7): several evaluations in one request.

use super::error::RequestError;
use super::request::parse_evaluation;
use pdp::Question;
use pdp::tokens::Taken;
use serde_json::{Map, Value};

/// The most items of one batch.
const MAX_ITEMS: usize = 100;

/// When a batch ends (AuthZEN 1.0, section 7.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Semantics {
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

impl Semantics {
    /// Whether nothing after this decision is evaluated.
    pub(super) fn ends_after(self, decision: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !decision,
            Self::PermitOnFirstPermit => decision,
        }
    }
}

/// A body of the batch endpoint.
#[derive(Debug)]
pub(super) enum Batch {
    /// No items: it behaves as a single evaluation.
    Single(Box<Question>),
    Several(Several),
}

/// Items that are read one by one, as they are decided: a default of 1 MiB is never held a hundred times.
#[derive(Debug)]
pub(super) struct Several {
    pub(super) semantics: Semantics,
    defaults: Map<String, Value>,
    items: std::vec::IntoIter<Value>,
    request_id: String,
    /// The items are questions about one request, which brought one proof.
    taken: Taken,
}

impl Iterator for Several {
    type Item = Result<Question, RequestError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut parsed = parse_item(&self.defaults, self.items.next()?, &self.request_id);
        if let Ok(question) = &mut parsed {
            question.files = false;
            if let Some(proof) = &mut question.proof {
                proof.taken = self.taken.clone();
            }
        }
        Some(parsed)
    }
}

/// Members that an item may leave to the top level, each replaced as a whole; with what an entity cannot be
/// without. Only where an item's own entity lacks such a member does the top level's stand in (the certification
/// scenario of AuthZEN 1.0, 3.2.7): without it the item would be an error.
const DEFAULTS: [(&str, &[&str]); 4] =
    [("subject", &["type", "id"]), ("action", &["name"]), ("resource", &["type", "id"]), ("context", &[])];

pub(super) fn parse(mut body: Map<String, Value>, request_id: &str) -> Result<Batch, RequestError> {
    let semantics = semantics(body.get("options"))?;
    let items = match body.remove("evaluations") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(RequestError::malformed("`evaluations` must be a list")),
    };
    if items.is_empty() {
        return Ok(Batch::Single(Box::new(parse_evaluation(body, request_id)?)));
    }
    if items.len() > MAX_ITEMS {
        return Err(RequestError::malformed(format!("`evaluations` holds more than {MAX_ITEMS} items")));
    }
    // What is wrong for every item is wrong with the whole.
    for (member, needed) in DEFAULTS {
        match body.get(member) {
            None | Some(Value::Object(_)) => {}
            Some(Value::Null) if needed.is_empty() => {}
            Some(_) => return Err(RequestError::malformed(format!("`{member}` must be an object"))),
        }
    }
    Ok(Batch::Several(Several {
        semantics,
        defaults: body,
        items: items.into_iter(),
        request_id: request_id.to_owned(),
        taken: Taken::default(),
    }))
}

fn parse_item(
    defaults: &Map<String, Value>,
    item: Value,
    request_id: &str,
) -> Result<Question, RequestError> {
    let Value::Object(mut item) = item else {
        return Err(RequestError::malformed("an item of `evaluations` must be an object"));
    };
    for (member, needed) in DEFAULTS {
        let Some(default) = defaults.get(member) else { continue };
        match item.get_mut(member) {
            None => {
                item.insert(member.to_owned(), default.clone());
            }
            Some(Value::Object(own)) => {
                for name in needed {
                    if !own.contains_key(*name)
                        && let Some(value) = default.get(*name)
                    {
                        own.insert((*name).to_owned(), value.clone());
                    }
                }
            }
            Some(_) => {}
        }
    }
    parse_evaluation(item, request_id)
}

fn semantics(options: Option<&Value>) -> Result<Semantics, RequestError> {
    let options = match options {
        None | Some(Value::Null) => return Ok(Semantics::ExecuteAll),
        Some(Value::Object(options)) => options,
        Some(_) => return Err(RequestError::malformed("`options` must be an object")),
    };
    match options.get("evaluations_semantic") {
        None | Some(Value::Null) => Ok(Semantics::ExecuteAll),
        Some(Value::String(word)) => match word.as_str() {
            "execute_all" => Ok(Semantics::ExecuteAll),
            "deny_on_first_deny" => Ok(Semantics::DenyOnFirstDeny),
            "permit_on_first_permit" => Ok(Semantics::PermitOnFirstPermit),
            _ => Err(RequestError::malformed(
                "`options.evaluations_semantic` must be execute_all, deny_on_first_deny or permit_on_first_permit",
            )),
        },
        Some(_) => Err(RequestError::malformed("`options.evaluations_semantic` must be a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(body: Value) -> Result<Batch, RequestError> {
        let Value::Object(body) = body else { panic!("an object") };
        parse(body, "r")
    }

    #[test]
    fn items_take_whole_members_from_the_top() {
        let batch = parsed(json!({
            "subject": {"type": "user", "id": "alice"},
            "action": {"name": "tools/call"},
            "context": {"tenant": "acme"},
            "evaluations": [
                {"resource": {"type": "tool", "id": "a"}},
                {"resource": {"type": "tool", "id": "b"}, "context": {}},
                {"resource": "nonsense"},
                5,
            ],
        }));
        let Ok(Batch::Several(several)) = batch else { panic!("{batch:?}") };
        assert_eq!(several.semantics, Semantics::ExecuteAll);
        let items: Vec<_> = several.collect();
        assert!(items[0].as_ref().is_ok_and(|question| question.call.tenant.is_some()));
        assert!(items[1].as_ref().is_ok_and(|question| question.call.tenant.is_none()));
        assert!(items[2].is_err() && items[3].is_err());
    }

    #[test]
    fn an_item_inherits_nothing_but_what_it_cannot_be_without() {
        let batch = parsed(json!({
            "subject": {"type": "user", "id": "alice", "properties": {"level": 3}},
            "action": {"name": "tools/call"},
            "resource": {"type": "tool", "id": "a", "properties": {"arguments": {"x": 1}}},
            "evaluations": [
                {"resource": {"id": "b"}},
                {"resource": {"type": "tool"}},
                {"resource": {"id": "c"}, "subject": {"id": "bob"}, "action": {}},
                {"resource": {"id": null}},
                {"resource": null},
            ],
        }));
        let Ok(Batch::Several(several)) = batch else { panic!("{batch:?}") };
        let items: Vec<_> = several.collect();
        for (item, id, subject) in [(0, "b", "alice"), (1, "a", "alice"), (2, "c", "bob")] {
            let question = items[item].as_ref().expect("a question");
            assert_eq!(
                (question.call.resource.kind.as_str(), question.call.resource.id.as_str()),
                ("tool", id)
            );
            assert_eq!(question.subject.id, subject);
            assert_eq!(question.call.action, "tools/call");
            assert_eq!(question.call.arguments, policy::arguments::Arguments::NotSent, "whole objects");
        }
        assert!(items[2].as_ref().is_ok_and(|question| question.subject.properties.is_empty()));
        assert!(items[3].is_err() && items[4].is_err());
    }

    #[test]
    fn what_is_wrong_for_every_item_is_wrong_with_the_whole() {
        let whole = |more: Value| {
            let mut body = json!({"subject": {"type": "user", "id": "a"}, "action": {"name": "x"},
                "resource": {"type": "t", "id": "r"}, "context": null, "evaluations": [{}]});
            body.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            parsed(body)
        };
        assert!(matches!(whole(json!({})), Ok(Batch::Several(_))));
        for bad in [
            json!({"subject": "a"}),
            json!({"subject": null}),
            json!({"action": ["x"]}),
            json!({"resource": 5}),
            json!({"context": []}),
            json!({"evaluations": {}}),
            json!({"options": "execute_all"}),
        ] {
            assert!(whole(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_items_is_a_single_evaluation_and_too_many_are_refused() {
        let single = json!({"subject": {"type": "user", "id": "a"}, "action": {"name": "x"}, "resource": {"type": "t", "id": "r"}});
        assert!(matches!(parsed(single.clone()), Ok(Batch::Single(_))));
        let mut empty = single;
        empty["evaluations"] = json!([]);
        assert!(matches!(parsed(empty.clone()), Ok(Batch::Single(_))));
        empty["evaluations"] = json!(vec![json!({}); 101]);
        assert!(parsed(empty.clone()).is_err());
        for bad in [json!({"evaluations_semantic": "all"}), json!({"evaluations_semantic": 1}), json!([])] {
            empty["evaluations"] = json!([{}]);
            empty["options"] = bad;
            assert!(parsed(empty.clone()).is_err());
        }
    }
}
