//! Reads what is in force and what was, and says what a stop would do, in numbers.

use super::query::EmergencyQuery;
use super::read::{Asked, EmergencyLine, EmergencyView};
use crate::components::untrusted::plain;
use crate::console::Console;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::count::Count;
use crate::pages::form::place::Ask;
use crate::pages::form::read::{ROWS, ROWS_AND_ONE, refuse_zero};
use policy::labels::StopScope;
use policy::{Reach, ServerSlug, SubjectId, TenantSlug, Timestamp};
use store::administration::{BreakGlassGrant, NewStop, Page, StopSwitch};
use store::{Store, StoreError};

/// Things are counted so far.
const MOST: usize = 1_000;
const SO_MANY: Page<'static> = Page { search: None, after: None, limit: 1_001 };
/// Measures in force that are shown.
const OPEN: u64 = 100;

pub(super) async fn view(
    console: &Console,
    reach: &Reach,
    query: EmergencyQuery,
) -> Result<EmergencyView, AppError> {
    refuse_zero([&query.before, &query.of])?;
    let (store, now) = (&console.store, console.now());
    let (stops, grants) = in_force(store, reach, OPEN).await?;
    let open = lines(&stops, &grants, reach, now);
    let before = query.before.as_deref();
    let (stops, grants) = match reach.tenants() {
        Some(own) => (
            store.list_tenant_stops(own, before, ROWS_AND_ONE).await?,
            store.list_tenant_break_glass(own, before, ROWS_AND_ONE).await?,
        ),
        None => (
            store.list_stops(before, ROWS_AND_ONE).await?,
            store.list_break_glass(before, ROWS_AND_ONE).await?,
        ),
    };
    let mut history = lines(&stops, &grants, reach, now);
    // Ids are in the order of time.
    history.sort_by(|a, b| b.id.cmp(&a.id));
    let more = history.len() > ROWS;
    history.truncate(ROWS);
    let next = history.last().filter(|_| more).map(|line| line.id.clone());
    // What is in force stands above.
    history.retain(|line| !line.open);
    let tenants = match (query.ask, reach.tenants()) {
        (Some(Ask::Stop | Ask::Glass), Some(own)) => own.iter().map(ToString::to_string).collect(),
        (Some(Ask::Stop | Ask::Glass), None) => {
            let all = store.list_tenants(&SO_MANY).await?;
            all.into_iter().map(|tenant| tenant.slug.to_string()).collect()
        }
        _ => Vec::new(),
    };
    let asked = match (query.ask, query.of.as_deref()) {
        (Some(Ask::Throw), Some(what)) => stop(store, reach, what).await?,
        (Some(Ask::Lift), Some(id)) => {
            let found = store.get_stop(id).await?.filter(|stop| is_own(reach, stop));
            found.map(|stop| lift(&stop))
        }
        (Some(Ask::Confirm | Ask::End), Some(id)) => {
            let found = store.get_break_glass(id).await?;
            found.filter(|grant| reach.holds(grant.tenant.as_str())).map(|grant| confirm(&grant))
        }
        _ => None,
    };
    Ok(EmergencyView { query, open, history, next, tenants, asked })
}

/// What is in force in the reader's tenants, or anywhere for who reaches everything; and the stop of everything.
///
/// # Errors
/// When the database does not answer, or holds what it must not.
pub async fn in_force(
    store: &Store,
    reach: &Reach,
    limit: u64,
) -> Result<(Vec<StopSwitch>, Vec<BreakGlassGrant>), StoreError> {
    Ok(match reach.tenants() {
        Some(own) => (
            store.list_active_tenant_stops(own, limit).await?,
            store.list_open_tenant_break_glass(own, limit).await?,
        ),
        None => (store.list_active_stops(limit).await?, store.list_open_break_glass(limit).await?),
    })
}

/// Whether the stop is the reader's to lift.
pub fn is_own(reach: &Reach, stop: &StopSwitch) -> bool {
    reach.owns(stop.tenant.as_ref().map(TenantSlug::as_str))
}

fn lines(
    stops: &[StopSwitch],
    grants: &[BreakGlassGrant],
    reach: &Reach,
    now: Timestamp,
) -> Vec<EmergencyLine> {
    let stops = stops.iter().map(|stop| stop_line(stop, reach, now));
    stops.chain(grants.iter().map(|grant| grant_line(grant, reach, now))).collect()
}

fn stop_line(stop: &StopSwitch, reach: &Reach, now: Timestamp) -> EmergencyLine {
    let state = match (stop.lifted_at, &stop.lifted_by) {
        (Some(at), Some(by)) => format!("lifted by {by}, {}", Moment::new(at, now).exact),
        _ => "in force".to_owned(),
    };
    EmergencyLine {
        id: stop.id.clone(),
        glass: false,
        what: stop.what(),
        reason: stop.reason.clone(),
        by: stop.by.clone(),
        at: Moment::new(stop.at, now),
        state,
        open: stop.is_active(),
        own: is_own(reach, stop),
        waits: false,
    }
}

fn grant_line(grant: &BreakGlassGrant, reach: &Reach, now: Timestamp) -> EmergencyLine {
    let exact = |at: Timestamp| Moment::new(at, now).exact;
    let (holds, waits) = (grant.holds(now), grant.waits(now));
    let confirmed = grant.confirmed_by.as_ref().map(|by| format!(", confirmed by {by}")).unwrap_or_default();
    let state = match (grant.ended_at, &grant.ended_by, grant.until) {
        (Some(at), Some(by), _) => format!("ended by {by}, {}{confirmed}", exact(at)),
        (_, _, Some(until)) if holds => format!("in force until {}{confirmed}", exact(until)),
        (_, _, Some(until)) => format!("ended {}{confirmed}", exact(until)),
        _ if waits => format!("waits to be confirmed, for {} minutes then", grant.minutes),
        _ => "never confirmed".to_owned(),
    };
    EmergencyLine {
        id: grant.id.clone(),
        glass: true,
        what: format!("{} on {} in {}", grant.subject, grant.tools, grant.tenant),
        reason: grant.reason.clone(),
        by: grant.asked_by.clone(),
        at: Moment::new(grant.asked_at, now),
        state,
        open: holds || waits,
        own: reach.holds(grant.tenant.as_str()),
        waits: waits && reach.is_everything(),
    }
}

fn lift(stop: &StopSwitch) -> Asked {
    let lead = if stop.is_active() {
        "From the next call on it stops nothing; rules and other stops decide as before."
    } else {
        "It was lifted already."
    };
    Asked {
        what: stop.what(),
        lead: vec![format!("Stopped by {}: {}", plain(&stop.by), plain(&stop.reason)), lead.to_owned()],
        ..Asked::default()
    }
}

fn confirm(grant: &BreakGlassGrant) -> Asked {
    let allows = format!(
        "From the next call on and for {} minutes, {} may call {} in {} without a rule and without approval. \
         Deny rules, stops and the check of arguments count all the same.",
        grant.minutes,
        plain(grant.subject.as_str()),
        plain(&grant.tools),
        grant.tenant
    );
    Asked {
        what: format!("{} on {}", grant.subject, grant.tools),
        lead: vec![format!("Asked by {}: {}", plain(&grant.asked_by), plain(&grant.reason)), allows],
        ..Asked::default()
    }
}

/// What would be stopped; none where there is no such thing, or nothing that the reader may stop.
async fn stop(store: &Store, reach: &Reach, what: &str) -> Result<Option<Asked>, StoreError> {
    let mut parts = what.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default().trim();
    let (scope, target, tenant) = (part(), part(), part());
    let Ok(scope) = scope.parse::<StopScope>() else { return Ok(None) };
    let target = match scope {
        StopScope::Everything | StopScope::Tenant => "",
        _ => target,
    };
    let slug = (!tenant.is_empty() && scope != StopScope::Everything).then(|| TenantSlug::from(tenant));
    if let Some(slug) = &slug
        && store.get_tenant(slug).await?.is_none()
    {
        return Ok(None);
    }
    if !within(store, reach, scope, target, slug.as_ref()).await? {
        return Ok(None);
    }
    let Some(consequence) = consequence(store, scope, target, slug.as_ref()).await? else { return Ok(None) };
    let new = NewStop { scope, target, tenant: slug.as_ref(), reason: "" };
    Ok(Some(Asked {
        what: words(&new),
        lead: vec![
            consequence,
            "It takes effect on the next call, on every replica, and stands until somebody lifts it."
                .to_owned(),
        ],
        scope: scope.as_str().to_owned(),
        target: target.to_owned(),
        tenant: slug.map(|slug| slug.to_string()).unwrap_or_default(),
    }))
}

/// Whether the reader may stop it. Whoever is of some tenants stops one of these, and within one of these its members.
async fn within(
    store: &Store,
    reach: &Reach,
    scope: StopScope,
    target: &str,
    tenant: Option<&TenantSlug>,
) -> Result<bool, StoreError> {
    if reach.is_everything() {
        return Ok(true);
    }
    let Some(own) = tenant.filter(|tenant| reach.holds(tenant.as_str())) else { return Ok(false) };
    Ok(match scope {
        StopScope::Tenant => true,
        StopScope::Subject | StopScope::Agent => {
            store.get_membership(&SubjectId::from(target), own).await?.is_some()
        }
        StopScope::Everything | StopScope::Server | StopScope::Tool => false,
    })
}

/// As the switch will call itself.
fn words(new: &NewStop<'_>) -> String {
    let switch = StopSwitch {
        id: String::new(),
        scope: new.scope,
        target: new.target.to_owned(),
        tenant: new.tenant.cloned(),
        reason: String::new(),
        at: Timestamp::default(),
        by: String::new(),
        lifted_at: None,
        lifted_by: None,
    };
    switch.what()
}

fn count(found: usize, one: &str, many: &str) -> String {
    Count::up_to(found, MOST).of(one, many)
}

async fn consequence(
    store: &Store,
    scope: StopScope,
    target: &str,
    tenant: Option<&TenantSlug>,
) -> Result<Option<String>, StoreError> {
    let within = tenant.map(|tenant| format!(" in {tenant}")).unwrap_or_default();
    Ok(match scope {
        StopScope::Everything => {
            let subjects = store.list_subjects(None, &SO_MANY).await?.len();
            let tenants = store.list_tenants(&SO_MANY).await?.len();
            let servers = store.list_servers(None, &SO_MANY).await?.len();
            if subjects == 0 || servers == 0 {
                return Ok(Some("Every call is denied, lists of tools included.".to_owned()));
            }
            Some(format!(
                "Every call of {} in {} to {} is denied, lists of tools included.",
                count(subjects, "subject", "subjects"),
                count(tenants, "tenant", "tenants"),
                count(servers, "server", "servers")
            ))
        }
        StopScope::Tenant => {
            let Some(tenant) = tenant else { return Ok(None) };
            let members = store.list_members(tenant, &SO_MANY).await?.len();
            let servers = store.list_servers(Some(tenant), &SO_MANY).await?.len();
            Some(format!(
                "Every call of {} to {} is denied, lists of tools included.",
                count(members, "member", "members"),
                count(servers, "server", "servers")
            ))
        }
        StopScope::Subject | StopScope::Agent => {
            store.get_subject(&SubjectId::from(target)).await?.map(|subject| {
                format!(
                    "Every call of {} ({}){within} is denied, lists of tools included.",
                    plain(&subject.name),
                    plain(subject.id.as_str())
                )
            })
        }
        StopScope::Server => {
            let slug = ServerSlug::from(target);
            let Some(server) = store.get_server(&slug).await? else { return Ok(None) };
            let tools = store.list_tools(Some(&slug), &SO_MANY).await?.len();
            Some(format!(
                "Every call to {} with {}{within} is denied, lists included; {} may use it.",
                server.slug,
                count(tools, "tool", "tools"),
                count(server.tenants.len(), "tenant", "tenants")
            ))
        }
        StopScope::Tool => {
            let Some((slug, name)) = target.split_once('/') else { return Ok(None) };
            let slug = ServerSlug::from(slug);
            if store.get_tool(&slug, name).await?.is_none() {
                return Ok(None);
            }
            let tenants = store.get_server(&slug).await?.map_or(0, |server| server.tenants.len());
            Some(format!(
                "Every call of {}{within} is denied; {} may use its server. Lists still show it.",
                plain(target),
                count(tenants, "tenant", "tenants")
            ))
        }
    })
}
