//! Roles that count in some tenants alone. Whoever has one is shown nothing of other tenants and changes nothing there,
//! whatever they ask for by whichever function, page or form; and what is not narrowed refuses them.

mod accounts;
mod changing;
mod house;
mod showing;
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
);

mod stories {
    pub(super) use crate::reach::accounts::{
        a_provider_tells_of_a_role_in_a_tenant, a_reach_is_given_and_goes_with_its_tenants,
        an_owner_of_a_tenant_is_none_of_everything,
    };
    pub(super) use crate::reach::changing::{
        an_owner_of_a_tenant_works_in_it, nothing_of_another_tenant_is_changed,
    };
    pub(super) use crate::reach::showing::{
        nothing_of_another_tenant_is_shown, what_moved_between_tenants_is_neithers_to_read,
    };
    pub(super) use crate::reach::walking::what_is_not_narrowed_refuses_whoever_is_of_some_tenants;
}
