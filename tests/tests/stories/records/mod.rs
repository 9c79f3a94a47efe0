//! Every decision is recorded before it is answered; what cannot be recorded or read is denied. What was done to the
//! record afterwards is found, and retention leaves a record that still verifies.

mod chains;
pub(crate) mod helpers;
mod recording;
mod secrets;
mod verifying;

use tests::on_both_databases;

on_both_databases!(
    a_decision_is_in_the_record_when_its_answer_arrives,
    what_cannot_be_recorded_is_denied,
    what_cannot_be_read_is_denied,
    what_a_call_names_is_read_or_it_is_denied,
    a_large_question_is_denied_where_no_key_can_be_looked_up,
    one_bad_record_does_not_stop_the_others,
    secrets_reach_no_table,
    redacted_arguments_reach_no_table,
    large_records_that_come_at_once_are_all_kept,
    a_removed_end_is_found_by_what_the_host_kept,
    prunes_at_once_leave_a_sound_chain,
    chains_are_listed_a_page_at_a_time,
    one_verification_runs_at_a_time_and_says_what_it_found,
);

mod stories {
    pub(super) use crate::records::chains::{
        a_removed_end_is_found_by_what_the_host_kept, chains_are_listed_a_page_at_a_time,
        prunes_at_once_leave_a_sound_chain,
    };
    pub(super) use crate::records::recording::{
        a_decision_is_in_the_record_when_its_answer_arrives,
        a_large_question_is_denied_where_no_key_can_be_looked_up,
        large_records_that_come_at_once_are_all_kept, one_bad_record_does_not_stop_the_others,
        what_a_call_names_is_read_or_it_is_denied, what_cannot_be_read_is_denied,
        what_cannot_be_recorded_is_denied,
    };
    pub(super) use crate::records::secrets::{redacted_arguments_reach_no_table, secrets_reach_no_table};
    pub(super) use crate::records::verifying::one_verification_runs_at_a_time_and_says_what_it_found;
}
