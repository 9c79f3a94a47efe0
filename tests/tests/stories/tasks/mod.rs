//! Tasks: who opens and steers them, that each change holds from the next call on, on every replica, and that a budget is
//! counted exactly, however many calls come at once and whatever ends the process.

mod budget;
mod door;
mod helpers;
mod life;
mod shown;

use tests::on_both_databases;

on_both_databases!(
    exactly_the_budget_passes_on_two_replicas,
    kill_nine_counts_every_call_that_was_allowed,
    a_call_that_is_denied_takes_nothing,
    the_next_call_reads_what_became_of_a_task,
    a_task_covers_what_it_is_for_and_nobody_else,
    a_tool_asks_for_a_task_and_rules_speak_about_it,
    an_agent_opens_for_itself_alone,
    a_platform_opens_for_its_tenant_and_an_administrator_within_reach,
    hostile_tasks_are_refused,
    an_agent_opens_with_a_token_of_its_own,
    a_token_that_would_have_to_be_asked_about_opens_nothing,
    a_token_that_is_bound_to_a_key_opens_nothing,
);

mod stories {
    pub(super) use crate::tasks::budget::{
        a_call_that_is_denied_takes_nothing, exactly_the_budget_passes_on_two_replicas,
        kill_nine_counts_every_call_that_was_allowed,
    };
    pub(super) use crate::tasks::door::{
        a_platform_opens_for_its_tenant_and_an_administrator_within_reach, an_agent_opens_for_itself_alone,
        hostile_tasks_are_refused,
    };
    pub(super) use crate::tasks::life::{
        a_task_covers_what_it_is_for_and_nobody_else, a_tool_asks_for_a_task_and_rules_speak_about_it,
        the_next_call_reads_what_became_of_a_task,
    };
    pub(super) use crate::tasks::shown::{
        a_token_that_is_bound_to_a_key_opens_nothing,
        a_token_that_would_have_to_be_asked_about_opens_nothing, an_agent_opens_with_a_token_of_its_own,
    };
}
