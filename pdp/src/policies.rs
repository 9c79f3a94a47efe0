//! The compiled policy of each tenant, kept and reused only while the revision that was read in the same call
//! is still the one it was compiled at. There is no time-to-live anywhere.

use lru::LruCache;
use policy::compile::{
    CompiledRule, CompiledTool, PolicySet, RuleSource, ServerSource, TenantState, ToolSource,
};
use policy::evaluate::tenant_of;
use policy::facts::{Facts, Revision};
use policy::{Call, RuleId, TenantSlug, ToolId};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use store::snapshot::PolicySnapshot;
use store::{Store, StoreError};

const TENANTS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();
const RULES: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();
const TOOLS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

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

/// Nothing that holds these locks can leave a half-written value behind, so a poisoned one is still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
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
        if let Some(set) = self.at_hand(tenant, revision) {
            return Ok(Matched::Set(set));
        }
        if !may_reload {
            return Ok(Matched::None);
        }
        self.reload(tenant, revision).await?;
        Ok(Matched::Reloaded)
    }

    /// The set compiled at exactly `revision`, where it is at hand.
    fn at_hand(&self, tenant: &TenantSlug, revision: Revision) -> Option<Arc<PolicySet>> {
        let place = self.place(tenant);
        let set = lock(&place.set).clone()?;
        (set.revision == revision).then_some(set)
    }

    /// Reads and compiles the tenant's policy, unless somebody else just brought the wanted revision.
    async fn reload(&self, tenant: &TenantSlug, wanted: Revision) -> Result<(), StoreError> {
        let place = self.place(tenant);
        let _turn = place.reload.lock().await;
        if lock(&place.set).as_ref().is_some_and(|set| set.revision == wanted) {
            return Ok(());
        }
        let set = self.store.read_policy(tenant).await?.map(|snapshot| Arc::new(self.compile(snapshot)));
        *lock(&place.set) = set;
        Ok(())
    }

    fn place(&self, tenant: &TenantSlug) -> Arc<Place> {
        lock(&self.places).get_or_insert(tenant.clone(), Arc::default).clone()
    }

    fn compile(&self, snapshot: PolicySnapshot) -> PolicySet {
        let rules = snapshot
            .rules
            .into_iter()
            .map(|stored| {
                self.rule(&RuleSource { id: stored.id, version: stored.version, rule: stored.rule })
            })
            .collect();
        let servers = snapshot
            .servers
            .into_iter()
            .map(|entry| ServerSource {
                slug: entry.server.slug,
                enabled: entry.server.enabled,
                audiences: entry.server.audiences,
                check_arguments: entry.server.check_arguments,
                tools: entry.tools.into_iter().map(|tool| self.tool(tool)).collect(),
            })
            .collect();
        let tenant = TenantState {
            slug: snapshot.tenant.slug,
            name: snapshot.tenant.name,
            active: snapshot.tenant.active,
        };
        PolicySet::new(snapshot.revision, tenant, servers, rules)
    }

    /// Compiles only what is new: an equal rule is taken over as it is.
    fn rule(&self, source: &RuleSource) -> Arc<CompiledRule> {
        let known = lock(&self.rules).get(&source.id).cloned();
        match known.filter(|known| known.version == source.version && known.rule == source.rule) {
            Some(known) => known,
            None => {
                let compiled = Arc::new(CompiledRule::compile_or_break(source));
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
        };
        let known = lock(&self.tools).get(&source.id).cloned();
        match known.filter(|known| known.source == source) {
            Some(known) => known,
            None => {
                let id = source.id.clone();
                let compiled = Arc::new(CompiledTool::compile(source));
                lock(&self.tools).put(id, compiled.clone());
                compiled
            }
        }
    }
}
