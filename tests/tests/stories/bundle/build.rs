//! Building a world from its sketch, past the bundle.

use crate::bundle::sketch::{ServerSketch, Sketch, SubjectSketch, ToolSketch};
use pdp::catalog::definition_hash;
use policy::labels::TaskNeed;
use policy::{ReviewState, Rule, ServerSlug, SubjectId, TenantSlug, Timestamp};
use serde_json::{Map, Value, json};
use store::administration::{
    Credential, Identity, Membership, NewApiKey, Role, Server, Subject, Tenant, Tool,
};
use store::{Store, Writer};
use tests::world::operator;

/// Digests of secrets that nobody has.
struct Digests(u64);

impl Digests {
    fn fresh(&mut self) -> String {
        self.0 += 1;
        format!("{:064x}", self.0)
    }
}

impl Sketch {
    fn tenant(&self, place: usize) -> TenantSlug {
        TenantSlug::new(format!("t{}", place % self.tenants.len()))
    }

    pub(crate) async fn build(&self, store: &Store) {
        let mut writer = store.write(operator()).await.expect("a unit of work");
        let mut digests = Digests(0);
        for (place, (name, active)) in self.tenants.iter().enumerate() {
            let tenant = Tenant { active: *active, ..Tenant::new(self.tenant(place), name.as_str()) };
            writer.put_tenant(&tenant).await.expect("a tenant");
        }
        for (name, (tenant, description)) in &self.roles {
            let tenant = tenant.map(|place| self.tenant(place));
            let role = Role { description: description.clone(), ..Role::new(tenant, name.as_str()) };
            writer.put_role(&role).await.expect("a role");
        }
        for (place, (id, sketch)) in self.subjects.iter().enumerate() {
            self.build_subject(&mut writer, place, id, sketch, &mut digests).await;
        }
        for (place, sketch) in self.servers.iter().enumerate() {
            self.build_server(&mut writer, place, sketch).await;
        }
        for (name, (tenant, rule)) in &self.rules {
            let mut members: Map<String, Value> = serde_json::from_str(rule).expect("JSON");
            members.insert("name".to_owned(), json!(name));
            if let Some(place) = tenant {
                members.insert("tenant".to_owned(), json!(self.tenant(*place)));
            }
            let rule: Rule = serde_json::from_value(Value::Object(members)).expect("a rule");
            writer.put_rule(&rule).await.expect("is stored");
        }
        for (name, sketch) in &self.credentials {
            let server = sketch.bound.1.filter(|_| !self.servers.is_empty());
            let credential = Credential {
                tenant: sketch.bound.0.map(|place| self.tenant(place)),
                server: server.map(|place| ServerSlug::new(format!("s{}", place % self.servers.len()))),
                trust: sketch.trust,
                arguments: sketch.arguments,
                responses: sketch.responses,
                active: sketch.active,
                search: sketch.search,
                ..Credential::new(name.as_str())
            };
            let stored = writer.put_credential(&credential).await.expect("a credential");
            for _ in 0..sketch.keys {
                writer.add_credential_key(&stored.id, &digests.fresh(), None).await.expect("a key");
            }
        }
        writer.commit().await.expect("commits");
    }

    async fn build_subject(
        &self,
        writer: &mut Writer,
        place: usize,
        id: &str,
        sketch: &SubjectSketch,
        digests: &mut Digests,
    ) {
        let id = SubjectId::new(id);
        // Nobody shares an identity.
        let identities = sketch
            .identities
            .iter()
            .enumerate()
            .map(|(n, (issuer, sub))| Identity { issuer: issuer.clone(), sub: format!("{sub}{place}-{n}") });
        let subject = Subject {
            name: sketch.name.clone(),
            active: sketch.active,
            attributes: sketch.attributes.clone().into_iter().collect(),
            identities: identities.collect(),
            ..Subject::new(id.clone(), sketch.kind)
        };
        writer.put_subject(&subject).await.expect("a subject");
        for (tenant, (roles, until)) in &sketch.memberships {
            let tenant = self.tenant(*tenant);
            let there: Vec<&String> = self
                .roles
                .iter()
                .filter(|(_, (of, _))| of.is_none_or(|of| self.tenant(of) == tenant))
                .map(|(name, _)| name)
                .collect();
            let roles = roles.iter().filter_map(|place| there.get(*place)).map(|name| (*name).clone());
            let membership =
                Membership { subject: id.clone(), roles: roles.collect(), tenant, until: *until };
            writer.put_membership(&membership).await.expect("a membership");
        }
        for (name, expires_at) in &sketch.keys {
            let digest = digests.fresh();
            let key = NewApiKey { subject: &id, name, digest: &digest, expires_at: *expires_at };
            writer.put_api_key(&key).await.expect("a key");
        }
    }

    async fn build_server(&self, writer: &mut Writer, place: usize, sketch: &ServerSketch) {
        let slug = ServerSlug::new(format!("s{place}"));
        let server = Server {
            name: sketch.texts.0.clone(),
            enabled: sketch.flags.0,
            check_arguments: sketch.flags.1,
            audiences: sketch.audiences.clone(),
            tenants: sketch.tenants.iter().map(|place| self.tenant(*place)).collect(),
            ..Server::new(slug.clone(), sketch.texts.1.as_str())
        };
        writer.put_server(&server).await.expect("a server");
        for (name, sketch) in &sketch.tools {
            let tool = sketch.tool(&slug, name, writer.now());
            writer.put_tool(&tool).await.expect("a tool");
        }
    }
}

impl ToolSketch {
    fn tool(&self, server: &ServerSlug, name: &str, now: Timestamp) -> Tool {
        let mut members = Map::new();
        members.insert("name".to_owned(), json!(name));
        for (key, value) in [
            ("title", self.title.as_ref().map(|text| json!(text))),
            ("description", self.description.as_ref().map(|text| json!(text))),
            ("inputSchema", self.input_schema.clone()),
            ("outputSchema", self.output_schema.clone()),
            ("execution", self.more.clone()),
        ] {
            if let Some(value) = value {
                members.insert(key.to_owned(), value);
            }
        }
        let (read_only, check_schema, known) = self.flags;
        let listed = Value::Object(members);
        let reviewed = match self.review {
            ReviewState::Reviewed | ReviewState::Changed => Some(listed.clone()),
            ReviewState::Gone => known.then(|| listed.clone()),
            ReviewState::New => None,
        };
        let offered = match self.review {
            ReviewState::Gone => None,
            ReviewState::Changed => Some(json!({"name": name, "inputSchema": {}, "title": "Changed"})),
            ReviewState::New | ReviewState::Reviewed => known.then_some(listed),
        };
        Tool {
            review: self.review,
            risk: self.risk,
            sensitivity: self.sensitivity,
            read_only,
            check_schema,
            task: if known { TaskNeed::Required } else { TaskNeed::Optional },
            redact: self.redact.iter().map(|pointer| (*pointer).to_owned()).collect(),
            reviewed_at: reviewed.as_ref().map(|_| now),
            reviewed_by: reviewed.as_ref().map(|_| "ada".to_owned()),
            definition_hash: reviewed.as_ref().map(definition_hash),
            definition: reviewed,
            offered_hash: offered.as_ref().map(definition_hash),
            offered,
            ..Tool::new(server.clone(), name)
        }
    }
}
