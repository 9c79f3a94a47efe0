//! The edge of the server, over real sockets: what connections may take, who is asking behind a proxy, how long a
//! session lasts, and that what cannot be a request is told so in our own words.

mod connections;
mod doors;
pub(crate) mod house;
mod requests;
mod sessions;
mod substitutes;
mod uploads;

use tests::on_both_databases;

on_both_databases!(
    behind_a_listed_proxy_everybody_has_a_bucket_of_their_own,
    without_a_listed_proxy_the_header_is_not_looked_at,
    a_browser_that_signed_in_before_is_not_kept_out,
    a_new_password_makes_known_browsers_strangers,
    what_pages_ask_by_themselves_does_not_keep_a_session,
    events_of_accounts_are_changes,
    whose_an_account_is_takes_a_fresh_proof,
    a_substitute_is_of_ones_own_tenants,
    a_file_is_waited_for_as_long_as_it_flows,
    a_file_that_stands_still_is_not_waited_for,
    a_file_that_drips_is_not_waited_for,
    whoever_was_switched_off_while_a_file_came_brings_nothing_in,
    a_few_files_come_at_once,
);

mod a_sign_in_under_way_does_not_survive_a_new_password {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_sign_in_under_way_does_not_survive_a_new_password().await;
    }
}

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::edge::doors::*;
    pub(super) use crate::edge::sessions::*;
    pub(super) use crate::edge::substitutes::*;
    pub(super) use crate::edge::uploads::*;
}
