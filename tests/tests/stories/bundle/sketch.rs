//! Random worlds, drawn from whatever can be administered.

use crate::bundle::random::{RULES, any_text, json, moment, name};
use policy::labels::{ArgumentsMode, Responses, Search, Trust};
use policy::{ReviewState, Risk, Sensitivity, SubjectKind, Timestamp};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::collections::BTreeMap;

/// One of a closed set.
fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

#[derive(Debug, Clone)]
pub(crate) struct SubjectSketch {
    pub(crate) kind: SubjectKind,
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) identities: Vec<(String, String)>,
    /// By tenant; roles by their place among those that there are.
    pub(crate) memberships: BTreeMap<usize, (Vec<usize>, Option<Timestamp>)>,
    pub(crate) keys: BTreeMap<String, Option<Timestamp>>,
}

#[derive(Debug, Clone)]
pub(crate) struct ToolSketch {
    pub(crate) review: ReviewState,
    pub(crate) risk: Risk,
    pub(crate) sensitivity: Sensitivity,
    pub(crate) flags: (bool, bool, bool),
    pub(crate) redact: Vec<&'static str>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) input_schema: Option<Value>,
    pub(crate) output_schema: Option<Value>,
    pub(crate) more: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct ServerSketch {
    pub(crate) texts: (String, String),
    pub(crate) flags: (bool, bool),
    pub(crate) audiences: Vec<String>,
    pub(crate) tenants: Vec<usize>,
    pub(crate) tools: BTreeMap<String, ToolSketch>,
}

#[derive(Debug, Clone)]
pub(crate) struct CredentialSketch {
    pub(crate) bound: (Option<usize>, Option<usize>),
    pub(crate) trust: Trust,
    pub(crate) arguments: ArgumentsMode,
    pub(crate) responses: Responses,
    pub(crate) active: bool,
    pub(crate) keys: usize,
    pub(crate) search: Search,
}

/// What a world is built from. The first tenant is `t0`.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) tenants: Vec<(String, bool)>,
    pub(crate) roles: BTreeMap<String, (Option<usize>, String)>,
    pub(crate) subjects: BTreeMap<String, SubjectSketch>,
    pub(crate) servers: Vec<ServerSketch>,
    pub(crate) rules: BTreeMap<String, (Option<usize>, &'static str)>,
    pub(crate) credentials: BTreeMap<String, CredentialSketch>,
}

fn subject() -> impl Strategy<Value = SubjectSketch> {
    let memberships = btree_map(0..3_usize, (vec(0..9_usize, 0..3), option::of(moment())), 0..3);
    let parts = (
        one_of(SubjectKind::ALL),
        any_text(),
        any::<bool>(),
        btree_map(any_text(), json(), 0..3),
        vec((any_text(), any_text()), 0..3),
        memberships,
        btree_map(name(), option::of(moment()), 0..3),
    );
    parts.prop_map(|(kind, name, active, attributes, identities, memberships, keys)| SubjectSketch {
        kind,
        name,
        active,
        attributes,
        identities,
        memberships,
        keys,
    })
}

fn tool() -> impl Strategy<Value = ToolSketch> {
    let parts = (
        one_of(ReviewState::ALL),
        one_of(Risk::ALL),
        one_of(Sensitivity::ALL),
        any::<(bool, bool, bool)>(),
        vec(select(vec!["/a", "/cards/*/number", "/yes"]), 0..3),
        option::of(any_text()),
        option::of(any_text()),
        option::of(json()),
        option::of(json()),
        option::weighted(0.3, json()),
    );
    parts.prop_map(
        |(
            review,
            risk,
            sensitivity,
            flags,
            redact,
            title,
            description,
            input_schema,
            output_schema,
            more,
        )| {
            ToolSketch {
                review,
                risk,
                sensitivity,
                flags,
                redact,
                title,
                description,
                input_schema,
                output_schema,
                more,
            }
        },
    )
}

fn server() -> impl Strategy<Value = ServerSketch> {
    let parts = (
        (any_text(), "https?://[a-z]{1,9}(:[1-9][0-9]{1,3})?(/[A-Za-z0-9?_~.-]{0,9}){0,2}"),
        any::<(bool, bool)>(),
        vec(any_text(), 0..3),
        vec(0..3_usize, 0..3),
        btree_map(name(), tool(), 0..4),
    );
    parts.prop_map(|(texts, flags, audiences, tenants, tools)| ServerSketch {
        texts,
        flags,
        audiences,
        tenants,
        tools,
    })
}

fn credential() -> impl Strategy<Value = CredentialSketch> {
    let parts = (
        (option::of(0..3_usize), option::of(0..3_usize)),
        one_of(Trust::ALL),
        one_of(ArgumentsMode::ALL),
        one_of(Responses::ALL),
        any::<bool>(),
        0..3_usize,
        one_of(Search::ALL),
    );
    parts.prop_map(|(bound, trust, arguments, responses, active, keys, search)| CredentialSketch {
        bound,
        trust,
        arguments,
        responses,
        active,
        keys,
        search,
    })
}

pub(crate) fn sketch() -> impl Strategy<Value = Sketch> {
    let parts = (
        vec((any_text(), any::<bool>()), 1..4),
        btree_map(name(), (option::of(0..3_usize), any_text()), 0..5),
        btree_map(name(), subject(), 0..5),
        vec(server(), 0..4),
        btree_map(name(), (option::of(0..3_usize), select(RULES)), 0..6),
        btree_map(name(), credential(), 0..4),
    );
    parts.prop_map(|(tenants, roles, subjects, servers, rules, credentials)| Sketch {
        tenants,
        roles,
        subjects,
        servers,
        rules,
        credentials,
    })
}
