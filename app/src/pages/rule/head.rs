//! The head of a rule's page: its name and status, the buttons that save, and the menu with what has consequences.

use super::confirm::Saving;
use super::editing::Editing;
use super::read::EditorData;
use super::save::{DeleteRule, SetRuleStatus};
use crate::components::icon::{Glyph, Icon};
use crate::components::notice::{Notice, SuccessNotice, WarningNotice};
use crate::components::page_head::Crumbs;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::rules::query::status_label;
use crate::routes::{RULE_NEW, RULES};
use crate::url::{Parameters, encode, href, parameter};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use policy::labels::RuleStatus;

/// What the address says of the last change, and what it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The revision that is live since.
    pub saved: Option<String>,
    /// The status that was set.
    pub now: Option<RuleStatus>,
    pub failed: Option<String>,
    /// The consequence of deleting it is to be shown.
    pub delete: bool,
}

impl Told {
    pub fn read(map: &Parameters) -> Self {
        let is_revision = |text: &String| {
            (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        };
        Self {
            saved: parameter(map, "saved").filter(is_revision),
            now: parameter(map, "now").and_then(|word| word.parse().ok()),
            failed: parameter(map, "failed"),
            delete: parameter(map, "ask").as_deref() == Some("delete"),
        }
    }
}

/// The path of a stored rule.
pub fn path_of(id: &str) -> String {
    format!("{}/{}", RULES.path, encode(id))
}

/// `editor` is none for those who only read.
pub fn head(data: &EditorData, editor: Option<(Editing, Saving)>) -> AnyView {
    let name = if data.id.is_some() { data.draft.name.clone() } else { RULE_NEW.title.to_owned() };
    let status =
        data.id.is_some().then(|| view! { <span class="pill">{status_label(data.draft.status)}</span> });
    let buttons = editor.map(|(editing, saving)| {
        view! {
            <div class="button-row" data-needs-script="">
                {saving.buttons(editing)}
            </div>
        }
    });
    let menu = data.id.as_deref().map(|id| menu(data, id, editor.is_some()));
    view! {
        <Title text=plain(&name)/>
        <header class="page-head">
            <Crumbs href=RULES.path label="Rules"/>
            <h1>
                <UntrustedLine text=name/>
            </h1>
            {status}
            <div class="page-actions">
                {menu}
                {buttons}
            </div>
        </header>
    }
    .into_any()
}

fn menu(data: &EditorData, id: &str, may_write: bool) -> AnyView {
    let path = path_of(id);
    let changes = href("/changes", [("kind", Some("rule")), ("object", Some(id))]);
    let version = data.version.unwrap_or_default();
    let switch = may_write.then(|| match data.draft.status {
        RuleStatus::Disabled => set_status(id, version, RuleStatus::Enforced, "Enforce again"),
        RuleStatus::Enforced | RuleStatus::Shadow => set_status(id, version, RuleStatus::Disabled, "Disable"),
    });
    let delete = may_write.then(|| {
        view! {
            <li class="menu-rule"></li>
            <li>
                <a class="menu-danger" href=href(&path, [("ask", Some("delete"))])>
                    "Delete …"
                </a>
            </li>
        }
    });
    view! {
        <details class="menu" name="menu">
            <summary class="button button-icon" aria-label="More actions">
                <Icon glyph=Glyph::More/>
            </summary>
            <ul class="menu-list menu-end">
                <li>
                    <a href=format!("{path}/history")>
                        <Icon glyph=Glyph::Clock/>
                        "History"
                    </a>
                </li>
                <li>
                    <a href=changes>
                        <Icon glyph=Glyph::Changes/>
                        "Its changes"
                    </a>
                </li>
                {switch}
                {delete}
            </ul>
        </details>
    }
    .into_any()
}

fn set_status(id: &str, version: i64, status: RuleStatus, label: &'static str) -> AnyView {
    view! {
        <li>
            <form method="post" action=SetRuleStatus::url()>
                {hidden("id", id.to_owned())}
                {hidden("seen", version.to_string())}
                {hidden("status", status.as_str().to_owned())}
                <button>{label}</button>
            </form>
        </li>
    }
    .into_any()
}

fn hidden(name: &'static str, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// What came of the last change, and what is asked.
pub fn told(data: &EditorData, told: &Told, may_write: bool) -> AnyView {
    let saved = told.saved.clone().map(|revision| saved(data, told, &revision, may_write));
    let failed = told.failed.as_deref().map(|why| {
        let text = match why {
            "stale" => "Somebody changed the rule meanwhile. Nothing was done: look at it as it stands now.",
            _ => "The rule is not sound as it stands, so it cannot be enforced. Put it right and save it.",
        };
        view! {
            <WarningNotice title="Nothing was changed">
                <p>{text}</p>
            </WarningNotice>
        }
    });
    let delete = (told.delete && may_write).then(|| data.id.as_deref().map(|id| delete_card(data, id)));
    view! {
        {saved}
        {failed}
        {delete.flatten()}
    }
    .into_any()
}

fn saved(data: &EditorData, told: &Told, revision: &str, may_write: bool) -> AnyView {
    let live = format!("Revision {revision} is live.");
    let what = match told.now {
        Some(RuleStatus::Disabled) => "The rule is switched off. ",
        Some(RuleStatus::Shadow) => "The rule is only watched. ",
        Some(RuleStatus::Enforced) => "The rule is enforced. ",
        None => "",
    };
    let undo = match (told.now, &data.id) {
        (Some(RuleStatus::Disabled), Some(id)) if may_write => {
            Some(undo(id, data.version.unwrap_or_default()))
        }
        _ => None,
    };
    view! {
        <SuccessNotice answers=true>
            <p>
                {what}
                <b>{live}</b>
                " It takes effect on the next call."
            </p>
            {undo}
        </SuccessNotice>
    }
    .into_any()
}

fn undo(id: &str, version: i64) -> AnyView {
    view! {
        <form method="post" action=SetRuleStatus::url()>
            {hidden("id", id.to_owned())}
            {hidden("seen", version.to_string())}
            {hidden("status", RuleStatus::Enforced.as_str().to_owned())}
            <button class="button button-small">"Undo"</button>
        </form>
    }
    .into_any()
}

/// The same as a dialog would say, as a part of the page: it works without script.
fn delete_card(data: &EditorData, id: &str) -> AnyView {
    let title = format!("Delete {}?", plain(&data.draft.name));
    view! {
        <section class="card" aria-labelledby="delete-title">
            <form class="form card-body" method="post" action=DeleteRule::url()>
                {hidden("id", id.to_owned())}
                {hidden("seen", data.version.unwrap_or_default().to_string())}
                <h2 id="delete-title" tabindex="-1" autofocus=true>
                    {title}
                </h2>
                <p>{data.consequence.clone()}</p>
                <p class="quiet">"Its versions stay for the records that name them. Disabling it can be undone."</p>
                <div class="form-actions">
                    <button class="button button-deny">"Delete the rule"</button>
                    <a class="button" href=path_of(id)>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// A rule that is switched off says so above everything else.
pub fn state(data: &EditorData) -> Option<AnyView> {
    let text = match data.draft.status {
        RuleStatus::Enforced => return None,
        RuleStatus::Shadow => {
            "This rule is a shadow: decisions record what it would have done, and nothing more."
        }
        RuleStatus::Disabled => "This rule is switched off. Saving it switches it on again.",
    };
    data.id.as_ref()?;
    Some(
        view! {
            <Notice>
                <p>{text}</p>
            </Notice>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_no_more_than_it_may() {
        let map = |pairs: &[(&'static str, &str)]| -> Parameters {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let told = Told::read(&map(&[("saved", "12.3"), ("now", "disabled"), ("ask", "delete")]));
        assert_eq!(
            (told.saved.as_deref(), told.now, told.delete),
            (Some("12.3"), Some(RuleStatus::Disabled), true)
        );
        assert_eq!(Told::read(&map(&[("saved", "12; all is well"), ("now", "on")])), Told::default());
    }
}
