//! The forms of the page of accounts, one of which may be open.

use super::read::{AccountLine, AccountList};
use super::save::{DisableAccount, EnableAccount, LinkAccount, SaveAccount, UnlinkAccount};
use crate::components::notice::WarningNotice;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::boxes::switch;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, hidden, select};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::proof;
use crate::permission::ConsoleRole;
use crate::routes::ACCOUNTS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// These answer with a link, once: plain handlers of the server.
pub const INVITE: &str = "/accounts/invite";
pub const RESET: &str = "/accounts/reset";

/// The words of the choice where a role counts.
pub const EVERYTHING: &str = "everything";
pub const TENANTS: &str = "tenants";

/// The form that the address asks for; nothing where it asks for none.
pub fn panel(list: &AccountList, answer: &Answer) -> Option<AnyView> {
    match (list.query.ask?, &list.asked) {
        (ask @ (Ask::New | Ask::Edit | Ask::Rotate | Ask::Map), asked) if list.asks_password => {
            let place = Place::new(ACCOUNTS.path).asking(ask);
            let place = match asked {
                Some(account) => place.of(account.id.as_str()),
                None => place,
            };
            Some(proof::before(&place, answer, ACCOUNTS.path.to_owned()))
        }
        (Ask::New, _) => Some(invite(answer)),
        (Ask::Edit, Some(account)) => Some(edit(account, answer)),
        (Ask::Suspend, Some(account)) => Some(turn(account, answer)),
        (Ask::Rotate, Some(account)) => Some(reset(account, answer)),
        (Ask::Map, Some(account)) => Some(link(list, account, answer)),
        (Ask::Edit | Ask::Suspend | Ask::Rotate | Ask::Map, None) => Some(
            view! {
                <WarningNotice title="There is no such account">
                    <p>"The address is misspelt."</p>
                </WarningNotice>
            }
            .into_any(),
        ),
        _ => None,
    }
}

fn roles() -> Vec<Choice> {
    ConsoleRole::ALL.iter().map(|role| Choice::new(role.as_str(), role.label())).collect()
}

/// Where the role counts. Both say it, so that nobody reaches everything by leaving something out.
fn reach(filled: &Filled, tenants: Option<&[String]>) -> [AnyView; 2] {
    let choices = [
        Choice::new(EVERYTHING, "In every tenant, and for what is of none"),
        Choice::new(TENANTS, "In these tenants alone"),
    ];
    let chosen = if tenants.is_some() { TENANTS } else { EVERYTHING };
    let slugs = tenants.unwrap_or_default().join(" ");
    [
        select(filled, "reach", "Where it counts", None, &choices, chosen),
        Input::text("tenants", "Tenants")
            .optional()
            .code()
            .help("Their slugs, with spaces between; empty for every tenant.")
            .draw(filled, &slugs),
    ]
}

fn card(
    ask: Ask,
    answer: &Answer,
    title: String,
    url: &'static str,
    account: Option<&AccountLine>,
) -> FormCard {
    FormCard {
        filled: Filled::new(ask.as_str(), answer),
        title,
        url,
        values: account.map(|account| ("id", account.id.clone())).into_iter().collect(),
        lead: Vec::new(),
        fields: Vec::new(),
        button: "Save",
        destructive: false,
        cancel: ACCOUNTS.path.to_owned(),
    }
}

fn invite(answer: &Answer) -> AnyView {
    let card = card(Ask::New, answer, "Invite somebody".to_owned(), INVITE, None);
    let mut fields = vec![
        Input::text("login", "Login")
            .help("With it they sign in; often an e-mail address.")
            .draw(&card.filled, ""),
        Input::text("name", "Name").optional().draw(&card.filled, ""),
        select(&card.filled, "role", "Role", None, &roles(), "approver"),
    ];
    fields.extend(reach(&card.filled, None));
    let lead = "You get a link for them, once. Whoever opens it first chooses the password.".to_owned();
    FormCard { fields, lead: vec![lead], button: "Make the invitation", ..card }.draw()
}

fn edit(account: &AccountLine, answer: &Answer) -> AnyView {
    let title = format!("Change {}", plain(&account.login));
    let card = card(Ask::Edit, answer, title, SaveAccount::url(), Some(account));
    let mut choices = roles();
    let chosen = if account.told {
        let told = if account.lapsed { "none" } else { account.role.title() };
        choices.insert(0, Choice::new("", format!("As the provider tells ({told})")));
        ""
    } else {
        account.role.as_str()
    };
    let role =
        select(&card.filled, "role", "Role", Some("It counts from the next click on."), &choices, chosen);
    let mut fields = vec![role];
    fields.extend(reach(&card.filled, account.tenants.as_deref()));
    fields.push(
        Input::text("subject", "Person")
            .optional()
            .code()
            .help("The id of a subject who is a user. Who approves is compared by it.")
            .draw(&card.filled, account.subject.as_deref().unwrap_or_default()),
    );
    let form = FormCard { fields, ..card }.draw();
    view! {
        {handed_out(account)}
        {form}
    }
    .into_any()
}

/// Says whose link it is that leads to the account, where that was a token's, and what giving it more therefore does.
fn handed_out(account: &AccountLine) -> Option<AnyView> {
    let token = account.handed_out_by.clone()?;
    Some(
        view! {
            <WarningNotice title="A token handed out the link to this account">
                <p>
                    "It was "
                    <UntrustedLine text=token/>
                    ". Whoever holds that token may have chosen the password."
                </p>
                <p>
                    "So another role or reach, a person or an identity takes away its password and passkeys, and ends its sessions. Make a link for its holder afterwards, under Reset password."
                </p>
            </WarningNotice>
        }
        .into_any(),
    )
}

fn turn(account: &AccountLine, answer: &Answer) -> AnyView {
    let login = plain(&account.login);
    if account.active {
        let card =
            card(Ask::Suspend, answer, format!("Disable {login}?"), DisableAccount::url(), Some(account));
        let lead = "All its sessions end at once. Its links work no longer, and its administrator tokens are refused. \
                    What it did stays on record."
            .to_owned();
        return FormCard { lead: vec![lead], button: "Disable account", destructive: true, ..card }.draw();
    }
    let card = card(Ask::Suspend, answer, format!("Enable {login}?"), EnableAccount::url(), Some(account));
    FormCard { lead: vec!["It may sign in again, as before.".to_owned()], button: "Enable account", ..card }
        .draw()
}

fn reset(account: &AccountLine, answer: &Answer) -> AnyView {
    let title = format!("Another password for {}?", plain(&account.login));
    let card = card(Ask::Rotate, answer, title, RESET, Some(account));
    let lead = "You get a link for its holder, once. Using it ends all its sessions. The old password works until then."
        .to_owned();
    let passkeys = "Using it removes the account's passkeys as well, and the demand for one: whoever was in the account may \
                    have left one there. Its holder adds theirs anew."
        .to_owned();
    let keep = switch(
        &card.filled,
        "keep",
        "Keep the passkeys",
        "Where only the password was forgotten. An account that demands a passkey beside it goes on to demand it, behind the \
         link as well.",
        false,
    );
    // What a token let in may have left is kept in no case.
    let fields = if account.handed_out_by.is_some() { Vec::new() } else { vec![keep] };
    FormCard { lead: vec![lead, passkeys], fields, button: "Make the link", ..card }.draw()
}

fn link(list: &AccountList, account: &AccountLine, answer: &Answer) -> AnyView {
    let title = format!("Who signs in as {}", plain(&account.login));
    let card = card(Ask::Map, answer, title, LinkAccount::url(), Some(account));
    let providers: Vec<Choice> =
        list.providers.iter().map(|(issuer, name)| Choice::new(issuer.clone(), name.clone())).collect();
    let fields = vec![
        select(&card.filled, "issuer", "Provider", None, &providers, ""),
        Input::text("sub", "Subject at the provider")
            .code()
            .help("The claim sub, to the character. Never an e-mail address that may be given to somebody else.")
            .draw(&card.filled, ""),
    ];
    let known: Vec<AnyView> = account.identities.iter().map(|known| unlink(account, known)).collect();
    let form = FormCard { fields, button: "Link", ..card }.draw();
    view! {
        {handed_out(account)}
        {form}
        {known}
    }
    .into_any()
}

fn unlink(account: &AccountLine, (issuer, sub): &(String, String)) -> AnyView {
    let label = format!("Unlink {}", plain(sub));
    view! {
        <section class="card">
            <form class="form card-body" method="post" action=UnlinkAccount::url()>
                {hidden("id", account.id.clone())}
                {hidden("issuer", issuer.clone())}
                {hidden("sub", sub.clone())}
                <p>
                    <UntrustedLine text=sub.clone() mono=true/>
                    " at "
                    <UntrustedLine text=issuer.clone() mono=true/>
                </p>
                <div class="form-actions">
                    <button class="button button-danger" aria-label=label>
                        "Unlink, and end all its sessions"
                    </button>
                </div>
            </form>
        </section>
    }
    .into_any()
}
