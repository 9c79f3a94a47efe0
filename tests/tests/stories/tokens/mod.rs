//! Callers who show an access token of an outside issuer: whatever must hold for it denies where it does not, on the next
//! call and on every replica.
//!
//! The issuer's keys are written down here, so nobody has to run; a real provider is in `tests/issuer.rs`.

mod delegation;
mod denials;
mod elsewhere;
pub(crate) mod issuer;
pub(crate) mod proofs;
mod records;
mod unknown;

use tests::on_both_databases;

on_both_databases!(
    a_token_is_taken_where_everything_about_it_holds,
    whatever_is_taken_away_denies_on_the_other_replica,
    what_is_revoked_denies_on_the_other_replica,
    another_claim_may_name_the_subject,
    an_identity_that_is_nobodys_is_noted_beside_the_answer,
    an_unknown_identity_is_registered_without_any_role,
    a_token_is_recorded_without_itself,
    who_vouches_needs_no_token,
    a_bound_token_needs_a_fresh_proof_of_its_key,
    of_two_who_show_one_proof_at_once_one_is_answered,
    whoever_acts_must_be_allowed_as_well,
    who_acted_before_is_recorded,
    whom_only_others_have_is_not_known_to_act,
    what_became_of_others_is_not_told,
    what_others_are_called_is_not_told,
    the_issuer_names_the_claim_of_who_acts,
    who_vouches_names_the_agent,
    claims_stand_for_roles_where_an_administrator_says_so,
    a_tool_asks_for_scopes,
    a_person_answers_for_an_agent,
);

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::tokens::delegation::*;
    pub(super) use crate::tokens::denials::*;
    pub(super) use crate::tokens::elsewhere::*;
    pub(super) use crate::tokens::proofs::*;
    pub(super) use crate::tokens::records::*;
    pub(super) use crate::tokens::unknown::*;
}
