//! What a token handed out of an account is worth no more than it was handed out for: whoever holds the token becomes nobody
//! whom an owner meant to give something to.

mod desk;
mod gifts;

use tests::on_both_databases;

on_both_databases!(
    each_gift_takes_away_what_a_token_handed_out,
    what_a_person_handed_out_stays,
    an_owner_without_a_way_in_is_no_other_owner,
    a_token_gets_no_link_to_a_person,
    what_is_handed_out_is_known_by_the_last_link,
    whoever_holds_the_token_becomes_nobody,
    a_token_takes_no_demand_for_a_passkey_away,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::handed_out::desk::*;
    pub(super) use crate::handed_out::gifts::*;
}
