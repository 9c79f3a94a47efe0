//! Approvals: a denied call asks for one by itself, persons decide, and the identical call passes so often as was approved
//! and no more, on every replica; and never against what live policy says.

mod binding;
mod crossing;
mod crowd;
mod deciders;
mod hardship;
mod held;
mod helpers;
pub(crate) mod keeping;
mod keyed;
mod life;
mod live;
mod lost;
mod many;
mod processes;
mod races;
mod rates;
mod retention;
mod walking;

use tests::on_both_databases;

on_both_databases!(
    a_call_waits_passes_once_and_asks_anew,
    a_denial_stays_and_a_request_that_was_taken_back_does_not,
    time_ends_requests_and_approvals,
    a_request_that_cannot_be_read_holds_no_other_up,
    twenty_requests_wait_and_no_more,
    an_approval_is_found_however_long_none_was_needed,
    what_may_not_file_files_nothing,
    each_part_of_a_call_makes_another_request,
    what_is_said_of_an_action_is_part_of_the_call,
    an_approval_is_never_stronger_than_live_policy,
    votes_of_those_who_may_no_longer_do_not_count,
    what_moved_since_it_was_shown_refuses_the_vote,
    who_may_decide_and_who_may_not,
    a_quorum_is_of_persons,
    a_substitute_answers_while_somebody_is_away,
    another_role_is_asked_after_a_time,
    an_approver_narrows_and_never_widens,
    redacted_arguments_are_sealed_while_they_wait,
    redacted_arguments_are_dropped_however_a_request_ends,
    rates_are_of_what_is_over_rule_by_rule,
    arguments_that_no_tool_declares_are_sealed,
    a_use_whose_answer_was_lost_is_given_back,
    a_use_is_told_again_or_given_back_and_never_both,
    one_of_two_gives_no_use_back,
    a_lost_answer_is_given_again_to_the_same_key,
    exactly_the_approved_uses_pass_on_two_replicas,
    kill_nine_never_lets_a_use_pass_twice,
    one_of_approving_and_taking_back_wins,
    a_quorum_that_is_reached_twice_at_once_decides_once,
    one_call_files_one_request_on_two_replicas,
    retention_removes_what_is_over_and_nothing_else,
    substitutes_that_ended_are_let_go,
    filing_in_a_circle_ends_on_all_replicas,
    another_tenant_makes_another_request,
    another_actor_makes_another_request,
    thousands_of_tries_take_exactly_the_approved_uses,
    no_use_passes_once_the_time_is_over,
    approving_taking_back_and_using_at_once_end_in_one_way,
    a_quorum_is_reached_once_in_a_thousand_rounds,
    exactly_the_approved_uses_pass_on_two_processes,
    each_key_uses_once_however_often_the_process_is_killed,
    a_crash_after_the_commit_burns_one_use_and_says_so,
    a_process_killed_before_the_commit_of_a_use_burns_none,
    a_full_disk_files_and_uses_nothing_that_it_does_not_keep,
    ten_thousand_that_wait_are_not_read,
    an_inbox_is_walked_whole_and_nothing_comes_twice,
    an_earlier_database_keeps_the_order_of_its_inbox,
);

mod each_key_uses_once_when_the_database_goes_away {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::each_key_uses_once_when_the_database_goes_away().await;
    }
}

mod a_process_killed_amid_the_commit_of_a_use_burns_that_one {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_process_killed_amid_the_commit_of_a_use_burns_that_one().await;
    }
}

mod no_transactions_wait_in_a_circle {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::no_transactions_wait_in_a_circle().await;
    }
}

mod stories {
    pub(super) use crate::approvals::binding::{
        another_actor_makes_another_request, another_tenant_makes_another_request,
        each_part_of_a_call_makes_another_request, what_is_said_of_an_action_is_part_of_the_call,
    };
    pub(super) use crate::approvals::crossing::no_transactions_wait_in_a_circle;
    pub(super) use crate::approvals::crowd::{
        a_quorum_is_reached_once_in_a_thousand_rounds,
        approving_taking_back_and_using_at_once_end_in_one_way, no_use_passes_once_the_time_is_over,
        thousands_of_tries_take_exactly_the_approved_uses,
    };
    pub(super) use crate::approvals::deciders::{
        a_quorum_is_of_persons, a_substitute_answers_while_somebody_is_away,
        an_approver_narrows_and_never_widens, another_role_is_asked_after_a_time,
        who_may_decide_and_who_may_not,
    };
    pub(super) use crate::approvals::hardship::{
        a_full_disk_files_and_uses_nothing_that_it_does_not_keep,
        each_key_uses_once_however_often_the_process_is_killed,
        each_key_uses_once_when_the_database_goes_away,
    };
    pub(super) use crate::approvals::held::{
        a_process_killed_amid_the_commit_of_a_use_burns_that_one,
        a_process_killed_before_the_commit_of_a_use_burns_none,
    };
    pub(super) use crate::approvals::keeping::{
        a_lost_answer_is_given_again_to_the_same_key, a_use_is_told_again_or_given_back_and_never_both,
        a_use_whose_answer_was_lost_is_given_back, arguments_that_no_tool_declares_are_sealed,
        one_of_two_gives_no_use_back, redacted_arguments_are_dropped_however_a_request_ends,
        redacted_arguments_are_sealed_while_they_wait,
    };
    pub(super) use crate::approvals::life::{
        a_call_waits_passes_once_and_asks_anew, a_denial_stays_and_a_request_that_was_taken_back_does_not,
        a_request_that_cannot_be_read_holds_no_other_up, an_approval_is_found_however_long_none_was_needed,
        time_ends_requests_and_approvals, twenty_requests_wait_and_no_more, what_may_not_file_files_nothing,
    };
    pub(super) use crate::approvals::live::{
        an_approval_is_never_stronger_than_live_policy, votes_of_those_who_may_no_longer_do_not_count,
        what_moved_since_it_was_shown_refuses_the_vote,
    };
    pub(super) use crate::approvals::lost::a_crash_after_the_commit_burns_one_use_and_says_so;
    pub(super) use crate::approvals::many::ten_thousand_that_wait_are_not_read;
    pub(super) use crate::approvals::processes::exactly_the_approved_uses_pass_on_two_processes;
    pub(super) use crate::approvals::races::{
        a_quorum_that_is_reached_twice_at_once_decides_once, exactly_the_approved_uses_pass_on_two_replicas,
        kill_nine_never_lets_a_use_pass_twice, one_call_files_one_request_on_two_replicas,
        one_of_approving_and_taking_back_wins,
    };
    pub(super) use crate::approvals::rates::rates_are_of_what_is_over_rule_by_rule;
    pub(super) use crate::approvals::retention::{
        filing_in_a_circle_ends_on_all_replicas, retention_removes_what_is_over_and_nothing_else,
        substitutes_that_ended_are_let_go,
    };
    pub(super) use crate::approvals::walking::{
        an_earlier_database_keeps_the_order_of_its_inbox, an_inbox_is_walked_whole_and_nothing_comes_twice,
    };
}
