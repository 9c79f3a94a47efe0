//! `/resources/{id}`: one registered resource, and which tools name it.

use super::fields;
use super::name::name_of;
use super::read::{ResourceView, read_resource};
use super::save::DeleteResource;
use crate::components::definition::{Definition, Nothing};
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::untrusted::{Untrusted, UntrustedLine, plain};
use crate::drawn::server_drawn;
use crate::pages::changes::query::ChangeQuery;
use crate::pages::decisions::query::DecisionQuery;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::Filled;
use crate::pages::form::may;
use crate::pages::form::notice::Answered;
use crate::pages::form::place::{Ask, Place};
use crate::permission::Permission;
use crate::routes::{self, RESOURCES};
use crate::status::PageStatus;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn ResourcePage() -> impl IntoView {
    server_drawn(routes::RESOURCE, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let key = params.with(|params| params.get("id")).unwrap_or_default();
        map.with(|map| (key, Ask::read(map), Answer::read(map)))
    });
    let found = resource(
        move || asked.get(),
        |(key, ask, answer)| async move {
            read_resource(key).await.map(|found| found.map(|found| (found, ask, answer)))
        },
    );
    let status = PageStatus::current();
    let may_write = may(Permission::WriteResources);
    loaded(found, move |found| match found {
        Some((found, ask, answer)) => draw(&found, ask.filter(|_| may_write), &answer, may_write),
        None => {
            status.not_found();
            view! {
                <PageHead title="No such resource"/>
                <section class="error-page">
                    <p>"There is no such resource. It was deleted, or the address is misspelt."</p>
                    <div class="button-row">
                        <a class="button button-primary" href=RESOURCES.path>
                            "Go to Resources"
                        </a>
                    </div>
                </section>
            }
            .into_any()
        }
    })
}

fn draw(found: &ResourceView, ask: Option<Ask>, answer: &Answer, may_write: bool) -> AnyView {
    let place = Place::new(format!("{}/{}", RESOURCES.path, found.key));
    let panel = match ask {
        Some(Ask::Edit) => Some(fields::edit(found, answer)),
        Some(Ask::Delete) => Some(delete(found, answer, place.href())),
        _ => None,
    };
    let actions = (may_write && panel.is_none()).then(|| {
        view! {
            <div class="page-actions">
                <a class="button" href=place.clone().asking(Ask::Edit).href() rel="external">
                    "Edit"
                </a>
                <a class="button button-danger" href=place.asking(Ask::Delete).href() rel="external">
                    "Delete"
                </a>
            </div>
        }
    });
    let changes = ChangeQuery {
        kind: Some("resource".to_owned()),
        object: Some(format!("{}:{}", found.kind, found.id)),
        ..ChangeQuery::default()
    };
    let calls = DecisionQuery { resource: Some(name_of(&found.kind, &found.id)), ..DecisionQuery::default() };
    view! {
        <Title text=plain(&found.id)/>
        <header class="page-head">
            <Crumbs href=RESOURCES.path label="Resources"/>
            <h1>
                <UntrustedLine text=found.id.clone()/>
            </h1>
            {actions}
        </header>
        <div class="stack">
            <Answered answer=answer.clone()/>
            {panel}
            {facts(found)}
            <p>
                <a href=calls.href()>"Calls that touched it"</a>
            </p>
            <p>
                <a href=changes.href()>"All changes of this resource"</a>
            </p>
        </div>
    }
    .into_any()
}

fn facts(found: &ResourceView) -> AnyView {
    let (kind, tenant, sensitivity) = (found.kind.clone(), found.tenant.clone(), found.sensitivity.clone());
    let attributes = if found.attributes.is_empty() {
        view! { <Nothing/> }.into_any()
    } else {
        view! { <Untrusted text=found.attributes.clone() mono=true/> }.into_any()
    };
    let tools = if found.tools.is_empty() {
        view! { <Nothing word="no tool's arguments name this type"/> }.into_any()
    } else {
        view! { <UntrustedLine text=found.tools.join(", ")/> }.into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Facts"</h2>
                <p>"Read with each call that names it."</p>
            </header>
            <dl class="definition-list definition-list-wide">
                <Definition term="Type">
                    <UntrustedLine text=kind/>
                </Definition>
                <Definition term="Tenant">
                    <UntrustedLine text=tenant/>
                </Definition>
                <Definition term="Sensitivity">
                    <span>{sensitivity}</span>
                </Definition>
                <Definition term="Attributes">{attributes}</Definition>
                <Definition term="Named by arguments of">{tools}</Definition>
            </dl>
        </section>
    }
    .into_any()
}

fn delete(found: &ResourceView, answer: &Answer, cancel: String) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Delete {}?", plain(&found.id)),
        url: DeleteResource::url(),
        values: vec![("key", found.key.clone())],
        lead: vec![
            "Calls whose arguments name it are denied from the next one on, unless the tool's binding lets unknown ones pass.".to_owned(),
        ],
        fields: Vec::new(),
        button: "Delete the resource",
        destructive: true,
        cancel,
    }
    .draw()
}
