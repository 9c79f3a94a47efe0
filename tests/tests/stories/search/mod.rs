//! Searches over HTTP: exactly what evaluations allow, in pages, for those alone who may search, and never recorded.

pub(crate) mod asking;
mod brute;
mod bundle;
mod desk;
mod rules;
mod sketch;
mod told;

use tests::on_both_databases;

on_both_databases!(
    a_tool_call_without_arguments_tells_under_which_conditions,
    who_may_search_and_what_is_left_behind,
    a_key_of_one_server_sees_nothing_else,
);

mod stories {
    pub(super) use crate::search::told::{
        a_key_of_one_server_sees_nothing_else, a_tool_call_without_arguments_tells_under_which_conditions,
        who_may_search_and_what_is_left_behind,
    };
}

mod a_search_finds_what_evaluations_allow {
    #[test]
    fn sqlite() {
        super::brute::a_search_finds_what_evaluations_allow(tests::Backend::Sqlite);
    }

    #[test]
    fn postgres() {
        super::brute::a_search_finds_what_evaluations_allow(tests::Backend::Postgres);
    }
}
