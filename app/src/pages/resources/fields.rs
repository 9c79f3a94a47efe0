//! The form of a resource, to register one and to change it.

use super::read::{ResourceList, ResourceView};
use super::save::{CreateResource, SaveResource};
use crate::components::untrusted::plain;
use crate::pages::form::answer::{Answer, Draft};
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, area, select};
use crate::pages::form::place::Ask;
use crate::routes::RESOURCES;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use policy::Sensitivity;

pub fn new(list: &ResourceList, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let kind = list.query.kind.clone().unwrap_or_default();
    let tenant = list.query.tenant.clone().unwrap_or_default();
    let mut fields = vec![
        Input::text("kind", "Type")
            .help("Such as customer or order; bindings of tools name it.")
            .code()
            .draw(&filled, &kind),
        Input::text("id", "Id")
            .help("As the arguments of calls name it, byte by byte.")
            .code()
            .draw(&filled, ""),
    ];
    fields.extend(rest(&filled, &list.tenants, &tenant, Sensitivity::Internal.as_str()));
    FormCard {
        filled,
        title: "Register a resource".to_owned(),
        url: CreateResource::url(),
        values: Vec::new(),
        lead: Vec::new(),
        fields,
        button: "Register",
        destructive: false,
        cancel: list.query.beyond(None),
    }
    .draw()
}

pub fn edit(resource: &ResourceView, answer: &Answer) -> AnyView {
    let standing = Draft::new(
        Ask::Edit.as_str(),
        [
            ("tenant", resource.tenant.as_str()),
            ("sensitivity", resource.sensitivity.as_str()),
            ("attributes", resource.attributes.as_str()),
        ],
    );
    let filled = Filled::over(Ask::Edit.as_str(), answer, &standing);
    let fields = rest(&filled, &resource.tenants, &resource.tenant, &resource.sensitivity);
    FormCard {
        filled,
        title: format!("Edit {}", plain(&resource.id)),
        url: SaveResource::url(),
        values: vec![("key", resource.key.clone())],
        lead: vec![
            "Takes effect on the next call. In another tenant, calls of this one that name it are denied; only an owner moves it.".to_owned(),
        ],
        fields,
        button: "Save",
        destructive: false,
        cancel: format!("{}/{}", RESOURCES.path, resource.key),
    }
    .draw()
}

fn rest(filled: &Filled, tenants: &[(String, String)], tenant: &str, sensitivity: &str) -> Vec<AnyView> {
    let tenants: Vec<Choice> =
        tenants.iter().map(|(slug, name)| Choice::new(slug.as_str(), format!("{name} ({slug})"))).collect();
    let labels: Vec<Choice> =
        Sensitivity::ALL.iter().map(|label| Choice::new(label.as_str(), label.as_str())).collect();
    vec![
        select(filled, "tenant", "Tenant", None, &tenants, tenant),
        select(filled, "sensitivity", "Sensitivity", None, &labels, sensitivity),
        area(
            filled,
            "attributes",
            "Attributes",
            6,
            "A JSON object, such as {\"region\": \"eu\"}. Conditions read it as bound['/customer_id'].region.",
        ),
    ]
}
