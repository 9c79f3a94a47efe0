//! The server's side of the editor: reading a rule with what it can name, and what is to be said of a draft.

use super::draft::{Draft, Note};
use super::example;
use super::read::{
    Beginning, Checked, Choices, Comparison, EditorData, RoleOption, SubjectOption, ToolOption,
};
use super::spec::{self, ToolForm};
use super::{carried, reach_words};
use crate::console::Console;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::change::difference;
use crate::pages::form::read::sees;
use pdp::drafts::{self, Remark};
use policy::compile::Surroundings;
use policy::{Reach, ReviewState, Rule, RuleId, ServerSlug, TenantSlug, Timestamp};
use serde_json::Value;
use store::StoreError;
use store::administration::{Page, StoredRule, Tool};
use store::changes::{ChangeFilter, ChangePosition};

const MOST_TENANTS: u64 = 200;
const MOST_ROLES: usize = 500;
const MOST_TOOLS: usize = 2_000;
const MOST_SUBJECTS: u64 = 500;

/// What rules are held against, as far as the reader reaches: nobody is told what others have.
pub(in crate::pages) async fn surroundings(
    console: &Console,
    reach: &Reach,
) -> Result<Surroundings, StoreError> {
    Ok(within(reach, pdp::flags::surroundings(&console.store, console.now()).await?))
}

/// As far as the reader may know of it.
pub(in crate::pages) fn within(reach: &Reach, mut around: Surroundings) -> Surroundings {
    if !reach.is_everything() {
        around.tools.retain(|tool| tool.tenants.iter().any(|tenant| reach.holds(tenant.as_str())));
        around.held.retain(|(tenant, _)| reach.holds(tenant.as_str()));
        around.members.retain(|(tenant, _), _| reach.holds(tenant.as_str()));
        around.rules.retain(|rule| sees(reach, rule.tenant.as_ref()));
    }
    around
}

/// Whether the rule is the reader's own: what it does is then within what the reader may know.
pub(super) fn owns(reach: &Reach, rule: &Rule) -> bool {
    reach.owns(rule.tenant.as_ref().map(TenantSlug::as_str))
}

/// How a new rule begins. Whoever is of some tenants begins in one of them.
fn beginning_within(reach: &Reach, asked: &Beginning) -> Beginning {
    let Some(own) = reach.tenants() else { return asked.clone() };
    let tenant = asked.tenant.clone().filter(|tenant| reach.holds(tenant));
    Beginning { tenant: tenant.or_else(|| own.first().map(ToString::to_string)), ..asked.clone() }
}

/// None: no such rule, or not one that the reader may see.
pub(super) async fn editor(
    console: &Console,
    reach: &Reach,
    id: &str,
    beginning: &Beginning,
) -> Result<Option<EditorData>, AppError> {
    let stored = match id {
        "" => None,
        id => match stored(console, reach, id).await? {
            Some(stored) => Some(stored),
            None => return Ok(None),
        },
    };
    let now = console.now();
    let beginning = &beginning_within(reach, beginning);
    let draft = stored.as_ref().map_or_else(|| begin(beginning), |stored| Draft::from_rule(&stored.rule));
    let (rule, notes) = draft.to_rule();
    let own = owns(reach, &rule);
    let around = surroundings(console, reach).await?;
    let form = match draft.exact_tool() {
        Some((server, tool)) => tool_form(console, reach, &server, &tool).await?,
        None => None,
    };
    let choices = choices(console, reach, rule.tenant.as_ref(), &around).await?;
    let example = example::find(console, reach, &draft, form.as_ref(), &choices).await?;
    let consequence = match &stored {
        Some(stored) if own => {
            let reach = drafts::reach(&console.store, &stored.rule, &around).await?;
            reach_words::consequence(&stored.rule, &reach)
        }
        _ => String::new(),
    };
    let last_change = match &stored {
        Some(stored) => {
            let filter = ChangeFilter {
                kind: Some("rule"),
                object: Some(stored.id.as_str()),
                ..ChangeFilter::default()
            };
            console.store.list_changes(&filter, ChangePosition::Newest, 1).await?.pop()
        }
        None => None,
    };
    Ok(Some(EditorData {
        id: stored.as_ref().map(|stored| stored.id.to_string()),
        version: stored.as_ref().map(|stored| stored.version),
        changed: stored.as_ref().map(|stored| Moment::new(stored.updated_at, now)),
        changed_by: last_change.map(|change| change.actor),
        yaml: if stored.is_some() { drafts::write_rule(&rule) } else { template(beginning) },
        refused: carried::refused(beginning.text.as_deref(), beginning.why, &around),
        checked: say_within(reach, &rule, notes, &around, stored.as_ref().map(|stored| &stored.rule)),
        may_write: own,
        draft,
        choices,
        form,
        example,
        consequence,
    }))
}

/// A rule that the reader sees: one of its tenants, or one of every tenant.
async fn stored(console: &Console, reach: &Reach, id: &str) -> Result<Option<StoredRule>, AppError> {
    if id.contains('\0') {
        return Ok(None);
    }
    let found = console.store.get_rule(&RuleId::new(id)).await?;
    Ok(found.filter(|stored| sees(reach, stored.rule.tenant.as_ref())))
}

fn begin(beginning: &Beginning) -> Draft {
    Draft {
        tenant: beginning.tenant.clone().unwrap_or_default(),
        tools: beginning.tool.clone().into_iter().collect(),
        ..Draft::default()
    }
}

/// What the text area of a new rule holds.
fn template(beginning: &Beginning) -> String {
    // As JSON texts, which are YAML.
    let quoted = |text: &str| Value::from(text).to_string();
    let tenant = match &beginning.tenant {
        Some(tenant) => format!("tenant: {}\n", quoted(tenant)),
        None => String::new(),
    };
    let tool = quoted(beginning.tool.as_deref().unwrap_or("server/tool"));
    format!("name: \n{tenant}effect: allow\nroles: []\ntools: [{tool}]\n")
}

/// What can be chosen from, of the reader's tenants; subjects are the members of the tenant, or all of these.
pub(in crate::pages) async fn choices(
    console: &Console,
    reach: &Reach,
    tenant: Option<&TenantSlug>,
    around: &Surroundings,
) -> Result<Choices, AppError> {
    let page = |limit| Page { search: None, after: None, limit };
    let tenants = match reach.tenants() {
        Some(own) => own.iter().map(ToString::to_string).collect(),
        None => {
            let all = console.store.list_tenants(&page(MOST_TENANTS)).await?;
            all.into_iter().map(|tenant| tenant.slug.to_string()).collect()
        }
    };
    let roles = console.store.list_roles(None).await?;
    let subjects = match (tenant, reach.tenants()) {
        (Some(tenant), _) if !reach.holds(tenant.as_str()) => Vec::new(),
        (None, Some(own)) => console.store.list_subjects_of(own, &page(MOST_SUBJECTS)).await?,
        _ => console.store.list_subjects(tenant, &page(MOST_SUBJECTS)).await?,
    };
    Ok(Choices {
        tenants,
        roles: roles
            .into_iter()
            .filter(|role| sees(reach, role.tenant.as_ref()))
            .take(MOST_ROLES)
            .map(|role| RoleOption { name: role.name, tenant: role.tenant.map(|tenant| tenant.to_string()) })
            .collect(),
        tools: around
            .tools
            .iter()
            .take(MOST_TOOLS)
            .map(|tool| ToolOption { server: tool.server.clone(), name: tool.name.clone() })
            .collect(),
        subjects: subjects
            .into_iter()
            .map(|subject| SubjectOption { id: subject.id.to_string(), name: subject.name })
            .collect(),
    })
}

/// None: no such tool, or none that the reader's tenants may use.
pub(super) async fn tool_form(
    console: &Console,
    reach: &Reach,
    server: &str,
    tool: &str,
) -> Result<Option<ToolForm>, AppError> {
    if server.contains('\0') || tool.contains('\0') {
        return Ok(None);
    }
    let now = console.now();
    let server = ServerSlug::from(server);
    if !reach.is_everything() {
        let known = console.store.get_server(&server).await?;
        let usable = |tenant: &TenantSlug| reach.holds(tenant.as_str());
        if !known.is_some_and(|known| known.tenants.iter().any(usable)) {
            return Ok(None);
        }
    }
    let found = console.store.get_tool(&server, tool).await?;
    Ok(found.map(|found| form_of(found, now)))
}

fn form_of(tool: Tool, now: Timestamp) -> ToolForm {
    let state = match (tool.review, tool.reviewed_at) {
        (ReviewState::Reviewed, Some(at)) => format!("reviewed {}", Moment::new(at, now).words),
        (ReviewState::Reviewed, None) => "reviewed".to_owned(),
        (ReviewState::New, _) => "not reviewed yet".to_owned(),
        (ReviewState::Changed, _) => "changed since it was reviewed".to_owned(),
        (ReviewState::Gone, _) => "no longer offered".to_owned(),
    };
    let schema =
        tool.definition.or(tool.offered).and_then(|definition| definition.get("inputSchema").cloned());
    ToolForm {
        server: tool.server.to_string(),
        tool: tool.name,
        state,
        has_schema: schema.is_some(),
        arguments: schema.as_ref().map(spec::arguments).unwrap_or_default(),
    }
}

pub(super) async fn check(
    console: &Console,
    reach: &Reach,
    draft: &Draft,
    id: &str,
) -> Result<Checked, AppError> {
    let before = if id.is_empty() { None } else { stored(console, reach, id).await? };
    let around = surroundings(console, reach).await?;
    let (rule, notes) = draft.to_rule();
    Ok(say_within(reach, &rule, notes, &around, before.as_ref().map(|before| &before.rule)))
}

pub(super) async fn compare(
    console: &Console,
    reach: &Reach,
    draft: &Draft,
    id: &str,
) -> Result<Comparison, AppError> {
    let before = if id.is_empty() { None } else { stored(console, reach, id).await? };
    let around = surroundings(console, reach).await?;
    let (rule, notes) = draft.to_rule();
    if !owns(reach, &rule) || before.as_ref().is_some_and(|before| !owns(reach, &before.rule)) {
        // Saving it is refused, and whom it would reach is not the reader's to know.
        let checked = say_within(reach, &rule, notes, &around, before.as_ref().map(|before| &before.rule));
        return Ok(Comparison { checked, rows: Vec::new(), reach: Vec::new() });
    }
    let after_reach = drafts::reach(&console.store, &rule, &around).await?;
    let before_reach = match &before {
        Some(before) => Some(drafts::reach(&console.store, &before.rule, &around).await?),
        None => None,
    };
    let before = before.as_ref().map(|before| &before.rule);
    let json = |rule: &Rule| serde_json::to_value(rule).ok();
    Ok(Comparison {
        rows: difference::rows(before.and_then(json).as_ref(), json(&rule).as_ref()),
        reach: reach_words::compare(before.zip(before_reach.as_ref()), &rule, &after_reach),
        checked: say(&rule, notes, &around, before),
    })
}

/// As [`say`], of a rule that is the reader's own. What others have says why another never matches: of it nothing is said.
fn say_within(
    reach: &Reach,
    rule: &Rule,
    notes: Vec<Note>,
    around: &Surroundings,
    before: Option<&Rule>,
) -> Checked {
    if owns(reach, rule) {
        return say(rule, notes, around, before);
    }
    Checked { problems: notes, ..Checked::default() }
}

/// What is to be said of a rule; `notes` are of its fields.
pub(super) fn say(rule: &Rule, notes: Vec<Note>, around: &Surroundings, before: Option<&Rule>) -> Checked {
    let review = drafts::review(rule, around);
    let unmatched = review.is_unmatched(rule);
    let mut problems = notes;
    for problem in notes_of(review.problems) {
        // A field that cannot be read has its say already.
        if !problems.iter().any(|known| known.field == problem.field) {
            problems.push(problem);
        }
    }
    Checked {
        never: notes_of(review.never),
        hints: notes_of(review.unapproved.into_iter().chain(review.hints).collect()),
        tools: review.tools,
        wider: before.map(|before| drafts::wider(before, rule)).unwrap_or_default(),
        unmatched: unmatched && problems.is_empty(),
        problems,
    }
}

pub(super) fn notes_of(remarks: Vec<Remark>) -> Vec<Note> {
    remarks
        .into_iter()
        .map(|remark| Note {
            field: remark.place.as_str().to_owned(),
            path: remark.path.filter(|path| !path.is_empty()),
            text: remark.text,
        })
        .collect()
}

/// The tenant that a text names.
pub(super) fn tenant_of(text: &str) -> Option<TenantSlug> {
    (!text.is_empty()).then(|| TenantSlug::from(text))
}
