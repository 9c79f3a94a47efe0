//! One letter to one person, by SMTP: to an address of the mail server that the address guard lets through, and over TLS
//! wherever the settings say so. A server that offers no TLS then gets neither the letter nor a password.

use super::DeliveryError;
use super::words::Letter;
use crate::address_guard::AddressGuard;
use crate::secret::Secret;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use policy::Timestamp;
use policy::labels::MailSecurity;
use policy::text::shown;
use std::time::{Duration, UNIX_EPOCH};
use store::administration::MailSettings;

/// For each answer of the mail server.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest text of somebody else's that an error repeats.
const LONGEST: usize = 200;

/// Who writes, over what, to whom.
pub(super) struct Post<'a> {
    pub(super) settings: &'a MailSettings,
    /// For the login, where there is one.
    pub(super) password: Option<Secret>,
    pub(super) to: &'a str,
    pub(super) letter: Letter,
    /// The same for each attempt: who gets it twice may tell.
    pub(super) id: &'a str,
    pub(super) at: Timestamp,
}

fn wrong(error: &dyn std::fmt::Display) -> DeliveryError {
    DeliveryError::Mail { reason: shown(&error.to_string(), LONGEST) }
}

pub(super) async fn post(guard: &AddressGuard, post: Post<'_>) -> Result<(), DeliveryError> {
    let message = write(&post)?;
    let settings = post.settings;
    let credentials = match (&settings.login, post.password) {
        (Some(login), Some(password)) => Some(Credentials::new(login.clone(), password.expose().to_owned())),
        _ => None,
    };
    let mut last = None;
    // One address after the other, as long as nobody answers at all.
    for address in guard.resolve(&settings.host).await? {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
            .port(settings.port)
            .tls(tls(settings)?)
            .timeout(Some(PATIENCE));
        if let Some(credentials) = &credentials {
            builder = builder.credentials(credentials.clone());
        }
        let transport: AsyncSmtpTransport<Tokio1Executor> = builder.build();
        match transport.send(message.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) => {
                let answered = error.is_permanent() || error.is_transient() || error.is_response();
                let told = wrong(&error);
                if answered {
                    return Err(told);
                }
                last = Some(told);
            }
        }
    }
    Err(last.unwrap_or(DeliveryError::TimedOut))
}

/// The certificate must be that of the host which was named, whatever its address.
fn tls(settings: &MailSettings) -> Result<Tls, DeliveryError> {
    Ok(match settings.security {
        MailSecurity::Tls => {
            Tls::Wrapper(TlsParameters::new(settings.host.clone()).map_err(|error| wrong(&error))?)
        }
        MailSecurity::StartTls => {
            Tls::Required(TlsParameters::new(settings.host.clone()).map_err(|error| wrong(&error))?)
        }
        MailSecurity::Plain => Tls::None,
    })
}

fn write(post: &Post<'_>) -> Result<Message, DeliveryError> {
    let mailbox = |address: &str, name: Option<&str>| {
        let address = address.parse::<Address>().map_err(|error| wrong(&error))?;
        Ok::<_, DeliveryError>(Mailbox::new(name.map(str::to_owned), address))
    };
    let domain = post.settings.sender.rsplit('@').next().unwrap_or("countersign");
    let micros = u64::try_from(post.at.micros()).unwrap_or(0);
    let date = UNIX_EPOCH.checked_add(Duration::from_micros(micros)).unwrap_or(UNIX_EPOCH);
    let mut message = Message::builder()
        .from(mailbox(&post.settings.sender, Some("Countersign"))?)
        .to(mailbox(post.to, None)?)
        .subject(post.letter.subject.clone())
        .message_id(Some(format!("<{}@{domain}>", post.id)))
        .date(date)
        .header(ContentType::TEXT_PLAIN)
        .body(post.letter.text.clone())
        .map_err(|error| wrong(&error))?;
    // No answer by itself to a letter that nobody wrote (RFC 3834, section 5).
    message.headers_mut().insert_raw(HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    ));
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> MailSettings {
        MailSettings {
            host: "mail.example.org".to_owned(),
            port: 587,
            security: MailSecurity::StartTls,
            login: None,
            sender: "countersign@example.org".to_owned(),
        }
    }

    fn written(to: &str, subject: &str) -> Result<String, DeliveryError> {
        let settings = settings();
        let post = Post {
            settings: &settings,
            password: None,
            to,
            letter: Letter { subject: subject.to_owned(), text: "One line.\nAnother.\n".to_owned() },
            id: "0190-d",
            at: Timestamp::from_micros(1_764_000_000_000_000),
        };
        Ok(String::from_utf8_lossy(&write(&post)?.formatted()).into_owned())
    }

    #[test]
    fn a_letter_has_the_headers_that_it_needs() {
        let letter = written("ann@example.org", "Your approval is asked").expect("writes");
        for line in [
            "From: Countersign <countersign@example.org>\r\n",
            "To: ann@example.org\r\n",
            "Subject: Your approval is asked\r\n",
            "Message-ID: <0190-d@example.org>\r\n",
            "Date: Mon, 24 Nov 2025 16:00:00 ",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "\r\n\r\nOne line.\r\nAnother.\r\n",
        ] {
            assert!(letter.contains(line), "{line}\n{letter}");
        }
    }

    #[test]
    fn an_address_that_is_none_gets_nothing() {
        for bad in ["", "ann", "ann@example.org\r\nBcc: eve@example.org", "ann@example.org, eve@example.org"]
        {
            assert!(written(bad, "x").is_err(), "{bad}");
        }
    }
}
