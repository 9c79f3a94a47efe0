//! The approver's console over HTTP. Pages follow requests: whichever replica files one, the pages of every replica are told,
//! and only those who may be; a server that stops does not wait for them. Answers count for what was seen alone.

mod answering;
mod beside;
mod changed;
mod changed_rule;
mod clicking;
mod earlier;
mod helpers;
mod history;
pub(crate) mod html;
mod moved_rule;
mod own_history;
mod paging;
mod rating;
mod readers;
mod requester;
mod streams;

use tests::on_both_databases;

on_both_databases!(
    a_request_filed_on_one_replica_reaches_the_pages_of_another,
    an_escalation_reaches_the_pages_of_whom_it_asks_then,
    streams_are_for_approvers,
    an_answer_counts_for_what_was_seen,
    what_else_is_bound_is_shown,
    a_call_is_held_against_calls_of_the_same_caller_alone,
    what_is_of_high_risk_wants_a_fresh_proof,
    what_became_of_high_risk_wants_one_as_well,
    an_inbox_is_paged_by_risk_and_age,
    a_tool_that_changed_is_shown_beside_what_it_was,
    what_a_tool_was_is_found_many_changes_back,
    a_rule_that_changed_is_shown_beside_what_it_was,
    a_rule_that_asks_no_more_is_said_to_and_asks_again,
    what_several_rules_were_is_found_many_changes_back,
    who_may_not_read_rules_learns_no_more_of_one_that_changed,
    a_rule_that_became_another_tenants_is_shown_to_neither,
    a_rule_that_became_another_tenants_has_no_say,
    a_request_shows_the_task_and_its_purpose,
    a_request_shows_what_else_its_caller_did_today,
    what_differs_from_the_last_time_is_marked,
    the_history_is_narrowed_and_says_how_long_each_took,
    a_rule_that_is_always_answered_alike_is_a_candidate,
    an_approver_narrows_what_they_answered,
    rates_are_for_whoever_reads_rules,
    whoever_asked_is_told_how_it_ended,
    an_answer_that_may_be_lost_is_told_to_both_sides,
);

mod stories {
    pub(super) use crate::inbox::answering::{
        an_answer_counts_for_what_was_seen, what_became_of_high_risk_wants_one_as_well,
        what_else_is_bound_is_shown, what_is_of_high_risk_wants_a_fresh_proof,
    };
    pub(super) use crate::inbox::beside::{
        a_request_shows_the_task_and_its_purpose, a_request_shows_what_else_its_caller_did_today,
        what_differs_from_the_last_time_is_marked,
    };
    pub(super) use crate::inbox::changed::{
        a_tool_that_changed_is_shown_beside_what_it_was, what_a_tool_was_is_found_many_changes_back,
    };
    pub(super) use crate::inbox::changed_rule::{
        a_rule_that_asks_no_more_is_said_to_and_asks_again, a_rule_that_changed_is_shown_beside_what_it_was,
        what_several_rules_were_is_found_many_changes_back,
    };
    pub(super) use crate::inbox::earlier::a_call_is_held_against_calls_of_the_same_caller_alone;
    pub(super) use crate::inbox::history::{
        a_rule_that_is_always_answered_alike_is_a_candidate,
        the_history_is_narrowed_and_says_how_long_each_took,
    };
    pub(super) use crate::inbox::moved_rule::a_rule_that_became_another_tenants_has_no_say;
    pub(super) use crate::inbox::own_history::an_approver_narrows_what_they_answered;
    pub(super) use crate::inbox::paging::an_inbox_is_paged_by_risk_and_age;
    pub(super) use crate::inbox::rating::rates_are_for_whoever_reads_rules;
    pub(super) use crate::inbox::readers::{
        a_rule_that_became_another_tenants_is_shown_to_neither,
        who_may_not_read_rules_learns_no_more_of_one_that_changed,
    };
    pub(super) use crate::inbox::requester::{
        an_answer_that_may_be_lost_is_told_to_both_sides, whoever_asked_is_told_how_it_ended,
    };
    pub(super) use crate::inbox::streams::{
        a_request_filed_on_one_replica_reaches_the_pages_of_another,
        an_escalation_reaches_the_pages_of_whom_it_asks_then, streams_are_for_approvers,
    };
}
