//! Registered resources: what a call touches is read with the call, on every replica, and by file a million lines long.

mod deciding;
mod finding;
mod helpers;
mod holding;
mod importing;
mod registering;
mod stopping;
mod uploading;

use tests::on_both_databases;

on_both_databases!(
    what_an_argument_names_decides,
    a_resource_is_live_and_a_binding_too,
    hostile_ids_are_unknown_and_nothing_else,
    a_preview_sees_what_a_call_sees,
    a_record_says_what_was_touched_and_nothing_of_other_tenants,
    calls_are_found_by_what_they_named,
    calls_are_found_over_the_api_by_what_they_named,
    resources_are_listed_by_type_and_beginning,
    another_tenants_resource_is_moved_by_those_who_may,
    exported_and_applied_again_nothing_changes,
    a_file_is_brought_in_by_parts_and_gone_on_with,
    json_lines_that_were_cut_off_over_the_api_go_on,
    csv_that_was_cut_off_over_the_api_goes_on,
    who_was_overtaken_writes_nothing_more,
    a_file_that_is_being_brought_in_is_refused,
    who_was_killed_reads_as_stopped,
);

mod stories {
    pub(super) use crate::resources::deciding::{
        a_preview_sees_what_a_call_sees, a_record_says_what_was_touched_and_nothing_of_other_tenants,
        a_resource_is_live_and_a_binding_too, hostile_ids_are_unknown_and_nothing_else,
        what_an_argument_names_decides,
    };
    pub(super) use crate::resources::finding::{
        calls_are_found_by_what_they_named, calls_are_found_over_the_api_by_what_they_named,
    };
    pub(super) use crate::resources::holding::{
        a_file_that_is_being_brought_in_is_refused, who_was_overtaken_writes_nothing_more,
    };
    pub(super) use crate::resources::importing::a_file_is_brought_in_by_parts_and_gone_on_with;
    pub(super) use crate::resources::registering::{
        another_tenants_resource_is_moved_by_those_who_may, exported_and_applied_again_nothing_changes,
        resources_are_listed_by_type_and_beginning,
    };
    pub(super) use crate::resources::stopping::who_was_killed_reads_as_stopped;
    pub(super) use crate::resources::uploading::{
        csv_that_was_cut_off_over_the_api_goes_on, json_lines_that_were_cut_off_over_the_api_go_on,
    };
}
