//! Callers who show a token that says nothing by itself: its issuer is asked on each call, with a secret that is kept in
//! the vault. Whatever must hold denies where it does not, on the next call and on every replica.

mod asked;
pub(crate) mod issuer;
mod rotated;

use tests::on_both_databases;

on_both_databases!(
    an_opaque_token_counts_for_as_long_as_its_issuer_says_so,
    a_key_of_ours_is_sent_to_nobody,
    which_issuer_is_asked_must_be_clear,
    a_token_that_names_its_issuer_is_asked_about_as_well,
    the_secret_is_kept_and_never_shown,
    secrets_are_wrapped_anew_beside_running_servers,
    without_its_key_the_vault_denies,
);

/// SQLite has one writer: nobody files beside a rotation.
mod a_rotation_waits_for_who_keeps_a_secret {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::a_rotation_waits_for_who_keeps_a_secret().await;
    }
}

mod nothing_is_filed_during_a_rotation {
    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        super::stories::nothing_is_filed_during_a_rotation().await;
    }
}

/// Where `on_both_databases` looks.
mod stories {
    pub(super) use crate::opaque::asked::*;
    pub(super) use crate::opaque::rotated::*;
}
