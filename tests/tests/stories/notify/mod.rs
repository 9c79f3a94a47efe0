//! Requests for approval are told to webhooks and by mail: at least once, signed, and to nobody else. What fails is tried
//! again, what is refused for good waits for a person, and a server that is killed loses nothing.

mod crash;
mod mail;
pub(crate) mod receiver;
mod refusals;
pub(crate) mod smtp;
mod webhooks;
pub(crate) mod world;

use tests::on_both_databases;

on_both_databases!(
    a_webhook_is_told_and_the_signature_verifies,
    a_webhook_hears_what_it_asked_for,
    an_address_is_kept_as_a_secret,
    two_secrets_sign_while_one_replaces_the_other,
    a_message_that_fails_is_sent_again,
    a_message_that_nobody_takes_is_given_up_until_a_person_sends_it_again,
    a_receiver_that_is_gone_is_not_asked_again,
    a_redirect_is_not_followed,
    a_private_address_is_refused,
    a_webhook_that_is_off_is_told_nothing,
    what_waits_is_not_told_to_another_tenant,
    a_server_that_is_killed_loses_nothing,
    what_was_never_begun_is_sent_after_the_start,
    two_replicas_send_each_message_once,
    many_messages_to_one_webhook_wait_and_hold_nobody_up,
    there_are_fifty_webhooks_and_no_more,
    an_approver_gets_one_letter_with_a_link,
    a_letter_that_is_not_needed_any_more_is_not_sent,
    many_requests_fill_no_mailbox,
    no_letter_is_sent_in_the_clear_where_tls_is_asked_for,
    a_mail_server_at_a_private_address_is_refused,
    the_password_stays_with_the_server_it_was_given_for,
    whoever_is_asked_later_is_written_to_later,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::notify::crash::*;
    pub(super) use crate::notify::mail::*;
    pub(super) use crate::notify::refusals::*;
    pub(super) use crate::notify::webhooks::*;
}
