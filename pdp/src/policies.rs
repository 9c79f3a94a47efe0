//! Step 4: assemble. The compiled policy of each tenant, kept and reused only while the revision that was read in the
//! same call is still the one it was compiled at. There is no time-to-live anywhere.

use lru::LruCache;
use policy::compile::{
    BreakGlass, CompiledRule, CompiledTool, Emergency, PolicySet, RuleSource, ServerSource, StopSwitch,
    TenantState, ToolSource,
};
use policy::evaluate::tenant_of;
use policy::facts::{Facts, Revision};
use policy::pattern::Pattern;
use policy::{Call, RuleId, TenantSlug, ToolId};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::administration::BreakGlassGrant;
use store::snapshot::PolicySnapshot;
use store::{Store, StoreError};

const TENANTS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();
const RULES: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();
const TOOLS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// How long a call waits for another one's reload.
const TURN: Duration = Duration::from_secs(3);

/// One tenant's place: its newest set, and the lock under which it is reloaded.
#[derive(Debug, Default)]
struct Place {
    set: Mutex<Option<Arc<PolicySet>>>,
    /// One reload per tenant at a time; the others wait and take what it brought.
    reload: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
pub(crate) struct Policies {
    store: Store,
    places: Mutex<LruCache<TenantSlug, Arc<Place>>>,
    rules: Mutex<LruCache<RuleId, Arc<CompiledRule>>>,
    tools: Mutex<LruCache<ToolId, Arc<CompiledTool>>>,
}

/// What was found for one round's facts.
pub(crate) enum Matched {
    Set(Arc<PolicySet>),
    /// No tenant, or no policy of this moment: evaluation denies.
    None,
    Reloaded,
}

/// Libraries that panic on hostile text must not take a tenant down: what cannot be compiled forbids.
fn compile_rule(source: &RuleSource) -> CompiledRule {
    catch_unwind(AssertUnwindSafe(|| CompiledRule::compile_or_break(source)))
        .unwrap_or_else(|_| CompiledRule::broken_by(source, "compiling it panicked"))
}

fn compile_tool(source: ToolSource) -> CompiledTool {
    let kept = source.clone();
    catch_unwind(AssertUnwindSafe(|| CompiledTool::compile(source)))
        .unwrap_or_else(|_| CompiledTool::not_usable(kept))
}

/// Of grants only what is whole counts: confirmed by somebody, for some time, for tools that can be told.
fn emergency(stops: Vec<store::administration::StopSwitch>, grants: Vec<BreakGlassGrant>) -> Emergency {
    let switch = |stop: store::administration::StopSwitch| StopSwitch {
        scope: stop.scope,
        target: stop.target,
        reason: stop.reason,
        by: stop.by,
        at: stop.at,
    };
    let grant = |grant: BreakGlassGrant| {
        Some(BreakGlass {
            tools: Pattern::parse(&grant.tools).ok()?,
            confirmed_by: grant.confirmed_by?,
            from: grant.confirmed_at?,
            until: grant.until?,
            id: grant.id,
            subject: grant.subject,
            reason: grant.reason,
            asked_by: grant.asked_by,
        })
    };
    Emergency::new(stops.into_iter().map(switch).collect(), grants.into_iter().filter_map(grant).collect())
}

/// Nothing that holds these locks can leave a half-written value behind, so a poisoned one is still good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Policies {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            places: Mutex::new(LruCache::new(TENANTS)),
            rules: Mutex::new(LruCache::new(RULES)),
            tools: Mutex::new(LruCache::new(TOOLS)),
        }
    }

    /// The compiled policy that goes with these facts. After a reload the facts are read again, so that both
    /// are of one moment.
    pub(crate) async fn matching(
        &self,
        facts: &Facts,
        call: &Call,
        may_reload: bool,
    ) -> Result<Matched, StoreError> {
        let Some(tenant) = tenant_of(facts, call) else { return Ok(Matched::None) };
        let Ok(membership) = facts.membership(Some(tenant)) else { return Ok(Matched::None) };
        let revision = Revision { global: facts.global_revision, tenant: membership.tenant_revision };
        self.at(tenant, revision, may_reload).await
    }

    /// The compiled policy of a tenant at one revision.
    pub(crate) async fn at(
        &self,
        tenant: &TenantSlug,
        revision: Revision,
        may_reload: bool,
    ) -> Result<Matched, StoreError> {
        if let Some(set) = self.at_hand(tenant, revision) {
            return Ok(Matched::Set(set));
        }
        if !may_reload {
            return Ok(Matched::None);
        }
        Ok(if self.reload(tenant).await? { Matched::Reloaded } else { Matched::None })
    }

    /// The set compiled at exactly `revision`, where it is at hand.
    fn at_hand(&self, tenant: &TenantSlug, revision: Revision) -> Option<Arc<PolicySet>> {
        let place = self.place(tenant);
        let set = lock(&place.set).clone()?;
        (set.revision == revision).then_some(set)
    }

    /// Reads and compiles the tenant's policy, unless somebody else did so while we waited for our turn.
    /// False where the turn did not come in time.
    async fn reload(&self, tenant: &TenantSlug) -> Result<bool, StoreError> {
        let place = self.place(tenant);
        // Held until the end, so that no other set can take its address.
        let before = lock(&place.set).clone();
        let Ok(_turn) = tokio::time::timeout(TURN, place.reload.lock()).await else { return Ok(false) };
        let now = lock(&place.set).clone();
        if before.as_ref().map(Arc::as_ptr) != now.as_ref().map(Arc::as_ptr) {
            return Ok(true);
        }
        let set = self.read(tenant).await?.map(|snapshot| Arc::new(self.compile(snapshot, None)));
        *lock(&place.set) = set;
        Ok(true)
    }

    /// The tenant's policy. Where it does not read back, a stop of the whole tenant still holds, and is the reason.
    async fn read(&self, tenant: &TenantSlug) -> Result<Option<PolicySnapshot>, StoreError> {
        match self.store.read_policy(tenant).await {
            Err(error @ StoreError::Corrupt { .. }) => match self.store.read_whole_stop(tenant).await? {
                Some(stopped) => {
                    tracing::error!(%error, %tenant, "policy unreadable; the tenant is stopped as a whole");
                    Ok(Some(stopped))
                }
                None => Err(error),
            },
            other => other,
        }
    }

    fn place(&self, tenant: &TenantSlug) -> Arc<Place> {
        let mut places = lock(&self.places);
        if let Some(place) = places.get(tenant) {
            return place.clone();
        }
        let place = Arc::<Place>::default();
        places.put(tenant.clone(), place.clone());
        place
    }

    /// The tenant's policy of this moment with `draft` in the place of the rule `replaces`, or beside all others.
    /// It is never kept.
    pub(crate) async fn with_draft(
        &self,
        tenant: &TenantSlug,
        draft: Option<Arc<CompiledRule>>,
        replaces: Option<&RuleId>,
    ) -> Result<Option<PolicySet>, StoreError> {
        let Some(mut snapshot) = self.store.read_policy(tenant).await? else { return Ok(None) };
        snapshot.rules.retain(|stored| Some(&stored.id) != replaces);
        Ok(Some(self.compile(snapshot, draft)))
    }

    fn compile(&self, snapshot: PolicySnapshot, draft: Option<Arc<CompiledRule>>) -> PolicySet {
        let rules = snapshot
            .rules
            .into_iter()
            .map(|stored| {
                self.rule(&RuleSource { id: stored.id, version: stored.version, rule: stored.rule })
            })
            .chain(draft)
            .collect();
        let servers = snapshot
            .servers
            .into_iter()
            .map(|entry| ServerSource {
                slug: entry.server.slug,
                enabled: entry.server.enabled,
                // A server that names no audience is known by its URL.
                audiences: if entry.server.audiences.is_empty() {
                    vec![entry.server.url]
                } else {
                    entry.server.audiences
                },
                check_arguments: entry.server.check_arguments,
                tools: entry.tools.into_iter().map(|tool| self.tool(tool)).collect(),
            })
            .collect();
        let tenant = TenantState {
            slug: snapshot.tenant.slug,
            name: snapshot.tenant.name,
            active: snapshot.tenant.active,
        };
        let global = snapshot.global_roles;
        let roles = snapshot.roles.into_iter().map(|name| {
            let is_global = global.contains(&name);
            (name, is_global)
        });
        let emergency = emergency(snapshot.stops, snapshot.break_glass);
        PolicySet::new(snapshot.revision, tenant, servers, rules).with_roles(roles).with_emergency(emergency)
    }

    /// Compiles only what is new: an equal rule is taken over as it is.
    fn rule(&self, source: &RuleSource) -> Arc<CompiledRule> {
        let known = lock(&self.rules).get(&source.id).cloned();
        match known.filter(|known| known.version == source.version && known.rule == source.rule) {
            Some(known) => known,
            None => {
                let compiled = Arc::new(compile_rule(source));
                lock(&self.rules).put(source.id.clone(), compiled.clone());
                compiled
            }
        }
    }

    fn tool(&self, stored: store::administration::Tool) -> Arc<CompiledTool> {
        let input_schema = stored.definition.as_ref().and_then(|tool| tool.get("inputSchema")).cloned();
        let source = ToolSource {
            id: stored.id,
            name: stored.name,
            review: stored.review,
            risk: stored.risk,
            sensitivity: stored.sensitivity,
            read_only: stored.read_only,
            definition_hash: stored.definition_hash,
            redact: stored.redact,
            input_schema,
            check_schema: stored.check_schema,
            bindings: stored.bindings,
            scopes: stored.scopes,
            task: stored.task,
            mapping: stored.mapping,
        };
        let known = lock(&self.tools).get(&source.id).cloned();
        match known.filter(|known| known.source == source) {
            Some(known) => known,
            None => {
                let id = source.id.clone();
                let compiled = Arc::new(compile_tool(source));
                lock(&self.tools).put(id, compiled.clone());
                compiled
            }
        }
    }
}
