//! Requests that are made to hurt, on a real server: each is told apart by a clear 4xx, none is a 500, none is
//! allowed, and what failed as a request leaves no record.

mod members;
mod random;
mod searches;
mod shapes;
mod texts;

use serde_json::{Value, json};
use tests::pep::call_body;
use tests::{World, on_both_databases};

on_both_databases!(
    hostile_texts_are_refused_and_leave_no_record,
    a_batch_of_odd_items,
    hostile_searches_are_refused_and_leave_no_record,
);

mod stories {
    pub(super) use crate::hostile_bodies::members::a_batch_of_odd_items;
    pub(super) use crate::hostile_bodies::searches::hostile_searches_are_refused_and_leave_no_record;
    pub(super) use crate::hostile_bodies::texts::hostile_texts_are_refused_and_leave_no_record;
}

const SINGLE: &str = "/access/v1/evaluation";
const BATCH: &str = "/access/v1/evaluations";
const JSON: &str = "application/json";

/// A call that every member may make.
fn good(world: &World) -> Value {
    call_body(world.secret("ALICE_KEY"), "get_customer", json!({"customer_id": "c-42"}))
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_paths() {
    shapes::other_methods_and_paths().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_enforcement_key_in_every_shape() {
    shapes::the_enforcement_key_in_every_shape().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_types_and_other_headers() {
    shapes::content_types_and_other_headers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_come_in_other_ways() {
    shapes::bodies_that_come_in_other_ways().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_of_every_wrong_type() {
    members::every_member_of_every_wrong_type().await;
}

#[test]
fn random_json_is_never_allowed_and_never_a_server_error() {
    random::random_json_is_never_allowed_and_never_a_server_error();
}
