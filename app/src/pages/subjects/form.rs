//! The form that registers a subject.

use super::read::SubjectList;
use super::save::CreateSubject;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input, Radio, radios, select};
use crate::pages::form::place::Ask;
use crate::pages::roles::form::tenant_choices;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use policy::SubjectKind;

const KINDS: &[Radio] = &[
    Radio { value: "user", title: "Person", help: "Somebody who calls tools, or lets an agent call them." },
    Radio { value: "agent", title: "Agent", help: "A program that decides by itself what to call." },
    Radio { value: "service", title: "Service", help: "A program that does what it was written to do." },
];

pub fn create(list: &SubjectList, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let kind = list.query.kind.unwrap_or(SubjectKind::User);
    let fields = vec![
        radios(&filled, "kind", "Kind", "radios", KINDS, kind.as_str()),
        Input::text("id", "Id")
            .code()
            .help("How calls and rules name it, in every tenant: a user name, an email address, a client id. It stays.")
            .draw(&filled, ""),
        Input::text("name", "Name").optional().help("What people read. Left empty, it is the id.").draw(&filled, ""),
        select(
            &filled,
            "tenant",
            "Member of",
            Some("Roles and further tenants follow on the subject's page."),
            &tenant_choices("No tenant yet", &list.tenants),
            list.query.tenant.as_deref().unwrap_or_default(),
        ),
    ];
    FormCard {
        filled,
        title: "New subject".to_owned(),
        url: CreateSubject::url(),
        values: Vec::new(),
        lead: vec!["A subject may call nothing until a rule allows it to.".to_owned()],
        fields,
        button: "Add subject",
        destructive: false,
        cancel: list.query.from_the_first().href(),
    }
    .draw()
}
