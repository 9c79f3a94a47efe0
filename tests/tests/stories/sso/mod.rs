//! Sign-in by a real, certified provider, in a browser of the story's own: who comes in, as what and for how long; and
//! that no answer counts that was not asked for by this browser, now, of this provider.

mod accounts;
mod answers;
pub(crate) mod browser;
mod provider;
mod roles;

use tests::on_both_databases;

on_both_databases!(
    a_provider_vouches_for_somebody,
    no_answer_counts_that_this_browser_did_not_ask_for,
    an_answer_of_another_provider_or_for_another_question_is_refused,
    one_address_begins_twenty_sign_ins_a_minute,
    a_provider_is_asked_through_the_address_guard,
    what_groups_stand_for_counts_for_an_hour,
    groups_are_told_anew_by_each_sign_in,
    a_disabled_account_is_signed_out_and_stays_out,
    a_person_of_the_policy_is_an_approver,
    an_owner_invites_resets_and_disables,
    who_has_no_password_gives_themselves_none,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::sso::accounts::*;
    pub(super) use crate::sso::answers::*;
    pub(super) use crate::sso::roles::*;
}
