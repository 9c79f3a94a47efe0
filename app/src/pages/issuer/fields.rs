//! The fields of an issuer's form, in three parts: who it is, where its keys come from, what its tokens must be.

use super::view::IssuerForm;
use crate::pages::form::answer::Answer;
use crate::pages::form::boxes::{boxes, switch};
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, Radio, area, radios};
use crate::pages::form::place::Ask;
use crate::pages::issuer::save::SaveIssuer;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

const KEYS: &[Radio] = &[
    Radio {
        value: "discovery",
        title: "Discovery",
        help: "The issuer's metadata names the address (OpenID Connect Discovery, RFC 8414).",
    },
    Radio { value: "jwks_url", title: "An address", help: "A JWK set that is fetched from there." },
    Radio {
        value: "jwks",
        title: "A key set, pasted",
        help: "Never fetched. Weaker: a key that the issuer withdraws counts until it is taken out here.",
    },
];

const UNKNOWN: &[Radio] = &[
    Radio {
        value: "deny",
        title: "Deny",
        help: "The call is denied, and the caller listed under Unmapped callers.",
    },
    Radio {
        value: "provision",
        title: "Register",
        help: "Whoever the issuer signs in becomes a subject, without any role: calls are denied until it has one.",
    },
];

const INTROSPECTION: &[Radio] = &[
    Radio { value: "none", title: "No", help: "Its tokens are JWTs, verified by its keys." },
    Radio {
        value: "client_secret_basic",
        title: "Yes, with the secret in a header",
        help: "On each call, for opaque tokens and JWTs alike (RFC 7662). An issuer that is down denies.",
    },
    Radio {
        value: "client_secret_post",
        title: "Yes, with the secret in the body",
        help: "The same, for issuers that do not take it in a header.",
    },
];

const ACTOR: &[Radio] = &[
    Radio { value: "none", title: "act, if any", help: "A token without it is the subject's own." },
    Radio { value: "act.sub", title: "act.sub", help: "The actor of a token exchange (RFC 8693)." },
    Radio { value: "client_id", title: "client_id", help: "The client that asked for the token acts." },
    Radio { value: "azp", title: "azp", help: "The party that the token was issued to acts." },
];

const ALGORITHMS: &[(&str, &str)] = &[
    ("RS256", "RSA, SHA-256"),
    ("RS384", "RSA, SHA-384"),
    ("RS512", "RSA, SHA-512"),
    ("PS256", "RSA-PSS, SHA-256"),
    ("PS384", "RSA-PSS, SHA-384"),
    ("PS512", "RSA-PSS, SHA-512"),
    ("ES256", "Elliptic curve P-256"),
    ("ES384", "Elliptic curve P-384"),
    ("EdDSA", "Ed25519"),
];

/// The form of a new issuer, or of the one with this id.
pub fn form(form: &IssuerForm, id: Option<&str>, answer: &Answer, cancel: String) -> AnyView {
    let ask = if id.is_some() { Ask::Edit } else { Ask::New };
    let filled = Filled::over(ask.as_str(), answer, &form.standing);
    let fields = vec![
        section("Who it is", who(&filled, form, id.is_none())),
        section("Its keys", keys(&filled)),
        section("Its tokens", tokens(&filled)),
        section("Asking it", asking(&filled)),
        section("Agents and roles", agents(&filled)),
    ];
    let title = if id.is_some() { "Edit issuer" } else { "New issuer" };
    FormCard {
        filled,
        title: title.to_owned(),
        url: SaveIssuer::url(),
        values: id.map(|id| ("id", id.to_owned())).into_iter().collect(),
        lead: vec![
            "Its tokens say who calls, and nothing more: what the caller may do is read here on every call."
                .to_owned(),
        ],
        fields,
        button: if id.is_some() { "Save issuer" } else { "Add issuer" },
        destructive: false,
        cancel,
    }
    .draw()
}

fn section(title: &'static str, fields: Vec<AnyView>) -> AnyView {
    view! {
        <div class="form-section">
            <h3>{title}</h3>
            {fields}
        </div>
    }
    .into_any()
}

fn who(filled: &Filled, form: &IssuerForm, new: bool) -> Vec<AnyView> {
    let url = new.then(|| {
        Input::text("url", "URL")
            .code()
            .help("The iss of its tokens, letter by letter. It stays.")
            .draw(filled, "")
    });
    let name = Input::text("name", "Name")
        .optional()
        .help("What people read. Left empty, it is the URL.")
        .draw(filled, "");
    let help = if form.tenants.is_empty() {
        "There is no tenant yet. Its tokens count nowhere until there is one."
    } else {
        "Where its tokens count. Elsewhere its callers are members of nothing."
    };
    let tenants: Vec<Choice> = form.tenants.iter().map(Choice::from).collect();
    let tenants = boxes(filled, "tenants", "Tenants", help, "field", &tenants, &[]);
    url.into_iter().chain([name, tenants]).collect()
}

fn keys(filled: &Filled) -> Vec<AnyView> {
    vec![
        radios(filled, "keys", "Where they come from", "radios", KEYS, ""),
        Input::text("jwks_url", "Address of the key set")
            .optional()
            .code()
            .help("Such as https://idp.example/keys.")
            .draw(filled, ""),
        area(filled, "jwks", "Key set", 8, "A JWK set with public keys alone: {\"keys\": [ … ]}."),
        Input::number("keys_max_age", "Last keys are used for, in seconds")
            .help("While the issuer cannot be reached; 60 to 2592000. Longer is weaker: a key that it withdraws meanwhile counts.")
            .draw(filled, ""),
    ]
}

fn asking(filled: &Filled) -> Vec<AnyView> {
    vec![
        radios(filled, "introspection", "Is it asked about its tokens?", "radios", INTROSPECTION, "none"),
        Input::text("endpoint", "Address to ask at")
            .optional()
            .code()
            .help("Left empty, the issuer's metadata names it.")
            .draw(filled, ""),
        Input::text("client_id", "Client id")
            .optional()
            .code()
            .help("Who Countersign is to the issuer.")
            .draw(filled, ""),
        Input::secret("client_secret", "Client secret")
            .help("Kept in the vault and never shown again. Left empty, the one that is kept stays; another address needs it anew.")
            .draw(filled, ""),
    ]
}

fn agents(filled: &Filled) -> Vec<AnyView> {
    vec![
        radios(
            filled,
            "actor_claim",
            "Claim that names who acts for the subject",
            "radios radios-pairs",
            ACTOR,
            "none",
        ),
        switch(
            filled,
            "actor_optional",
            "A token may name nobody who acts",
            "Then it is the subject's own. Off: it is denied. A claim act counts in any case.",
            false,
        ),
        area(
            filled,
            "role_mappings",
            "Claims that stand for roles",
            4,
            "One on each line: groups = staff -> support-agent @ acme. A ~ instead of = takes a pattern with *. They count beside a membership in that tenant.",
        ),
    ]
}

fn tokens(filled: &Filled) -> Vec<AnyView> {
    let algorithms: Vec<Choice> =
        ALGORITHMS.iter().map(|(value, label)| Choice::new(*value, *label)).collect();
    vec![
        boxes(
            filled,
            "algorithms",
            "Signed with",
            "Tokens with another signature are refused.",
            "field boxes-pairs",
            &algorithms,
            &[],
        ),
        area(
            filled,
            "audiences",
            "Audiences",
            3,
            "If given, a token must name one of them too, one on each line. It must name one of the called server's in any case.",
        ),
        switch(
            filled,
            "require_typ",
            "Require the type at+jwt",
            "Off is weaker: only the claims tell an access token from an ID token.",
            false,
        ),
        switch(
            filled,
            "require_jti",
            "Require a token id (jti)",
            "Off is weaker: a token without it cannot be revoked by itself.",
            false,
        ),
        Input::number("clock_skew", "Clock skew, in seconds")
            .help("By how much its clock may differ; at most 300. Longer is weaker: an expired token counts for that much longer.")
            .draw(filled, ""),
        Input::text("subject_claim", "Claim that names the subject")
            .code()
            .help("The sub of an identity is read from it.")
            .draw(filled, ""),
        radios(filled, "unknown_subjects", "Callers that nobody is known by", "radios radios-pairs", UNKNOWN, ""),
    ]
}
