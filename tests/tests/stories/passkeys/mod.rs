//! Passkeys, with an authenticator of the story's own: who comes in by one, and that no answer counts that was not asked
//! for by this browser, now, for this.

mod answers;
mod authenticator;
mod demanded;
mod helpers;
mod own;

use tests::on_both_databases;

on_both_databases!(
    somebody_signs_in_by_a_passkey_alone,
    an_answer_counts_once_in_time_and_in_the_browser_that_asked,
    what_is_not_quite_the_answer_is_refused,
    a_counter_that_goes_backwards_is_refused_and_written_down,
    a_disabled_account_stays_out,
    who_has_no_password_does_not_come_in_by_a_passkey,
    a_right_password_alone_opens_nothing_where_a_passkey_is_demanded,
    a_link_removes_passkeys_only_where_it_was_made_so,
    nothing_is_demanded_that_could_not_be_given,
    the_last_way_in_stays,
    who_was_signed_out_meanwhile_changes_no_passkey,
    a_passkey_is_not_added_without_the_password,
    a_passkey_proves_who_sits_there,
    an_address_of_numbers_has_no_passkeys,
    an_account_has_twenty_passkeys_and_no_more,
    ceremonies_are_few,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::passkeys::answers::*;
    pub(super) use crate::passkeys::demanded::*;
    pub(super) use crate::passkeys::own::*;
}
