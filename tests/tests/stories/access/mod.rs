//! The Access explorer: what its pages and its file say of who can call what, held against what the endpoint
//! answers to those very calls.

mod file;
mod lab;
mod matrix;
pub(crate) mod page;
mod paging;
mod readers;
mod stops;
mod who;

use tests::on_both_databases;

on_both_databases!(
    who_can_call_a_tool_is_what_the_endpoint_says,
    what_a_subject_can_call_is_the_same_from_the_other_side,
    conditions_are_told_as_conditions,
    a_role_is_shown_as_whoever_holds_it_alone,
    what_is_stopped_is_told_while_it_is,
    a_break_glass_is_told_while_it_lasts,
    nobody_calls_anything_in_a_suspended_tenant,
    the_file_holds_what_the_pages_show,
    a_name_of_blanks_is_not_another_one,
    pages_go_on_to_the_end_and_the_file_is_whole,
    whoever_is_of_a_tenant_is_shown_its_own,
    whoever_may_not_is_shown_nothing,
);

mod stories {
    pub(super) use crate::access::file::{
        a_name_of_blanks_is_not_another_one, the_file_holds_what_the_pages_show,
    };
    pub(super) use crate::access::matrix::a_role_is_shown_as_whoever_holds_it_alone;
    pub(super) use crate::access::paging::pages_go_on_to_the_end_and_the_file_is_whole;
    pub(super) use crate::access::readers::{
        whoever_is_of_a_tenant_is_shown_its_own, whoever_may_not_is_shown_nothing,
    };
    pub(super) use crate::access::stops::{
        a_break_glass_is_told_while_it_lasts, nobody_calls_anything_in_a_suspended_tenant,
        what_is_stopped_is_told_while_it_is,
    };
    pub(super) use crate::access::who::{
        conditions_are_told_as_conditions, what_a_subject_can_call_is_the_same_from_the_other_side,
        who_can_call_a_tool_is_what_the_endpoint_says,
    };
}
