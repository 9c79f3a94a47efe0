//! The server's side of the forms of mail.

use super::write::{kept, page, send_test};
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::Ask;
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::session::SignedIn;
use pdp::Secret;
use pdp::notify;
use pdp::vault::VaultError;
use policy::ids::check_id;
use policy::labels::MailSecurity;
use store::administration::MailSettings;
use store::notifications::Receiver;

/// What the form of the mail server sends, but for the password.
#[derive(Debug, Clone, Default)]
pub(super) struct MailForm {
    pub(super) host: String,
    pub(super) port: String,
    pub(super) security: String,
    pub(super) login: String,
    pub(super) sender: String,
}

impl MailForm {
    fn draft(&self) -> Draft {
        Draft::new(
            Ask::Mail.as_str(),
            [
                ("host", self.host.as_str()),
                ("port", self.port.as_str()),
                ("security", self.security.as_str()),
                ("login", self.login.as_str()),
                ("sender", self.sender.as_str()),
            ],
        )
    }

    fn read(&self) -> Result<MailSettings, Vec<Problem>> {
        let port = self.port.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let security = self.security.parse::<MailSecurity>().ok();
        let mut problems = Vec::new();
        if port.is_none() {
            problems.push(Problem::new("port", Fault::NotBetween(1, 65_535)));
        }
        if security.is_none() {
            problems.push(Problem::new("security", Fault::NoKind));
        }
        match (port, security) {
            (Some(port), Some(security)) => Ok(MailSettings {
                host: self.host.trim().to_owned(),
                port,
                security,
                login: Some(self.login.trim().to_owned()).filter(|login| !login.is_empty()),
                sender: self.sender.trim().to_owned(),
            }),
            _ => Err(problems),
        }
    }
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    form: &MailForm,
    password: &Secret,
) -> Result<(), AppError> {
    // The password never goes into an address, so it is typed anew where the form is refused.
    let result = put(console, signed_in, form, password).await;
    respond(result.map(|saved| (page(), saved)), &page().asking(Ask::Mail), form.draft())
}

async fn put(
    console: &Console,
    signed_in: &SignedIn,
    form: &MailForm,
    password: &Secret,
) -> Result<Saved, Refusal> {
    let settings = form.read()?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    match notify::set_mail(console.tokens.vault(), &mut writer, &settings, password).await {
        Ok(()) => Ok(saved(Done::MailSaved, &writer.commit().await?)),
        Err(VaultError::Missing(_)) => Err(Problem::new("password", Fault::Missing).into()),
        Err(VaultError::NotASecret) => Err(Problem::new("password", Fault::Control).into()),
        Err(error) => Err(kept(error)),
    }
}

pub(super) async fn remove(console: &Console, signed_in: &SignedIn, confirmed: bool) -> Result<(), AppError> {
    let result = end(console, signed_in, confirmed).await;
    let back = page().asking(Ask::MailOff);
    respond(result.map(|saved| (page(), saved)), &back, Draft::new(Ask::MailOff.as_str(), []))
}

async fn end(console: &Console, signed_in: &SignedIn, confirmed: bool) -> Result<Saved, Refusal> {
    if !confirmed {
        return Err(Problem::of_form(Fault::NothingChosen).into());
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    if !writer.delete_mail_settings().await? {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    Ok(saved(Done::MailRemoved, &writer.commit().await?))
}

pub(super) async fn test(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = send_test(console, signed_in, Receiver::Account(id.to_owned())).await;
    respond(result.map(|saved| (page(), saved)), &page(), Draft::default())
}

pub(super) async fn save_address(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    address: &str,
) -> Result<(), AppError> {
    let draft = Draft::new(Ask::Address.as_str(), [("address", address)]);
    let result = put_address(console, signed_in, id, address.trim()).await;
    respond(result.map(|saved| (page(), saved)), &page().asking(Ask::Address).of(id), draft)
}

async fn put_address(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    address: &str,
) -> Result<Saved, Refusal> {
    check_id(id).map_err(|_| Problem::of_form(Fault::Gone))?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    writer.put_mail_address(id, Some(address).filter(|address| !address.is_empty())).await?;
    Ok(saved(Done::AddressSaved, &writer.commit().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read() {
        let form = MailForm {
            host: " mail.example.org ".to_owned(),
            port: "587".to_owned(),
            security: "starttls".to_owned(),
            login: " ".to_owned(),
            sender: "countersign@example.org".to_owned(),
        };
        let settings = form.read().expect("reads");
        assert_eq!((settings.host.as_str(), settings.port), ("mail.example.org", 587));
        assert_eq!((settings.security, settings.login), (MailSecurity::StartTls, None));
        let bad = MailForm { port: "0".to_owned(), security: "maybe".to_owned(), ..form };
        let problems =
            [Problem::new("port", Fault::NotBetween(1, 65_535)), Problem::new("security", Fault::NoKind)];
        assert_eq!(bad.read(), Err(problems.to_vec()));
        assert!(bad.draft().values.iter().all(|(name, _)| name != "password"));
    }
}
