//! The forms of the page of enforcement keys, one of which may be open.

use super::save::{DeleteKey, FinishRotation, SwitchKeyOff};
use super::view::{KeyLine, KeyList};
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, Radio, radios, select};
use crate::pages::form::place::Ask;
use crate::pages::roles::form::tenant_choices;
use crate::routes::KEYS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Answer with the secret, once: plain handlers of the server.
pub const CREATE_KEY: &str = "/keys/enforcement";
pub const ROTATE_KEY: &str = "/keys/enforcement/rotate";

const TRUST: &[Radio] = &[
    Radio {
        value: "verify_token",
        title: "Checks each caller's own key",
        help: "The server passes on what the caller presented; Countersign verifies it on every call. The safe choice.",
    },
    Radio {
        value: "assert_subject",
        title: "Vouches for the caller",
        help: "The server has signed the caller in itself and names the subject. Records say so.",
    },
    Radio {
        value: "assert_attributes",
        title: "Vouches for the caller and its attributes",
        help: "What it says of the subject also counts over what is stored here.",
    },
];

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(list: &KeyList, answer: &Answer) -> Option<AnyView> {
    let ask = list.query.ask?;
    if ask == Ask::New {
        return Some(create(list, answer));
    }
    let Some(key) = list.asked.clone() else {
        return Some(gone());
    };
    match ask {
        Ask::Rotate => Some(rotate(key, answer)),
        Ask::Finish => Some(finish(key, answer)),
        Ask::Suspend => Some(switch_off(key, answer)),
        Ask::Delete => Some(delete(key, answer)),
        _ => None,
    }
}

fn gone() -> AnyView {
    view! {
        <WarningNotice title="There is no such enforcement key">
            <p>"It was deleted, or the address is misspelt."</p>
        </WarningNotice>
    }
    .into_any()
}

/// The form that makes an enforcement key.
pub fn create(list: &KeyList, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let arguments = [
        Choice::new("required", "Must be sent"),
        Choice::new("by_name", "May be left out: rules with bounds then deny"),
    ];
    let responses = [
        Choice::new("explained", "With reasons the caller may read"),
        Choice::new("minimal", "Yes or no, nothing more"),
    ];
    let search = [Choice::new("none", "Not at all"), Choice::new("own", "Within its own server and tenant")];
    let fields = vec![
        Input::text("name", "Name").help("Who holds it: crm-pep, gateway-eu.").draw(&filled, ""),
        select(
            &filled,
            "server",
            "Server",
            Some("It may ask about the tools of this server alone."),
            &tenant_choices("Any server", &list.servers),
            "",
        ),
        select(
            &filled,
            "tenant",
            "Tenant",
            Some("It may ask for callers of this tenant alone."),
            &tenant_choices("Every tenant", &list.tenants),
            "",
        ),
        radios(&filled, "trust", "What its holder does", "radios", TRUST, "verify_token"),
        select(&filled, "arguments", "Arguments of calls", None, &arguments, "required"),
        select(&filled, "responses", "Answers", None, &responses, "explained"),
        select(&filled, "search", "May search who can do what", None, &search, "none"),
        Input::moment("expires", "Expires, in UTC")
            .help("Calls with it are denied from then on. Left empty, it works until it is replaced.")
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: "New enforcement key".to_owned(),
        url: CREATE_KEY,
        values: Vec::new(),
        lead: vec![
            "An MCP server or a gateway presents it when it asks before a call. It is shown once.".to_owned(),
        ],
        fields,
        button: "Create key",
        destructive: false,
        cancel: KEYS.path.to_owned(),
    }
    .draw()
}

fn rotate(key: KeyLine, answer: &Answer) -> AnyView {
    if key.secrets.len() > 1 {
        return view! {
            <WarningNotice title="A rotation is under way">
                <p>"Two secrets of this key work already. Finish the rotation before the next one begins."</p>
            </WarningNotice>
        }
        .into_any();
    }
    let filled = Filled::new(Ask::Rotate.as_str(), answer);
    let fields = vec![
        Input::moment("expires", "The new secret expires, in UTC")
            .help("Left empty, it does not.")
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: format!("Rotate {}", plain(&key.name)),
        url: ROTATE_KEY,
        values: vec![("id", key.id)],
        lead: vec![
            "A second secret is made and shown once. Both work, so nothing stops while you put the new one in place.".to_owned(),
            "Finish the rotation afterwards: that removes the older one.".to_owned(),
        ],
        fields,
        button: "Make a second secret",
        destructive: false,
        cancel: KEYS.path.to_owned(),
    }
    .draw()
}

fn finish(key: KeyLine, answer: &Answer) -> AnyView {
    let used = |at: usize| match key.secrets.get(at).map(|secret| &secret.last_used) {
        Some(Some(moment)) => format!("was last used {}", moment.words),
        _ => "was never used".to_owned(),
    };
    let newest = key.secrets.len().saturating_sub(1);
    let lead = vec![
        format!("The older secret {}. Calls with it are denied from the next one on.", used(0)),
        format!("The newer one {}.", used(newest)),
    ];
    FormCard {
        filled: Filled::new(Ask::Finish.as_str(), answer),
        title: format!("Finish the rotation of {}?", plain(&key.name)),
        url: FinishRotation::url(),
        lead,
        values: vec![("id", key.id)],
        fields: Vec::new(),
        button: "Remove the older secret",
        destructive: true,
        cancel: KEYS.path.to_owned(),
    }
    .draw()
}

/// "crm in acme", "any server in every tenant".
fn reach(key: &KeyLine) -> String {
    let server = key.server.as_deref().unwrap_or("any server");
    let tenant = key.tenant.as_deref().unwrap_or("every tenant");
    format!("{server} in {tenant}")
}

/// When it was used last.
fn last_use(key: &KeyLine) -> String {
    let words: Vec<&str> =
        key.secrets.iter().filter_map(|secret| Some(secret.last_used.as_ref()?.words.as_str())).collect();
    match words.as_slice() {
        [] => "It was never used.".to_owned(),
        used => format!("It was last used {}.", used.join(" and ")),
    }
}

fn switch_off(key: KeyLine, answer: &Answer) -> AnyView {
    let lead = vec![
        format!("{} It asks for {}.", last_use(&key), reach(&key)),
        "Whoever presents it is refused from the next call on, so those calls do not pass. Switch it on again at any time.".to_owned(),
    ];
    FormCard {
        filled: Filled::new(Ask::Suspend.as_str(), answer),
        title: format!("Switch {} off?", plain(&key.name)),
        url: SwitchKeyOff::url(),
        values: vec![("id", key.id)],
        lead,
        fields: Vec::new(),
        button: "Switch off",
        destructive: true,
        cancel: KEYS.path.to_owned(),
    }
    .draw()
}

fn delete(key: KeyLine, answer: &Answer) -> AnyView {
    let secrets = match key.secrets.len() {
        0 => "It has no secret".to_owned(),
        1 => "Its secret goes with it".to_owned(),
        more => format!("Its {more} secrets go with it"),
    };
    let lead = vec![
        format!("{} It asks for {}.", last_use(&key), reach(&key)),
        format!(
            "{secrets}, for good. Whoever presents it is refused from the next call on. Recorded decisions stay."
        ),
    ];
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Delete {}?", plain(&key.name)),
        url: DeleteKey::url(),
        values: vec![("id", key.id)],
        lead,
        fields: Vec::new(),
        button: "Delete key",
        destructive: true,
        cancel: KEYS.path.to_owned(),
    }
    .draw()
}
