//! The administration API over HTTP: who gets in, what each token reaches, and that what it takes away denies the next
//! call on every replica.

mod accounts;
mod borders;
pub(crate) mod client;
mod emergency;
mod evidence;
pub(crate) mod imports;
mod issuers;
mod letters;
mod reach;
mod resources;
mod servers;
mod settings;
mod stories;
mod tenants;
mod tools;

use tests::on_both_databases;

on_both_databases!(
    what_is_revoked_over_the_api_denies_the_next_call_on_two_replicas,
    every_route_asks_for_its_one_scope,
    a_token_is_dead_with_its_account_its_expiry_and_its_revocation,
    a_token_of_one_tenant_stays_in_it,
    nothing_of_other_tenants_shows_through,
    a_request_asks_for_no_more_than_is_bounded_and_there,
    whose_an_identity_is_takes_a_scope_of_its_own,
    a_token_is_good_for_a_year_at_most,
    hostile_requests_are_problems,
    rules_and_issuers_are_changed_at_the_version_that_was_seen,
    a_client_secret_goes_in_over_the_api_and_never_comes_back,
    a_policy_file_is_applied_and_written_down,
    a_resource_that_is_put_or_removed_binds_the_next_call,
    a_file_is_brought_in_over_the_api,
    resources_of_other_tenants_are_not_there,
    a_stop_over_the_api_denies_the_next_call_on_two_replicas,
    break_glass_over_the_api_takes_a_second_owner,
    emergencies_stay_within_a_tokens_tenant,
    accounts_below_owner_are_invited_and_switched_over_the_api,
    no_token_makes_or_touches_an_owner,
    a_token_names_the_substitute_of_its_own_account_alone,
    webhooks_are_kept_over_the_api_and_their_secrets_shown_once,
    mail_is_set_over_the_api_and_its_password_never_shown,
    sign_in_providers_over_the_api_make_no_owners,
    a_tool_is_reviewed_over_the_api_as_it_was_seen,
    what_a_tool_asks_for_binds_the_next_call,
    tools_are_seen_where_their_server_is_used,
    servers_are_registered_discovered_and_deleted_over_the_api,
    a_server_that_does_not_answer_is_told_and_changes_nothing,
    tenants_are_made_suspended_and_deleted_over_the_api,
    roles_are_kept_over_the_api_within_a_tokens_tenant,
    a_message_that_was_given_up_is_sent_again_over_the_api,
    a_letter_is_tried_over_the_api,
    the_record_is_verified_over_the_api,
);
