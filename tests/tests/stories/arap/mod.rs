//! Requests for approval as servers see them (AuthZEN Access Request and Approval Profile): submitted, polled, waited for
//! and withdrawn by the enforcement key that asked and by no other; what is signed, forged, rotated and shown.

mod helpers;
mod keys;
mod requests;
mod rotating;
mod shown;
mod waits;

use tests::on_both_databases;

on_both_databases!(
    a_denial_is_submitted_polled_and_evaluated_again,
    the_same_call_is_the_same_task,
    a_task_is_there_for_its_own_key_alone,
    a_request_is_withdrawn_once,
    a_request_whose_time_is_over,
    hostile_submissions_are_refused,
    nothing_is_offered_where_nothing_was_filed,
    an_answer_that_was_lost_is_had_again_by_its_key,
    a_long_poll_ends_with_the_decision_on_another_replica,
    a_long_poll_ends_when_its_time_is_over,
    many_wait_and_a_stop_lets_them_go,
    an_approval_that_is_shown_is_for_its_call_alone,
    forged_approvals_deny_and_file_nothing,
    a_good_approval_is_no_more_than_policy,
    keys_are_made_once_and_published,
    what_was_signed_before_a_rotation_is_taken,
    without_its_key_a_denial_offers_nothing,
    a_command_rotates_the_key_that_signs,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::arap::keys::*;
    pub(super) use crate::arap::requests::*;
    pub(super) use crate::arap::rotating::a_command_rotates_the_key_that_signs;
    pub(super) use crate::arap::shown::*;
    pub(super) use crate::arap::waits::*;
}
