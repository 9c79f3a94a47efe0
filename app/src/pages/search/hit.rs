//! Things that were found, each as a line of the results: where it leads, what it is called, what tells it from others.

use super::found::Hit;
use crate::components::tool_name::tool_text;
use crate::pages::changes::words;
use crate::pages::resources::write::key_of;
use crate::pages::server::head::href_of;
use crate::pages::subjects::query::kind_label;
use crate::routes::{
    CHANGES, DECISIONS, KEYS, RESOURCES, ROLES, RULES, SERVER, SUBJECTS, TASKS, TENANTS, TOOL,
};
use crate::url::{encode, href};
use crate::verdict::{EffectWords, Verdict};
use policy::labels::{Effect, RuleStatus};
use policy::{ReviewState, TenantSlug};
use store::Change;
use store::administration::{Credential, Resource, Role, Server, StoredRule, Subject, Task, Tenant, Tool};
use store::decisions::DecisionRow;

pub(super) fn decision(row: DecisionRow) -> Hit {
    let verdict = Verdict::of(row.outcome, row.reason());
    Hit {
        href: format!("{}/{}", DECISIONS.path, encode(row.id.as_str())),
        name: tool_text(row.server.as_deref(), row.tool.as_deref(), &row.action),
        detail: row.subject,
        note: Some(verdict.label().to_owned()),
    }
}

pub(super) fn change(change: &Change) -> Hit {
    let name = words::object_name(&change.object, change.before.as_ref(), change.after.as_ref());
    let tenant = change.tenant.as_ref().map(TenantSlug::as_str);
    Hit {
        href: format!("{}/{}", CHANGES.path, encode(&change.id)),
        name: words::title(change.action.as_str(), &change.kind, &name, &change.object, tenant),
        detail: Some(change.actor.clone()),
        note: None,
    }
}

pub(super) fn server(server: Server) -> Hit {
    let slug = server.slug.as_str();
    Hit {
        href: href_of(&SERVER, slug),
        detail: Some(if server.name == slug { server.url } else { server.name }),
        note: off(server.enabled, "Disabled"),
        name: slug.to_owned(),
    }
}

pub(super) fn tool(tool: Tool) -> Hit {
    let review = match tool.review {
        ReviewState::Reviewed => None,
        ReviewState::New => Some("New"),
        ReviewState::Changed => Some("Changed"),
        ReviewState::Gone => Some("Gone"),
    };
    Hit {
        href: TOOL.path.replace("{id}", &encode(tool.id.as_str())),
        name: tool.name,
        detail: Some(tool.server.to_string()),
        note: review.map(ToOwned::to_owned),
    }
}

pub(super) fn subject(subject: Subject) -> Hit {
    let id = subject.id.to_string();
    let kind = kind_label(subject.kind).to_owned();
    Hit {
        href: format!("{}/{}", SUBJECTS.path, encode(&id)),
        note: off(subject.active, "Disabled").or(Some(kind)),
        detail: (id != subject.name).then_some(id),
        name: subject.name,
    }
}

pub(super) fn role(role: Role) -> Hit {
    Hit {
        href: format!("{}/{}", ROLES.path, encode(&role.id)),
        name: role.name,
        note: role.tenant.is_none().then(|| "Every tenant".to_owned()),
        detail: role.tenant.map(|tenant| tenant.to_string()),
    }
}

pub(super) fn rule(stored: StoredRule) -> Hit {
    let rule = stored.rule;
    let words = EffectWords {
        effect: rule.effect,
        once_approved: rule.effect == Effect::Allow && rule.approval.is_some(),
        shadow: rule.status == RuleStatus::Shadow,
    };
    let label = if rule.status == RuleStatus::Disabled { "Disabled" } else { words.label() };
    Hit {
        href: format!("{}/{}", RULES.path, encode(stored.id.as_str())),
        name: rule.name,
        detail: rule.tenant.map(|tenant| tenant.to_string()),
        note: Some(label.to_owned()),
    }
}

/// The tenant stands beside it: whoever sees several tells them apart by that.
pub(super) fn resource(resource: Resource) -> Hit {
    Hit {
        href: format!("{}/{}", RESOURCES.path, key_of(&resource.kind, &resource.id)),
        name: resource.id,
        detail: Some(resource.kind),
        note: Some(resource.tenant.to_string()),
    }
}

pub(super) fn task(task: Task) -> Hit {
    Hit {
        href: format!("{}/{}", TASKS.path, encode(task.id.as_str())),
        name: task.purpose,
        detail: Some(task.subject.to_string()),
        note: None,
    }
}

pub(super) fn tenant(tenant: Tenant) -> Hit {
    let slug = tenant.slug.to_string();
    Hit {
        href: href(TENANTS.path, [("q", Some(slug.as_str()))]),
        note: off(tenant.active, "Suspended"),
        detail: (slug != tenant.name).then_some(slug),
        name: tenant.name,
    }
}

pub(super) fn key(key: Credential) -> Hit {
    let server = key.server.map(|server| server.to_string());
    Hit {
        href: href(KEYS.path, [("q", Some(key.name.as_str()))]),
        note: off(key.active, "Switched off"),
        detail: server.or_else(|| key.tenant.map(|tenant| tenant.to_string())),
        name: key.name,
    }
}

fn off(on: bool, word: &str) -> Option<String> {
    (!on).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{SubjectId, SubjectKind};

    #[test]
    fn a_thing_that_is_off_says_so() {
        let mut one = Subject::new(SubjectId::from("alice/1"), SubjectKind::User);
        assert_eq!(subject(one.clone()).note.as_deref(), Some("Person"));
        assert_eq!(subject(one.clone()).href, "/subjects/alice%2F1");
        assert_eq!(subject(one.clone()).detail, None);
        one.active = false;
        assert_eq!(subject(one).note.as_deref(), Some("Disabled"));
    }

    #[test]
    fn a_resource_leads_to_its_page() {
        let one = resource(Resource::new("customer", "c/42", TenantSlug::from("acme")));
        assert_eq!(one.href, format!("/resources/{}", key_of("customer", "c/42")));
        assert_eq!((one.name.as_str(), one.detail.as_deref()), ("c/42", Some("customer")));
        assert_eq!(one.note.as_deref(), Some("acme"));
    }
}
