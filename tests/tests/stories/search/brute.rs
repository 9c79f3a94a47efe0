//! A search finds exactly what evaluations allow. In random worlds, random questions are searched for an
//! answer, and the same endpoint is asked about each candidate one by one.
//!
//! What a search cannot list may be missing: what is not registered, and actions, where no rule in force
//! names them literally. And a task is one caller's own, so nobody is found under one.

use crate::cases::{config, in_short};
use crate::search::asking::{name, reasons, search};
use crate::search::bundle::is_registered;
use crate::search::desk::{Desk, NOTHING};
use crate::search::sketch::{
    ACTIONS, ARGUMENTS, About, Key, Question, RESOURCES, SERVERS, SUBJECTS, Sketch, TOOLS, Wanted, sketch,
};
use policy::Rule;
use policy::call::{SERVER_METHODS, TOOLS_CALL};
use policy::labels::RuleStatus;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tests::Backend;

/// Each makes a world.
const CASES: u32 = 12;
const SHRINKS: u32 = 60;
/// In each world, beside the plain ones.
const QUESTIONS: usize = 12;
/// How often anything must have been found, and not been found, of each that is searched for.
const OFTEN: usize = 5;

/// What was found and what was not, of all candidates.
type Tally = Mutex<BTreeMap<(Wanted, bool), usize>>;

pub(crate) fn a_search_finds_what_evaluations_allow(backend: Backend) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let desk = runtime.block_on(Desk::open(backend));
    let config = config(CASES, SHRINKS);
    let seed = config.rng_seed;
    let tally = Tally::default();
    TestRunner::new(config)
        .run(&sketch(QUESTIONS), |sketch| runtime.block_on(hold(&desk, &sketch, &tally)))
        .unwrap_or_else(|error| panic!("{}", in_short(&error, seed)));
    let tally = tally.into_inner().expect("nobody panicked with it");
    for wanted in Wanted::ALL {
        for found in [true, false] {
            let count = tally.get(&(wanted, found)).copied().unwrap_or_default();
            assert!(
                count >= OFTEN,
                "{wanted:?}, found {found}: hardly anything was asked: {tally:?}, {seed}"
            );
        }
    }
    runtime.block_on(desk.stop());
}

/// Holds every answer in one world against evaluations.
async fn hold(desk: &Desk, sketch: &Sketch, tally: &Tally) -> Result<(), TestCaseError> {
    let bundle = sketch.bundle();
    let tasks = desk.become_so(sketch, &bundle).await;
    let rules = sketch.rules();
    for question in &sketch.questions {
        let asked = Asked { desk, question, rules: &rules, tasks: &tasks };
        asked.hold(tally).await.map_err(|wrong| {
            TestCaseError::fail(format!("{wrong}\n{question:?}, with the tasks {tasks:?}\n{bundle}"))
        })?;
    }
    Ok(())
}

struct Asked<'a> {
    desk: &'a Desk,
    question: &'a Question,
    rules: &'a [Rule],
    tasks: &'a [String],
}

impl Asked<'_> {
    async fn hold(&self, tally: &Tally) -> Result<(), String> {
        let found = self.found().await?;
        if self.question.wanted == Wanted::Subjects && self.question.task.is_some() {
            return none(&found);
        }
        let candidates = self.candidates();
        if let Some(stray) = found.keys().find(|name| !candidates.contains(name)) {
            return Err(format!("`{stray}` was found, which is no candidate"));
        }
        for candidate in &candidates {
            let key = (self.question.wanted, found.contains_key(candidate));
            *tally.lock().expect("nobody panicked with it").entry(key).or_default() += 1;
        }
        match self.question.about {
            About::Tool(_, None) => self.hold_open(&candidates, &found).await,
            About::Tool(..) | About::Resource { .. } | About::Server { .. } => {
                self.hold_exactly(&candidates, &found).await
            }
        }
    }

    /// All that is asked about is known: what was found is what is allowed.
    async fn hold_exactly(
        &self,
        candidates: &[String],
        found: &BTreeMap<String, Value>,
    ) -> Result<(), String> {
        let requests: Vec<Value> = candidates.iter().map(|candidate| self.evaluation(candidate)).collect();
        let reasons = reasons(self.desk.pep(self.question.key), &requests).await;
        for (candidate, reason) in candidates.iter().zip(&reasons) {
            let is_allowed = reason == "allowed";
            let is_found = found.contains_key(candidate);
            if is_found && !is_allowed {
                return Err(format!("`{candidate}` was found, and the evaluation says {reason}"));
            }
            if is_allowed && !is_found && self.is_listed(candidate) {
                return Err(format!("`{candidate}` was not found, and the evaluation allows it"));
            }
            if found.get(candidate).is_some_and(|one| one.get("properties").is_some()) {
                return Err(format!("of `{candidate}` more was told than that it is allowed"));
            }
        }
        Ok(())
    }

    /// The arguments are left open: what was found is what some of them, or a person, could have allowed.
    async fn hold_open(&self, candidates: &[String], found: &BTreeMap<String, Value>) -> Result<(), String> {
        let arguments: Vec<Value> =
            ARGUMENTS.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
        let mut requests = Vec::new();
        for candidate in candidates {
            let evaluation = self.evaluation(candidate);
            requests.extend(arguments.iter().map(|one| with_arguments(evaluation.clone(), one)));
        }
        let reasons = reasons(self.desk.pep(self.question.key), &requests).await;
        for (candidate, reasons) in candidates.iter().zip(reasons.chunks(arguments.len())) {
            let could = reasons.iter().any(|reason| reason == "allowed" || reason == "approval_required");
            let Some(one) = found.get(candidate) else {
                if could {
                    return Err(format!("`{candidate}` was not found, and evaluations say {reasons:?}"));
                }
                continue;
            };
            // What does not fit the tool's schema is none of its arguments.
            let only =
                |wanted: &str| reasons.iter().all(|reason| reason == wanted || reason == "arguments_invalid");
            let holds = match one["properties"]["access"].as_str() {
                Some("always") => only("allowed"),
                Some("after_approval") => only("approval_required"),
                Some("with_conditions") => true,
                _ => false,
            };
            if !holds {
                return Err(format!("{one} was found, and evaluations say {reasons:?}"));
            }
        }
        Ok(())
    }

    /// Whether a search can list it: it is registered, or a rule in force names it literally.
    fn is_listed(&self, candidate: &str) -> bool {
        let About::Resource { kind, .. } = self.question.about else { return true };
        let kind = RESOURCES[kind].0;
        match self.question.wanted {
            Wanted::Subjects => true,
            Wanted::Actions => self
                .in_force()
                .any(|rule| rule.actions.iter().any(|pattern| pattern.exact() == Some(candidate))),
            Wanted::Resources if is_registered(candidate) => true,
            Wanted::Resources => self.in_force().any(|rule| {
                let mut patterns = rule.resources.iter();
                patterns.any(|one| one.exact_id() == Some(candidate) && one.matches(kind, candidate))
            }),
        }
    }

    /// Rules that count, or would, in the tenant of the question; where that is the caller's own, those of
    /// every tenant alone.
    fn in_force(&self) -> impl Iterator<Item = &Rule> {
        let tenant = match self.question.key {
            Key::Free => self.question.tenant,
            Key::Acme | Key::Attributes | Key::Crm | Key::Verify => Some("acme"),
        };
        self.rules.iter().filter(move |rule| {
            let own = rule.tenant.as_ref().map(|slug| slug.as_str());
            rule.status != RuleStatus::Disabled && (own.is_none() || own == tenant)
        })
    }

    /// All that the search could find, in order.
    fn candidates(&self) -> Vec<String> {
        let owned = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        match (self.question.wanted, self.question.about) {
            (Wanted::Subjects, _) => SUBJECTS.iter().map(|(id, _)| (*id).to_owned()).collect(),
            (Wanted::Resources, About::Tool(..)) => {
                let asked =
                    TOOLS.iter().filter(|(server, _)| self.question.key != Key::Crm || *server == "crm");
                asked.map(|(server, name)| self.tool(server, name)).collect()
            }
            (Wanted::Resources, About::Resource { kind, .. }) => owned(RESOURCES[kind].1),
            (Wanted::Resources, About::Server { .. }) => owned(SERVERS),
            (Wanted::Actions, About::Tool(..)) => owned(&[TOOLS_CALL]),
            (Wanted::Actions, About::Resource { .. }) => owned(ACTIONS),
            (Wanted::Actions, About::Server { .. }) => owned(SERVER_METHODS),
        }
    }

    /// As the key names it.
    fn tool(&self, server: &str, name: &str) -> String {
        if self.question.key == Key::Crm { name.to_owned() } else { format!("{server}/{name}") }
    }

    fn who(&self) -> &'static str {
        SUBJECTS.get(self.question.who).map_or("nobody", |(id, _)| *id)
    }

    /// Action, type and id of what is asked about.
    fn what(&self) -> (&'static str, &'static str, String) {
        match self.question.about {
            About::Tool(place, _) => {
                let (server, name) = TOOLS[place];
                (TOOLS_CALL, "tool", self.tool(server, name))
            }
            About::Resource { kind, id, action } => {
                let (kind, ids) = RESOURCES[kind];
                (ACTIONS[action], kind, ids[id].to_owned())
            }
            About::Server { server, method } => {
                (SERVER_METHODS[method], "mcp_server", SERVERS[server].to_owned())
            }
        }
    }

    /// The question about this candidate, as an evaluation.
    fn evaluation(&self, candidate: &str) -> Value {
        let (action, _, id) = self.what();
        match self.question.wanted {
            Wanted::Subjects => self.body(candidate, action, &id),
            Wanted::Resources => self.body(self.who(), action, candidate),
            Wanted::Actions => self.body(self.who(), candidate, &id),
        }
    }

    fn body(&self, who: &str, action: &str, id: &str) -> Value {
        let question = self.question;
        let agent = question.agent.map(|place| SUBJECTS.get(place).map_or("nobody", |(id, _)| *id));
        let task = question.task.map(|place| self.tasks.get(place).map_or(NOTHING, String::as_str));
        let mut context = json!({ "channel": question.channel });
        let said = [("agent", agent), ("task", task), ("tenant", question.tenant), ("ip", question.ip)];
        for (member, said) in said {
            if let Some(said) = said {
                context[member] = json!(said);
            }
        }
        if question.key == Key::Verify {
            context["access_token"] = json!(self.desk.token(who));
        }
        let (_, kind, _) = self.what();
        // Most keys are not believed what people and resources are like.
        let body = json!({
            "subject": {"type": "user", "id": who, "properties": {"level": 5}},
            "action": {"name": action},
            "resource": {"type": kind, "id": id, "properties": {"status": "active"}},
            "context": context,
        });
        match question.about {
            About::Tool(_, Some(place)) => {
                with_arguments(body, &serde_json::from_str(ARGUMENTS[place]).expect("JSON"))
            }
            About::Tool(_, None) | About::Resource { .. } | About::Server { .. } => body,
        }
    }

    /// What the search finds, by name.
    async fn found(&self) -> Result<BTreeMap<String, Value>, String> {
        let (action, _, id) = self.what();
        let pep = self.desk.pep(self.question.key);
        let limit = self.question.limit;
        let mut body = self.body(self.who(), action, &id);
        match self.question.wanted {
            Wanted::Subjects => {
                let mut all = BTreeMap::new();
                for kind in ["user", "agent", "service"] {
                    body["subject"] = json!({"type": kind, "properties": {"level": 5}});
                    let found = in_order(search(pep, "subject", &body, limit).await)?;
                    if let Some(other) = found.keys().find(|id| !SUBJECTS.contains(&(id.as_str(), kind))) {
                        return Err(format!("`{other}` was found as {kind}"));
                    }
                    all.extend(found);
                }
                Ok(all)
            }
            Wanted::Resources => {
                body["resource"]["id"] = json!("nothing");
                in_order(search(pep, "resource", &body, limit).await)
            }
            Wanted::Actions => {
                body.as_object_mut().expect("an object").remove("action");
                in_order(search(pep, "action", &body, limit).await)
            }
        }
    }
}

fn none(found: &BTreeMap<String, Value>) -> Result<(), String> {
    if found.is_empty() { Ok(()) } else { Err(format!("{found:?} were found under a task")) }
}

fn with_arguments(mut body: Value, arguments: &Value) -> Value {
    body["resource"]["properties"]["arguments"] = arguments.clone();
    body
}

/// By name; each once, whatever page it was on, and one behind the other.
fn in_order(found: Vec<Value>) -> Result<BTreeMap<String, Value>, String> {
    let names: Vec<String> = found.iter().map(|one| name(one).to_owned()).collect();
    if !names.is_sorted_by(|a, b| a < b) {
        return Err(format!("pages tell of {names:?}"));
    }
    Ok(names.into_iter().zip(found).collect())
}
