//! The forms of one subject, one of which may be open.

use super::identities;
use super::save::{DeleteSubject, RemoveMembership, RevokeApiKey, SaveMembership, SaveSubject};
use super::view::{MemberForm, RoleChoice, SubjectView};
use crate::components::icon::{Glyph, Icon};
use crate::components::notice::WarningNotice;
use crate::components::text_area::TextArea;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input};
use crate::pages::form::place::{Ask, Place};
use crate::pages::roles::form::tenant_choices;
use crate::routes::{ROLES, SUBJECTS};
use crate::url::{encode, href};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use policy::SubjectKind;

/// Answers with the secret, once: a plain handler of the server.
pub const CREATE_API_KEY: &str = "/keys/api";

/// The page of this subject.
pub fn page_of(subject: &SubjectView) -> Place {
    Place::new(format!("{}/{}", SUBJECTS.path, encode(&subject.id)))
}

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(subject: &SubjectView, answer: &Answer) -> Option<AnyView> {
    match subject.query.ask? {
        Ask::New => Some(new_key(subject, answer)),
        Ask::Edit => Some(edit(subject, answer)),
        Ask::Delete => Some(delete(subject, answer)),
        Ask::Join => Some(join(subject)),
        Ask::Member => Some(match &subject.member {
            Some(form) => member(subject, form, answer),
            None => gone("There is no such tenant"),
        }),
        Ask::Leave => Some(leave(subject, answer)),
        Ask::Revoke => Some(revoke(subject, answer)),
        Ask::SignOut => Some(identities::sign_out(subject, answer)),
        Ask::Unmap => {
            Some(identities::unmap(subject, answer).unwrap_or_else(|| gone("There is no such identity")))
        }
        _ => None,
    }
}

fn gone(title: &'static str) -> AnyView {
    view! {
        <WarningNotice title=title>
            <p>"It was deleted meanwhile, or the address is misspelt."</p>
        </WarningNotice>
    }
    .into_any()
}

fn edit(subject: &SubjectView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Edit.as_str(), answer);
    let name =
        Input::text("name", "Name").optional().help("Left empty, it is the id.").draw(&filled, &subject.name);
    let owner = (subject.kind != SubjectKind::User).then(|| {
        Input::text("owner", "Owner")
            .optional()
            .code()
            .help("The id of the user who answers for it.")
            .draw(&filled, subject.owner.as_deref().unwrap_or_default())
    });
    let attributes = attributes(&filled, &subject.attributes);
    FormCard {
        filled,
        title: "Edit name and attributes".to_owned(),
        url: SaveSubject::url(),
        values: vec![("id", subject.id.clone())],
        lead: Vec::new(),
        fields: [Some(name), owner, Some(attributes)].into_iter().flatten().collect(),
        button: "Save",
        destructive: false,
        cancel: page_of(subject).href(),
    }
    .draw()
}

fn attributes(filled: &Filled, current: &str) -> AnyView {
    let complaint = filled.complaint("attributes");
    let invalid = complaint.is_some();
    let class = if invalid { "field field-invalid" } else { "field" };
    let value = filled.value("attributes", current);
    let described_by =
        if invalid { "edit-attributes-help edit-attributes-error" } else { "edit-attributes-help" };
    view! {
        <div class=class>
            <label for="edit-attributes">
                "Attributes" <span class="optional">" optional"</span>
            </label>
            <TextArea
                id="edit-attributes"
                name="attributes"
                value=value
                rows=8
                code=true
                invalid=invalid
                described_by=described_by
            />
            <p class="field-help" id="edit-attributes-help">
                "A JSON object. Conditions of rules read it as facts about the subject."
            </p>
            {complaint.map(|text| complain("edit-attributes-error", text))}
        </div>
    }
    .into_any()
}

fn complain(id: &'static str, text: String) -> AnyView {
    view! {
        <p class="field-error" id=id>
            <Icon glyph=Glyph::Warning/>
            {text}
        </p>
    }
    .into_any()
}

fn delete(subject: &SubjectView, answer: &Answer) -> AnyView {
    let memberships = match subject.memberships.len() {
        0 => "no membership".to_owned(),
        1 => "1 membership".to_owned(),
        more => format!("{more} memberships"),
    };
    let keys = match subject.keys.len() {
        0 => "no API key".to_owned(),
        1 => "1 API key".to_owned(),
        more => format!("{more} API keys"),
    };
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Delete {}?", plain(&subject.name)),
        url: DeleteSubject::url(),
        values: vec![("id", subject.id.clone())],
        lead: vec![
            format!("It has {memberships} and {keys}, which go with it for good. Its calls are denied from the next one on."),
            "Recorded decisions and changes stay. To stop it for a while, disable it instead.".to_owned(),
        ],
        fields: Vec::new(),
        button: "Delete subject",
        destructive: true,
        cancel: page_of(subject).href(),
    }
    .draw()
}

/// First the tenant, then its roles: which roles there are depends on the tenant.
fn join(subject: &SubjectView) -> AnyView {
    let cancel = page_of(subject).href();
    if subject.tenants.is_empty() {
        return view! {
            <WarningNotice title="There is no further tenant">
                <p>"It is a member of every tenant there is. Change the roles in one of its memberships below."</p>
            </WarningNotice>
        }
        .into_any();
    }
    let action = cancel.clone();
    let options: Vec<AnyView> = tenant_choices("", &subject.tenants)
        .into_iter()
        .skip(1)
        .map(|choice| view! { <option value=choice.value>{plain(&choice.label)}</option> }.into_any())
        .collect();
    view! {
        <section class="card" aria-labelledby="form-title">
            <form class="form card-body" method="get" action=action>
                <input type="hidden" name="ask" value=Ask::Member.as_str()/>
                <h2 id="form-title" tabindex="-1" autofocus=true>
                    "New membership"
                </h2>
                <div class="field">
                    <label for="join-of">"Tenant"</label>
                    <select id="join-of" name="of">
                        {options}
                    </select>
                </div>
                <div class="form-actions">
                    <button class="button button-primary">"Choose roles"</button>
                    <a class="button" href=cancel>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn member(subject: &SubjectView, form: &MemberForm, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Member.as_str(), answer);
    let until = Input::moment("until", "Until, in UTC")
        .help("Membership ends at this moment by itself. Left empty, it stays.")
        .draw(&filled, &form.until);
    let (title, button) = if form.exists {
        (format!("Change the membership in {}", plain(&form.tenant_name)), "Save membership")
    } else {
        (format!("New membership in {}", plain(&form.tenant_name)), "Add membership")
    };
    let fields = vec![roles(&filled, form), until];
    FormCard {
        filled,
        title,
        url: SaveMembership::url(),
        values: vec![("subject", subject.id.clone()), ("tenant", form.tenant.clone())],
        lead: Vec::new(),
        fields,
        button,
        destructive: false,
        cancel: page_of(subject).href(),
    }
    .draw()
}

fn roles(filled: &Filled, form: &MemberForm) -> AnyView {
    let complaint = filled.complaint("roles");
    let described_by = complaint.is_some().then_some("member-roles-error");
    let boxes: Vec<AnyView> = form.roles.iter().map(|role| role_box(filled, role)).collect();
    let none = form.roles.is_empty().then(|| {
        let new =
            href(ROLES.path, [("tenant", Some(form.tenant.as_str())), ("ask", Some(Ask::New.as_str()))]);
        view! {
            <p class="field-help">
                "There is no role in this tenant yet. "
                <a href=new rel="external">
                    "Create one"
                </a>
            </p>
        }
    });
    view! {
        <fieldset class="field" id="member-roles" tabindex="-1" aria-describedby=described_by>
            <legend>"Roles"</legend>
            {boxes}
            {none}
            {complaint.map(|text| complain("member-roles-error", text))}
        </fieldset>
    }
    .into_any()
}

fn role_box(filled: &Filled, role: &RoleChoice) -> AnyView {
    let ticked = filled.ticked("roles", &role.name, role.held);
    let small = match (role.everywhere, role.description.is_empty()) {
        (true, true) => Some("A role of every tenant".to_owned()),
        (true, false) => Some(format!("{} (a role of every tenant)", plain(&role.description))),
        (false, true) => None,
        (false, false) => Some(plain(&role.description)),
    };
    view! {
        <label class="check">
            <input type="checkbox" name="roles[]" value=role.name.clone() checked=ticked/>
            <span>
                <UntrustedLine text=role.name.clone()/>
                {small.map(|small| view! { <small>{small}</small> })}
            </span>
        </label>
    }
    .into_any()
}

fn leave(subject: &SubjectView, answer: &Answer) -> AnyView {
    let tenant = subject.query.of.as_deref().unwrap_or_default();
    let Some(held) = subject.memberships.iter().find(|membership| membership.tenant == tenant) else {
        return gone("There is no such membership");
    };
    let loses = match held.roles.as_slice() {
        [] => "It holds no role there.".to_owned(),
        [one] => format!("It loses the role {}.", plain(one)),
        more => {
            let names: Vec<String> = more.iter().map(|role| plain(role)).collect();
            format!("It loses {} roles: {}.", more.len(), names.join(", "))
        }
    };
    FormCard {
        filled: Filled::new(Ask::Leave.as_str(), answer),
        title: format!("Remove {} from {tenant}?", plain(&subject.name)),
        url: RemoveMembership::url(),
        values: vec![("subject", subject.id.clone()), ("tenant", tenant.to_owned())],
        lead: vec![format!("{loses} Its calls in {tenant} are denied from the next one on.")],
        fields: Vec::new(),
        button: "Remove membership",
        destructive: true,
        cancel: page_of(subject).href(),
    }
    .draw()
}

fn new_key(subject: &SubjectView, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let fields = vec![
        Input::text("name", "Name").help("Where it is used: laptop, build server.").draw(&filled, ""),
        Input::moment("expires", "Expires, in UTC")
            .help("Calls with it are refused from then on. Left empty, it works until it is revoked.")
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: "New API key".to_owned(),
        url: CREATE_API_KEY,
        values: vec![("subject", subject.id.clone())],
        lead: vec![
            "Servers pass the key on with each call, so that the call is known to come from this subject. It is shown once.".to_owned(),
        ],
        fields,
        button: "Create API key",
        destructive: false,
        cancel: page_of(subject).href(),
    }
    .draw()
}

fn revoke(subject: &SubjectView, answer: &Answer) -> AnyView {
    let name = subject.query.of.as_deref().unwrap_or_default();
    let Some(key) = subject.keys.iter().find(|key| key.name == name) else {
        return gone("There is no such API key");
    };
    let used = match &key.last_used {
        Some(at) => format!("It was last used {}.", at.words),
        None => "It was never used.".to_owned(),
    };
    FormCard {
        filled: Filled::new(Ask::Revoke.as_str(), answer),
        title: format!("Revoke the API key {}?", plain(name)),
        url: RevokeApiKey::url(),
        values: vec![("subject", subject.id.clone()), ("name", name.to_owned())],
        lead: vec![format!(
            "{used} Calls with it are refused from the next one on. This cannot be taken back."
        )],
        fields: Vec::new(),
        button: "Revoke",
        destructive: true,
        cancel: page_of(subject).href(),
    }
    .draw()
}
