//! `/roles/{id}`: one role, who holds it, which rules name it.

pub mod holders;
pub mod read;

use super::form::answer::Answer;
use super::form::confirm::FormCard;
use super::form::input::{Filled, Input};
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::form::problem::{Fault, Problem};
use super::roles::save::{DeleteRole, DescribeRole};
use super::roles::table::place;
use crate::components::loaded::loaded;
use crate::components::notice::WarningNotice;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::untrusted::{Untrusted, UntrustedLine, plain};
use crate::drawn::server_drawn;
use crate::pages::changes::query::ChangeQuery;
use crate::permission::Permission;
use crate::routes;
use crate::status::PageStatus;
use crate::url::{encode, use_parameters};
use crate::wire::resource;
use holders::{Holders, Rules};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use read::{RoleView, read_role};

#[component]
pub fn RolePage() -> impl IntoView {
    server_drawn(routes::ROLE, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let asked = Memo::new(move |_| map.with(|map| (Ask::read(map), Answer::read(map))));
    let role = resource(
        move || (id.get(), asked.get()),
        |(id, (ask, answer))| async move {
            read_role(id).await.map(|found| found.map(|role| (role, ask, answer)))
        },
    );
    let status = PageStatus::current();
    let may_write = may(Permission::WriteSubjects);
    loaded(role, move |found| match found {
        Some((role, ask, answer)) => draw(role, ask.filter(|_| may_write), answer, may_write),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn unknown() -> AnyView {
    view! {
        <PageHead title="No such role"/>
        <section class="error-page">
            <p>"There is no such role. It may have been deleted."</p>
            <div class="button-row">
                <a class="button button-primary" href=routes::ROLES.path>
                    "Go to Roles"
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// The page of this role.
fn page_of(role: &RoleView) -> Place {
    Place::new(format!("{}/{}", routes::ROLES.path, encode(&role.id)))
}

fn draw(role: RoleView, ask: Option<Ask>, answer: Answer, may_write: bool) -> AnyView {
    let actions = (may_write && ask.is_none()).then(|| actions(&role));
    let panel = match ask {
        Some(Ask::Edit) => Some(describe(&role, &answer)),
        Some(Ask::Delete) => Some(delete(&role, &answer)),
        _ => None,
    };
    let title = format!("Role {}", plain(&role.name));
    let changes = ChangeQuery {
        kind: Some("role".to_owned()),
        object: Some(role.id.clone()),
        ..ChangeQuery::default()
    };
    view! {
        <Title text=title/>
        <header class="page-head">
            <Crumbs href=routes::ROLES.path label="Roles"/>
            <h1>
                <UntrustedLine text=role.name.clone()/>
            </h1>
            <span class="pill">{place(role.tenant.clone())}</span>
            {actions}
        </header>
        <div class="stack">
            <Answered answer=answer/>
            {panel}
            {lead(&role)}
            <Holders role=role.clone()/>
            <Rules role=role/>
            <p>
                <a href=changes.href()>"Changes of this role"</a>
            </p>
        </div>
    }
    .into_any()
}

fn lead(role: &RoleView) -> AnyView {
    if role.description.is_empty() {
        return ().into_any();
    }
    view! {
        <div class="quiet">
            <Untrusted text=role.description.clone()/>
        </div>
    }
    .into_any()
}

fn actions(role: &RoleView) -> AnyView {
    let page = page_of(role);
    view! {
        <div class="page-actions">
            <a class="button" href=page.clone().asking(Ask::Edit).href() rel="external">
                "Describe"
            </a>
            <a class="button button-danger" href=page.asking(Ask::Delete).href() rel="external">
                "Delete"
            </a>
        </div>
    }
    .into_any()
}

fn describe(role: &RoleView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Edit.as_str(), answer);
    let fields = vec![
        Input::text("description", "Description")
            .optional()
            .help("What its holders do.")
            .draw(&filled, &role.description),
    ];
    FormCard {
        filled,
        title: "Describe the role".to_owned(),
        url: DescribeRole::url(),
        values: vec![("id", role.id.clone())],
        lead: Vec::new(),
        fields,
        button: "Save description",
        destructive: false,
        cancel: page_of(role).href(),
    }
    .draw()
}

fn delete(role: &RoleView, answer: &Answer) -> AnyView {
    if !role.holder_count.is_none() || !role.rules.is_empty() || role.issuers > 0 {
        let rules = u64::try_from(role.rules.len()).unwrap_or(u64::MAX);
        let fault = Fault::RoleInUse { holders: role.holder_count.number, rules, issuers: role.issuers };
        let sentence = Problem::of_form(fault).sentence();
        return view! {
            <WarningNotice title="This role is in use">
                <p>{sentence}</p>
            </WarningNotice>
        }
        .into_any();
    }
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Delete {}?", plain(&role.name)),
        url: DeleteRole::url(),
        values: vec![("id", role.id.clone())],
        lead: vec![
            "Nobody holds it, no rule names it and no claim stands for it, so no decision changes."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Delete role",
        destructive: true,
        cancel: page_of(role).href(),
    }
    .draw()
}
