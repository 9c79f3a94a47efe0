//! Tokens of a real, certified provider: taken while everything about them holds, denied on the next call after any of
//! it ended, on every replica.

use tests::on_both_databases;

on_both_databases!(
    tokens_of_a_real_provider_are_verified,
    whatever_is_taken_away_denies_the_next_call_with_the_same_token,
    a_token_and_a_whole_subject_can_be_revoked,
    keys_are_rotated_and_the_provider_goes_down,
    opaque_tokens_of_a_real_provider_are_asked_about,
    tokens_that_a_real_provider_binds_to_a_key_need_its_proof,
);

/// `e2e/support/provider.mjs`, running.
mod provider {
    use serde_json::Value;

    /// The URL of the demo's CRM server, which is its audience.
    pub(super) const CRM: &str = "http://127.0.0.1:9000/mcp";

    #[derive(Debug)]
    pub(super) struct Provider {
        running: tests::provider::Provider,
        http: reqwest::Client,
        pub(super) url: String,
    }

    impl Provider {
        pub(super) fn start() -> Self {
            let running = tests::provider::Provider::start("provider.mjs", CRM);
            // Plain http; the TLS provider is only needed so that a client can be built at all.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let http = reqwest::Client::builder().no_proxy().build().expect("a client");
            let url = running.url.clone();
            Self { running, http, url }
        }

        /// Fresh keys; the old ones are published no longer.
        pub(super) fn rotate(&mut self) {
            self.running.order("rotate", "rotated");
        }

        pub(super) fn stop(&mut self) {
            self.running.stop();
        }

        /// An access token of this client, for the resource that it names.
        pub(super) async fn token(&self, client: &str, resource: &str) -> String {
            self.asked_for_token(client, resource, None).await
        }

        /// The same, bound to the key of this proof.
        pub(super) async fn bound_token(&self, client: &str, resource: &str, proof: &str) -> String {
            self.asked_for_token(client, resource, Some(proof)).await
        }

        async fn asked_for_token(&self, client: &str, resource: &str, proof: Option<&str>) -> String {
            let mut request = self
                .http
                .post(format!("{}/token", self.url))
                .basic_auth(client, Some(client))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("grant_type=client_credentials&scope=crm:refund&resource={resource}"));
            if let Some(proof) = proof {
                request = request.header("dpop", proof);
            }
            let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
            answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
        }
    }
}

mod stories {
    use super::provider::{CRM, Provider};
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use pdp::Secret;
    use pdp::tokens::Tokens;
    use policy::{SubjectId, Timestamp};
    use serde_json::{Value, json};
    use std::time::{Duration, Instant};
    use tests::pep::refund;
    use tests::world::operator;
    use tests::{Backend, Pep, World};

    async fn reason(pep: &Pep, token: &str) -> String {
        pep.call(token, "refund", refund()).await.reason().to_owned()
    }

    /// The issuer, and three of its clients as members of acme.
    fn registered(url: &str) -> String {
        let subjects = ["support-app", "billing-app", "night-job"].map(|name| {
            format!(
                "  - id: {name}\n    kind: service\n    active: true\n    \
                 identities: [{{ issuer: \"{url}\", sub: {name} }}]\n    \
                 memberships: [{{ tenant: acme, roles: [support-agent] }}]\n"
            )
        });
        format!(
            "issuers:\n  - url: {url}\n    name: The company\n    active: true\n    tenants: [acme]\n    \
             audiences: []\n    algorithms: [RS256, ES256, EdDSA]\n    clock_skew: 0\nsubjects:\n{}",
            subjects.concat()
        )
    }

    /// Asks again until it is so: for what only time brings about.
    async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
        let start = Instant::now();
        while !so().await {
            assert!(start.elapsed() < Duration::from_secs(120), "{what} within 120 s");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(super) async fn tokens_of_a_real_provider_are_verified(backend: Backend) {
        let provider = Provider::start();
        let world = World::demo(backend).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let token = provider.token("support-app", CRM).await;
        assert_eq!(reason(&crm, &token).await, "token_invalid", "nobody knows the issuer");
        world.apply(&registered(&provider.url)).await;

        // Signed with each kind of key.
        for client in ["support-app", "billing-app", "night-job"] {
            let token = provider.token(client, CRM).await;
            assert_eq!(reason(&crm, &token).await, "allowed", "{client}");
        }
        // The policy is the same as for everybody else.
        let token = provider.token("support-app", CRM).await;
        let told = crm
            .call(&token, "refund", json!({"customer_id": "c-42", "amount": 700, "currency": "EUR"}))
            .await;
        assert_eq!(told.reason(), "parameters_out_of_scope");
        // The decision is recorded, the token is not.
        let id = told.decision_id.expect("an id");
        let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
        let record = format!("{record:?}");
        let (_, signature) = token.rsplit_once('.').expect("a JWT");
        assert!(record.contains("support-app") && !record.contains(signature), "{record}");

        // An API key beside it still is one.
        assert_eq!(reason(&crm, world.secret("ALICE_KEY")).await, "allowed");

        let stranger = provider.token("stranger", CRM).await;
        assert_eq!(reason(&crm, &stranger).await, "unknown_subject");
        let elsewhere = provider.token("support-app", "https://elsewhere.example/mcp").await;
        assert_eq!(reason(&crm, &elsewhere).await, "token_wrong_audience");
        let opaque = provider.token("support-app", "urn:story:opaque").await;
        assert_eq!(reason(&crm, &opaque).await, "token_invalid");
        // Somebody else's claims under a good signature, and a good token under somebody else's name.
        let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (own, other) = (parts(&token), parts(&stranger));
        let mixed = [own[0].as_str(), &other[1], &own[2]].join(".");
        assert_eq!(reason(&crm, &mixed).await, "token_invalid");
        let mut as_alice = tests::pep::call_body(&token, "refund", refund());
        as_alice["subject"]["id"] = json!("alice");
        assert_eq!(crm.ask(&as_alice).await.reason(), "token_invalid");

        // Used while it is good, and then no longer.
        let short = provider.token("support-app", "urn:story:short").await;
        eventually("the token ends", async || reason(&crm, &short).await == "token_expired").await;
        replica.stop().await;
    }

    pub(super) async fn whatever_is_taken_away_denies_the_next_call_with_the_same_token(backend: Backend) {
        let provider = Provider::start();
        let world = World::demo(backend).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let crm = world.crm(&one);
        let url = &provider.url;
        let token = provider.token("support-app", CRM).await;
        for (taken, wanted) in [
            (
                "subjects: [{id: support-app, memberships: [{tenant: acme, roles: []}]}]".to_owned(),
                "no_matching_rule",
            ),
            ("subjects: [{id: support-app, memberships: []}]".to_owned(), "no_membership"),
            ("subjects: [{id: support-app, active: false}]".to_owned(), "subject_disabled"),
            ("subjects: [{id: support-app, identities: []}]".to_owned(), "unknown_subject"),
            (format!("issuers: [{{url: \"{url}\", active: false}}]"), "token_invalid"),
            (format!("issuers: [{{url: \"{url}\", tenants: []}}]"), "no_membership"),
            (format!("issuers: [{{url: \"{url}\", tenants: [globex]}}]"), "no_membership"),
            (format!("issuers: [{{url: \"{url}\", algorithms: [RS256]}}]"), "token_invalid"),
            (
                format!("issuers: [{{url: \"{url}\", audiences: [\"https://elsewhere.example\"]}}]"),
                "token_wrong_audience",
            ),
        ] {
            world.apply(&registered(url)).await;
            for replica in [&one, &two] {
                let crm = crm.at(replica.address());
                assert_eq!(reason(&crm, &token).await, "allowed", "before {taken}");
            }
            world.apply(&taken).await;
            for replica in [&two, &one] {
                let crm = crm.at(replica.address());
                assert_eq!(reason(&crm, &token).await, wanted, "{taken}");
            }
        }
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn a_token_and_a_whole_subject_can_be_revoked(backend: Backend) {
        let provider = Provider::start();
        let world = World::demo(backend).await;
        world.apply(&registered(&provider.url)).await;
        let (one, two) = (world.replica().await, world.replica().await);
        let (crm, other) = (world.crm(&one), world.crm(&one).at(two.address()));
        let first = provider.token("support-app", CRM).await;
        let second = provider.token("support-app", CRM).await;
        let foreign = provider.token("night-job", CRM).await;
        for pep in [&crm, &other] {
            for token in [&first, &second, &foreign] {
                assert_eq!(reason(pep, token).await, "allowed");
            }
        }

        // This one token.
        let shown = Secret::new(first.as_str());
        let jwt = Tokens::read(&shown).expect("a JWT");
        let jti = jwt.says().jti().expect("a jti");
        let until = Timestamp::parse("2100-01-01T00:00:00Z").expect("a moment");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.revoke_token(&provider.url, jti, until).await.expect("revoked");
        writer.commit().await.expect("commits");
        for pep in [&other, &crm] {
            assert_eq!(reason(pep, &first).await, "token_revoked");
            assert_eq!(reason(pep, &second).await, "allowed", "another token of the same subject");
        }

        // All that the subject has; what it gets from now on counts, and so does what others have.
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        writer.sign_out_everywhere(&SubjectId::new("support-app")).await.expect("signed out");
        writer.commit().await.expect("commits");
        for pep in [&crm, &other] {
            assert_eq!(reason(pep, &second).await, "token_revoked");
            assert_eq!(reason(pep, &foreign).await, "allowed");
        }
        // Tokens say the second in which they were issued, and that second is over soon.
        eventually("a new token is taken", async || {
            let token = provider.token("support-app", CRM).await;
            reason(&crm, &token).await == "allowed"
        })
        .await;
        assert_eq!(reason(&other, &second).await, "token_revoked");
        one.stop().await;
        two.stop().await;
    }

    pub(super) async fn keys_are_rotated_and_the_provider_goes_down(backend: Backend) {
        let mut provider = Provider::start();
        let world = World::demo(backend).await;
        world.apply(&registered(&provider.url)).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let old = provider.token("support-app", CRM).await;
        assert_eq!(reason(&crm, &old).await, "allowed");

        // The new key is found by the first token that names it, and the old one is gone with that.
        provider.rotate();
        let new = provider.token("support-app", CRM).await;
        assert_eq!(reason(&crm, &new).await, "allowed");
        assert_eq!(reason(&crm, &old).await, "token_invalid");

        // Nobody is asked for keys that are at hand; who never had them denies.
        let (another, billing) = (world.replica().await, provider.token("billing-app", CRM).await);
        provider.stop();
        for token in [&new, &billing] {
            assert_eq!(reason(&crm, token).await, "allowed");
        }
        assert_eq!(reason(&crm.at(another.address()), &new).await, "token_invalid");
        replica.stop().await;
        another.stop().await;
    }

    /// The issuer as it is asked about tokens.
    fn asked_about(url: &str) -> String {
        format!(
            "issuers:\n  - url: {url}\n    require_jti: false\n    \
             introspection: {{ client_id: countersign, client_secret_env: PROVIDER_SECRET }}\n"
        )
    }

    pub(super) async fn opaque_tokens_of_a_real_provider_are_asked_about(backend: Backend) {
        let mut provider = Provider::start();
        let mut world = World::demo(backend).await;
        // The secret of each client is its name.
        world.set_secret("PROVIDER_SECRET", "countersign");
        world.apply(&registered(&provider.url)).await;
        world.apply(&asked_about(&provider.url)).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let opaque = provider.token("support-app", "urn:story:opaque").await;
        assert_eq!(reason(&crm, &opaque).await, "allowed");
        let stranger = provider.token("stranger", "urn:story:opaque").await;
        assert_eq!(reason(&crm, &stranger).await, "unknown_subject");
        assert_eq!(reason(&crm, "nobody-gave-this-out").await, "token_invalid");
        assert_eq!(reason(&crm, world.secret("ALICE_KEY")).await, "allowed");
        provider.stop();
        assert_eq!(reason(&crm, &opaque).await, "policy_unavailable");
        assert_eq!(reason(&crm, world.secret("ALICE_KEY")).await, "allowed");
        replica.stop().await;
    }

    pub(super) async fn tokens_that_a_real_provider_binds_to_a_key_need_its_proof(backend: Backend) {
        let provider = Provider::start();
        let world = World::demo(backend).await;
        world.apply(&registered(&provider.url)).await;
        let replica = world.replica().await;
        let crm = world.crm(&replica);
        let proof = proof(&json!({"jti": "at-the-provider", "htm": "POST",
            "htu": format!("{}/token", provider.url), "iat": seconds()}));
        let token = provider.bound_token("support-app", CRM, &proof).await;
        assert_eq!(reason(&crm, &token).await, "token_invalid", "it is bound to a key");
        let mut body = tests::pep::call_body(&token, "refund", refund());
        for (url, wanted) in
            [("https://evil.example", "token_invalid"), (CRM, "allowed"), (CRM, "token_invalid")]
        {
            body["context"]["dpop"] = json!({"proof": for_call(&token), "method": "POST", "url": url});
            assert_eq!(crm.ask(&body).await.reason(), wanted, "{url}");
        }
        replica.stop().await;
    }

    fn seconds() -> i64 {
        server::clock::system()().micros() / 1_000_000
    }

    /// Signed with a key that everybody knows.
    fn proof(claims: &Value) -> String {
        let der = include_bytes!("../../../pdp/src/tokens/tests/keys/es256-one.der");
        let key = EncodingKey::from_ec_der(der);
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("dpop+jwt".to_owned());
        header.jwk = Some(Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a key"));
        encode(&header, claims, &key).expect("signs")
    }

    /// The same id each time: the second one was shown before.
    fn for_call(token: &str) -> String {
        let digest = hex::decode(Secret::new(token).digest()).expect("hexadecimal");
        let ath = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, digest);
        proof(&json!({"jti": "at-the-server", "htm": "POST", "htu": CRM, "iat": seconds(), "ath": ath}))
    }
}
