//! What the page of one subject reads from the server.

use super::view::{SubjectQuery, SubjectView};
use crate::drawn;
use crate::error::AppError;

/// None: no such subject, or not one that the reader may see.
#[cfg(feature = "ssr")]
pub async fn read_subject(query: SubjectQuery) -> Result<Option<SubjectView>, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::ReadSubjects)?;
    let console = crate::console::Console::current()?;
    // What somebody may do is told by the rules.
    server::subject(&console, &reach, signed_in.may(crate::permission::Permission::ReadRules), query).await
}

drawn::unread!(read_subject(SubjectQuery) -> Result<Option<SubjectView>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::super::gather::{self, Known};
    use super::super::view::{
        IdentityLine, KeyLine, MemberForm, MembershipLine, RoleChoice, SubjectQuery, SubjectView, TakeBack,
    };
    use crate::components::untrusted::plain;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::changes::read::{ChangeLine, line as change_line};
    use crate::pages::decisions::read::{DecisionLine, line as decision};
    use crate::pages::form::place::Ask;
    use crate::pages::form::respond::write_moment;
    use crate::pages::unmapped::write::id_of;
    use policy::{Reach, SubjectId, TenantSlug, Timestamp};
    use serde_json::Value;
    use std::collections::BTreeSet;
    use store::administration::{ApiKey, Identity, Membership, Page, Subject};
    use store::changes::{ChangeFilter, ChangePosition};
    use store::decisions::{DecisionFilter, Edge};
    use store::{Change, Store, StoreError};

    /// Rows of what happened last.
    const RECENT: u32 = 5;

    pub(super) async fn subject(
        console: &Console,
        reach: &Reach,
        reads_rules: bool,
        query: SubjectQuery,
    ) -> Result<Option<SubjectView>, AppError> {
        let texts = [&query.of, &query.told, &query.for_whom, &query.tenant];
        if query.id.contains('\0') || texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Ok(None);
        }
        let store = &console.store;
        let now = console.now();
        let id = SubjectId::new(query.id.as_str());
        let Some(subject) = store.get_subject(&id).await? else { return Ok(None) };
        let mut memberships = store.list_memberships(&id).await?;
        memberships.retain(|held| reach.holds(held.tenant.as_str()));
        if memberships.is_empty() && !reach.is_everything() {
            return Ok(None);
        }
        let subject = within(store, reach, subject).await?;
        let keys = store.list_api_keys(&id).await?;
        let member = member(console, reach, &query, &memberships).await?;
        let undo = undo(console, reach, &query, &memberships).await?;
        let tenants = match query.ask {
            Some(Ask::Join) => joinable(console, reach, &memberships).await?,
            _ => Vec::new(),
        };
        let made = decisions(console, reach, by(&id), now).await?;
        let acted = decisions(console, reach, through(&id), now).await?;
        let (mut for_whom, mut agents) = (None, Vec::new());
        if reads_rules {
            let known = Known { subject: &subject, memberships: &memberships, made: &made, acted: &acted };
            for_whom = Box::pin(gather::for_whom(console, &query, &known)).await?;
            agents = gather::agents(console, reach, &known).await?;
        }
        Ok(Some(SubjectView {
            decisions: made,
            acted,
            for_whom,
            agents,
            changes: changes(console, reach, &id, now).await?,
            memberships: memberships.into_iter().map(|membership| line(membership, now)).collect(),
            keys: keys.into_iter().map(|key| key_line(key, now)).collect(),
            tenants,
            member,
            undo,
            query,
            ..describe(subject, now)
        }))
    }

    /// The subject itself, with nothing around it yet.
    fn describe(subject: Subject, now: Timestamp) -> SubjectView {
        SubjectView {
            query: SubjectQuery::default(),
            id: subject.id.to_string(),
            name: subject.name,
            kind: subject.kind,
            active: subject.active,
            created: Moment::new(subject.created_at, now),
            has_attributes: !subject.attributes.is_empty(),
            attributes: serde_json::to_string_pretty(&subject.attributes).unwrap_or_default(),
            identities: subject.identities.into_iter().map(identity).collect(),
            signed_out: subject.tokens_after.map(|at| Moment::new(at, now)),
            memberships: Vec::new(),
            keys: Vec::new(),
            decisions: Vec::new(),
            changes: Vec::new(),
            tenants: Vec::new(),
            member: None,
            undo: None,
            owner: subject.owner.map(|owner| owner.to_string()),
            acted: Vec::new(),
            for_whom: None,
            agents: Vec::new(),
        }
    }

    /// The subject without identities of issuers that speak for other tenants alone, or did, and without an owner who is a
    /// member of none of the reader's: what it is elsewhere, is for those there to know.
    async fn within(store: &Store, reach: &Reach, mut subject: Subject) -> Result<Subject, StoreError> {
        if reach.is_everything() {
            return Ok(subject);
        }
        let mut identities = Vec::with_capacity(subject.identities.len());
        for identity in subject.identities {
            if store.shows_identities_of(&identity.issuer, reach).await? {
                identities.push(identity);
            }
        }
        subject.identities = identities;
        if let Some(owner) = subject.owner.take() {
            let held = store.list_memberships(&owner).await?;
            let known = held.iter().any(|held| reach.holds(held.tenant.as_str()));
            subject.owner = known.then_some(owner);
        }
        Ok(subject)
    }

    fn identity(known: Identity) -> IdentityLine {
        IdentityLine { id: id_of(&known.issuer, &known.sub), issuer: known.issuer, sub: known.sub }
    }

    fn line(membership: Membership, now: Timestamp) -> MembershipLine {
        MembershipLine {
            tenant: membership.tenant.to_string(),
            roles: membership.roles,
            until: membership.until.map(|until| Moment::new(until, now)),
            ended: membership.until.is_some_and(|until| until <= now),
        }
    }

    fn key_line(key: ApiKey, now: Timestamp) -> KeyLine {
        KeyLine {
            name: key.name,
            created: Moment::new(key.created_at, now),
            last_used: key.last_used_at.map(|at| Moment::new(at, now)),
            expires: key.expires_at.map(|at| Moment::new(at, now)),
            expired: key.expires_at.is_some_and(|at| at <= now),
        }
    }

    /// What the form of the membership in `?of=` shows; none where there is no such tenant.
    async fn member(
        console: &Console,
        reach: &Reach,
        query: &SubjectQuery,
        memberships: &[Membership],
    ) -> Result<Option<MemberForm>, AppError> {
        let (Some(Ask::Member), Some(slug)) = (query.ask, &query.of) else { return Ok(None) };
        let slug = TenantSlug::from(slug.as_str());
        if !reach.holds(slug.as_str()) {
            return Ok(None);
        }
        let Some(tenant) = console.store.get_tenant(&slug).await? else { return Ok(None) };
        let held = memberships.iter().find(|membership| membership.tenant == slug);
        let roles = console.store.list_roles(Some(&slug)).await?;
        let roles = roles
            .into_iter()
            .map(|role| RoleChoice {
                held: held.is_some_and(|membership| membership.roles.contains(&role.name)),
                everywhere: role.tenant.is_none(),
                description: role.description,
                name: role.name,
            })
            .collect();
        Ok(Some(MemberForm {
            tenant: slug.to_string(),
            tenant_name: tenant.name,
            exists: held.is_some(),
            roles,
            until: write_moment(held.and_then(|membership| membership.until)),
        }))
    }

    /// How to take back the change that the page tells of, where it took a role or a membership and nothing
    /// changed since.
    async fn undo(
        console: &Console,
        reach: &Reach,
        query: &SubjectQuery,
        memberships: &[Membership],
    ) -> Result<Option<TakeBack>, AppError> {
        let Some(id) = &query.told else { return Ok(None) };
        let Some(change) = console.store.get_change(id).await? else { return Ok(None) };
        let (Some(tenant), Some(before)) = (&change.tenant, &change.before) else { return Ok(None) };
        if !reach.holds(tenant.as_str()) {
            return Ok(None);
        }
        let held = memberships.iter().find(|membership| membership.tenant == *tenant);
        let stands = held.and_then(|membership| serde_json::to_value(membership).ok());
        if change.kind != "membership" || change.object != query.id || stands != change.after {
            return Ok(None);
        }
        let roles: Vec<&str> = before
            .get("roles")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let until = before.get("until").and_then(Value::as_str).unwrap_or_default();
        let label = match held {
            None => format!("Undo: make it a member of {tenant} again"),
            Some(held) => {
                let kept = |role: &&str| held.roles.iter().any(|own| own == role);
                let lost: Vec<&str> = roles.iter().copied().filter(|role| !kept(role)).collect();
                match lost.as_slice() {
                    [] => return Ok(None),
                    [one] => format!("Undo: give {} back", plain(one)),
                    more => format!("Undo: give {} roles back", more.len()),
                }
            }
        };
        let own = [("subject", query.id.as_str()), ("tenant", tenant.as_str()), ("until", until)];
        let values = own.into_iter().chain(roles.into_iter().map(|role| ("roles[]", role)));
        Ok(Some((label, values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())))
    }

    /// The tenants it is no member of.
    async fn joinable(
        console: &Console,
        reach: &Reach,
        memberships: &[Membership],
    ) -> Result<Vec<(String, String)>, AppError> {
        let tenants = console.store.list_tenants(&Page::ALL).await?;
        Ok(tenants
            .into_iter()
            .filter(|tenant| reach.holds(tenant.slug.as_str()))
            .filter(|tenant| !memberships.iter().any(|membership| membership.tenant == tenant.slug))
            .map(|tenant| (tenant.slug.to_string(), tenant.name))
            .collect())
    }

    /// Its own calls, and those that others made for it.
    fn by(id: &SubjectId) -> DecisionFilter {
        DecisionFilter { subject: Some(id.to_string()), ..DecisionFilter::default() }
    }

    /// The calls that it made for others.
    fn through(id: &SubjectId) -> DecisionFilter {
        DecisionFilter { actor: Some(id.to_string()), ..DecisionFilter::default() }
    }

    async fn decisions(
        console: &Console,
        reach: &Reach,
        filter: DecisionFilter,
        now: Timestamp,
    ) -> Result<Vec<DecisionLine>, AppError> {
        let page = store::decisions::Page { edge: Edge::Newest, limit: RECENT };
        let own = |tenants: &BTreeSet<TenantSlug>| tenants.iter().map(ToString::to_string).collect();
        let filter = DecisionFilter { tenants: reach.tenants().map(own), ..filter };
        let found = console.store.list_decisions(&filter, &page).await?;
        Ok(found.rows.into_iter().map(|row| decision(row, now)).collect())
    }

    /// The last changes of it, of its memberships and of its keys: each is one look into an index.
    async fn changes(
        console: &Console,
        reach: &Reach,
        id: &SubjectId,
        now: Timestamp,
    ) -> Result<Vec<ChangeLine>, AppError> {
        let mut found = Vec::new();
        for kind in ["subject", "membership", "api_key"] {
            let filter = ChangeFilter {
                kind: Some(kind),
                object: Some(id.as_str()),
                tenants: reach.tenants(),
                ..ChangeFilter::default()
            };
            let some = console.store.list_changes(&filter, ChangePosition::Newest, u64::from(RECENT)).await?;
            found.extend(some);
        }
        found.sort_unstable_by(|one: &Change, other| other.id.cmp(&one.id));
        found.truncate(RECENT as usize);
        Ok(found.into_iter().map(|change| change_line(change, now)).collect())
    }
}
