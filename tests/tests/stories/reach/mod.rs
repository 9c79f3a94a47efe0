//! Roles that count in some tenants alone. Whoever has one is shown nothing of other tenants and changes nothing there,
//! whatever they ask for by whichever function, page or form; and what is not narrowed refuses them.

mod accounts;
mod approvers;
mod changing;
mod finding;
mod following;
pub(crate) mod house;
mod identities;
mod resources;
mod showing;
mod stopping;
pub(crate) mod trying;
mod twins;
mod walking;

use tests::on_both_databases;

on_both_databases!(
    what_is_not_narrowed_refuses_whoever_is_of_some_tenants,
    nothing_of_another_tenant_is_shown,
    what_moved_between_tenants_is_neithers_to_read,
    nothing_of_another_tenant_is_changed,
    an_owner_of_a_tenant_works_in_it,
    a_reach_is_given_and_goes_with_its_tenants,
    an_owner_of_a_tenant_is_none_of_everything,
    a_provider_tells_of_a_role_in_a_tenant,
    a_trial_knows_nothing_of_other_tenants,
    a_draft_is_tried_in_the_own_tenants_alone,
    identities_are_shown_where_their_issuer_speaks,
    an_identity_that_is_not_shown_is_not_taken_away,
    resources_are_those_of_the_own_tenants,
    tasks_and_resources_are_found_by_who_may_see_them,
    calls_are_found_by_what_they_named_in_their_own_tenant,
    what_is_beside_resources_is_told_as_far_as_the_reach_goes,
    resources_are_found_in_any_of_some_tenants,
    an_id_that_is_taken_tells_not_by_whom,
    an_owner_of_both_tenants_moves_a_resource,
    an_owner_of_a_tenant_stops_it_and_its_members,
    what_the_house_stopped_is_not_lifted_from_within,
    an_owner_of_a_tenant_ends_break_glass_and_confirms_none,
    an_inbox_is_told_of_its_own_tenants_alone,
    an_inbox_that_reaches_otherwise_than_before_is_told_nothing,
    an_inbox_names_nobody_of_other_tenants,
    what_others_have_is_answered_as_what_nobody_has,
    forms_tell_what_others_have_from_what_nobody_has_to_nobody,
    too_few_approvers_are_told_at_their_rule,
);

mod stories {
    pub(super) use crate::reach::accounts::{
        a_provider_tells_of_a_role_in_a_tenant, a_reach_is_given_and_goes_with_its_tenants,
        an_owner_of_a_tenant_is_none_of_everything,
    };
    pub(super) use crate::reach::approvers::too_few_approvers_are_told_at_their_rule;
    pub(super) use crate::reach::changing::{
        an_owner_of_a_tenant_works_in_it, nothing_of_another_tenant_is_changed,
    };
    pub(super) use crate::reach::finding::{
        calls_are_found_by_what_they_named_in_their_own_tenant,
        tasks_and_resources_are_found_by_who_may_see_them,
    };
    pub(super) use crate::reach::following::{
        an_inbox_is_told_of_its_own_tenants_alone, an_inbox_names_nobody_of_other_tenants,
        an_inbox_that_reaches_otherwise_than_before_is_told_nothing,
    };
    pub(super) use crate::reach::identities::{
        an_identity_that_is_not_shown_is_not_taken_away, identities_are_shown_where_their_issuer_speaks,
    };
    pub(super) use crate::reach::resources::{
        an_id_that_is_taken_tells_not_by_whom, an_owner_of_both_tenants_moves_a_resource,
        resources_are_found_in_any_of_some_tenants, resources_are_those_of_the_own_tenants,
        what_is_beside_resources_is_told_as_far_as_the_reach_goes,
    };
    pub(super) use crate::reach::showing::{
        nothing_of_another_tenant_is_shown, what_moved_between_tenants_is_neithers_to_read,
    };
    pub(super) use crate::reach::stopping::{
        an_owner_of_a_tenant_ends_break_glass_and_confirms_none,
        an_owner_of_a_tenant_stops_it_and_its_members, what_the_house_stopped_is_not_lifted_from_within,
    };
    pub(super) use crate::reach::trying::{
        a_draft_is_tried_in_the_own_tenants_alone, a_trial_knows_nothing_of_other_tenants,
    };
    pub(super) use crate::reach::twins::{
        forms_tell_what_others_have_from_what_nobody_has_to_nobody,
        what_others_have_is_answered_as_what_nobody_has,
    };
    pub(super) use crate::reach::walking::what_is_not_narrowed_refuses_whoever_is_of_some_tenants;
}
