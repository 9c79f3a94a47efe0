//! The own passkeys: a list, a form to add one, one to take one away, and whether the password alone suffices. Plain forms,
//! answered by the server's own handlers.

use super::read::{PasskeyLine, Passkeys};
use crate::components::list::Column::{Actions, Text};
use crate::components::list::carded;
use crate::components::notice::{Notice, WarningNotice};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::Filled;
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::proof;
use crate::routes::ACCOUNT;
use crate::session::PasskeyHolder;
use leptos::prelude::*;

/// Posts `name` and `current`, the password.
pub const ADD: &str = "/account/passkeys/add";
/// Posts `id`.
pub const REMOVE: &str = "/account/passkeys/remove";
/// Posts `demand`, `true` or `false`.
pub const DEMAND: &str = "/account/passkeys/demand";

/// Why there are none.
const UNUSABLE: &str = "Passkeys are bound to a name and to TLS, and the address of this console has neither: they need a \
                        public URL such as https://countersign.example.org (or http://localhost).";

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(ask: Option<Ask>, of: Option<&str>, passkeys: &Passkeys, answer: &Answer) -> Option<AnyView> {
    let (ask, place) = match ask? {
        Ask::Delete => (Ask::Delete, Place::new(ACCOUNT.path).asking(Ask::Delete).of(of.unwrap_or_default())),
        Ask::Edit => (Ask::Edit, Place::new(ACCOUNT.path).asking(Ask::Edit)),
        _ => return None,
    };
    if ask == Ask::Edit && !passkeys.may_demand() {
        return Some(nothing_to_demand());
    }
    if passkeys.asks_proof {
        let cancel = ACCOUNT.path.to_owned();
        return Some(if passkeys.demanded {
            proof::by_passkey_before(&place, answer, cancel)
        } else {
            proof::before(&place, answer, cancel)
        });
    }
    if ask == Ask::Edit {
        return Some(demand(passkeys.demanded, answer));
    }
    match passkeys.lines.iter().find(|line| Some(line.id.as_str()) == of) {
        Some(line) => Some(remove(line, answer)),
        None => Some(
            view! {
                <WarningNotice title="There is no such passkey">
                    <p>"It was removed, or the address is misspelt."</p>
                </WarningNotice>
            }
            .into_any(),
        ),
    }
}

/// Whoever typed the address is told what is missing.
fn nothing_to_demand() -> AnyView {
    view! {
        <WarningNotice title="There is nothing to demand">
            <p>
                "A passkey can be demanded beside a password of an account that has both, where the address of this console can have passkeys. Add a passkey first."
            </p>
        </WarningNotice>
    }
    .into_any()
}

fn remove(line: &PasskeyLine, answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Delete.as_str(), answer),
        title: format!("Remove the passkey {}?", plain(&line.name)),
        url: REMOVE,
        values: vec![("id", line.id.clone())],
        lead: vec![
            "It opens nothing here any more, and every other session of yours ends. Remove it from its device as well, \
             which would go on offering it."
                .to_owned(),
        ],
        fields: Vec::new(),
        button: "Remove passkey",
        destructive: true,
        cancel: ACCOUNT.path.to_owned(),
    }
    .draw()
}

fn demand(demanded: bool, answer: &Answer) -> AnyView {
    let (title, lead, button) = if demanded {
        (
            "Let the password alone suffice?",
            "Whoever knows your password signs in with it.",
            "Demand no passkey",
        )
    } else {
        (
            "Demand a passkey beside the password?",
            "A right password alone opens no session any more, and every other session of yours ends. A passkey alone goes \
             on to suffice. Keep two of them: without any, only an owner or an operator of the server lets you in again.",
            "Demand a passkey",
        )
    };
    FormCard {
        filled: Filled::new(Ask::Edit.as_str(), answer),
        title: title.to_owned(),
        url: DEMAND,
        values: vec![("demand", (!demanded).to_string())],
        lead: vec![lead.to_owned()],
        fields: Vec::new(),
        button,
        destructive: demanded,
        cancel: ACCOUNT.path.to_owned(),
    }
    .draw()
}

pub fn card(passkeys: Passkeys) -> AnyView {
    let usable = passkeys.usable;
    let told = ((passkeys.told || !passkeys.has_password) && usable).then(|| {
        view! {
            <p class="quiet">
                "You sign in by your provider. A passkey serves where a proof is asked for, and opens no session."
            </p>
        }
    });
    let may_demand = passkeys.may_demand();
    let add = usable.then(|| add(passkeys.has_password, passkeys.demanded));
    let unusable = (!usable).then(|| view! { <Notice><p>{UNUSABLE}</p></Notice> });
    let demands = may_demand.then(|| demands(passkeys.demanded));
    view! {
        <section class="card" id="passkeys">
            <header class="card-head">
                <h2>"Passkeys"</h2>
            </header>
            {table(passkeys.lines)}
            <div class="card-body stack">
                {unusable}
                {told}
                {demands}
                {add}
            </div>
        </section>
    }
    .into_any()
}

fn demands(demanded: bool) -> AnyView {
    let (words, button) = if demanded {
        ("Your password alone opens nothing: it takes a passkey as well.", "Demand no passkey")
    } else {
        ("Your password alone opens a session.", "Demand a passkey as well")
    };
    let href = Place::new(ACCOUNT.path).asking(Ask::Edit).href();
    view! {
        <div class="button-row">
            <p>{words}</p>
            <a class="button button-small" href=href rel="external">
                {button}
            </a>
        </div>
    }
    .into_any()
}

fn add(has_password: bool, demanded: bool) -> AnyView {
    let proved = PasskeyHolder::current().proved;
    if demanded && !proved {
        return view! {
            <p>"Your account demands a passkey, so adding another one takes one."</p>
            {by_passkey("Use a passkey, to add another one")}
        }
        .into_any();
    }
    let proof = if proved {
        None
    } else if has_password {
        Some(
            view! {
                <div class="field">
                    <label for="passkey-current">"Your password"</label>
                    <input
                        id="passkey-current"
                        name="current"
                        type="password"
                        autocomplete="current-password"
                        required
                    />
                </div>
            }
            .into_any(),
        )
    } else {
        Some(
            view! {
                <p class="field-help">
                    "This takes a proof of the last 5 minutes: use a passkey, or sign out and in again by your provider."
                </p>
            }
            .into_any(),
        )
    };
    view! {
        <form class="form" method="post" action=ADD>
            <div class="field">
                <label for="passkey-name">"Name of a new passkey"</label>
                <input
                    id="passkey-name"
                    name="name"
                    type="text"
                    maxlength="200"
                    autocomplete="off"
                    aria-describedby="passkey-name-help"
                    required
                />
                <p class="field-help" id="passkey-name-help">
                    "Where it is kept: phone, blue key."
                </p>
            </div>
            {proof}
            <div class="form-actions">
                <button class="button">"Add a passkey"</button>
            </div>
        </form>
        {(PasskeyHolder::current().has_any && !proved)
            .then(|| by_passkey("Use a passkey in the place of the password"))}
    }
    .into_any()
}

fn by_passkey(words: &'static str) -> AnyView {
    view! {
        <form class="form" method="post" action=proof::PROVE_BY_PASSKEY>
            <input type="hidden" name="back" value=ACCOUNT.path/>
            <div class="form-actions">
                <button class="button button-small">{words}</button>
            </div>
        </form>
    }
    .into_any()
}

fn table(lines: Vec<PasskeyLine>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let rows = lines.into_iter().map(row).collect();
    let columns = [Text("Name"), Text("Added"), Text("Last used"), Actions];
    Some(carded("Your passkeys, the oldest first", &columns, rows))
}

fn row(line: PasskeyLine) -> AnyView {
    let href = Place::new(ACCOUNT.path).asking(Ask::Delete).of(line.id.as_str()).href();
    let label = format!("Remove {}", plain(&line.name));
    let used = match line.last_used {
        Some(moment) => view! { <Time moment=moment/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-title" data-label="Name">
                <UntrustedLine text=line.name/>
            </td>
            <td data-label="Added">
                <Time moment=line.added/>
            </td>
            <td data-label="Last used">{used}</td>
            <td class="cell-actions">
                <a class="button button-small button-danger" href=href rel="external" aria-label=label>
                    "Remove"
                </a>
            </td>
        </tr>
    }
    .into_any()
}
