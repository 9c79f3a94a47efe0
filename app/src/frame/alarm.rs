//! The bar above everything, on every page, while something is stopped or break-glass is open: what, who, why, since
//! when. It comes with the frame's data.

use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::UntrustedLine;
use crate::moment::Moment;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The gravest measure in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Break-glass, and not a stop.
    pub glass: bool,
    /// "Tool crm/refund is stopped".
    pub what: String,
    pub by: String,
    pub reason: String,
    pub since: Moment,
    /// "and 2 more"; none where there is no other.
    pub more: Option<String>,
    /// Where it is ended; none for those who may not.
    pub href: Option<String>,
    /// "Lift".
    pub action: String,
}

pub fn draw(alarm: Alarm) -> AnyView {
    let class = if alarm.glass { "banner-bar banner-bar-glass" } else { "banner-bar" };
    let action = alarm.href.map(|href| {
        // `external`: forms are pages of their own.
        view! {
            <a class="button button-small" href=href rel="external">
                {alarm.action}
            </a>
        }
    });
    view! {
        <div class=class role="alert">
            <Icon glyph=Glyph::Warning/>
            <p>
                <b>
                    <UntrustedLine text=alarm.what/>
                </b>
                " by "
                <UntrustedLine text=alarm.by/>
                ": “"
                <UntrustedLine text=alarm.reason/>
                "”, since "
                <time datetime=alarm.since.iso>{alarm.since.exact}</time>
                {alarm.more.map(|more| format!(" {more}"))}
            </p>
            {action}
        </div>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
pub mod server {
    use super::Alarm;
    use crate::moment::Moment;
    use crate::pages::form::place::{Ask, Place};
    use crate::permission::Permission;
    use crate::routes::EMERGENCY;
    use crate::session::SignedIn;
    use policy::labels::StopScope;
    use policy::{Reach, TenantSlug, Timestamp};
    use store::administration::{BreakGlassGrant, StopSwitch};
    use store::{Store, StoreError};

    /// More than these are not counted.
    const MOST: u64 = 100;

    /// The gravest measure in force: stops before break-glass, the widest and the newest first. Whoever is of some tenants
    /// sees theirs, and the stop of everything.
    pub async fn read(store: &Store, reader: &SignedIn, now: Timestamp) -> Result<Option<Alarm>, StoreError> {
        let reach = reader.reach();
        let mut stops = store.list_active_stops(MOST).await?;
        let mut grants = store.list_open_break_glass(MOST).await?;
        stops.retain(|stop| sees(&reach, stop));
        grants.retain(|grant| reach.holds(grant.tenant.as_str()));
        // Stable: among equals the newest stays first.
        stops.sort_by_key(|stop| stop.scope);
        Ok(gravest(&stops, &grants, reader.may(Permission::Emergency), now))
    }

    fn sees(reach: &Reach, stop: &StopSwitch) -> bool {
        stop.scope == StopScope::Everything || reach.owns(stop.tenant.as_ref().map(TenantSlug::as_str))
    }

    fn gravest(
        stops: &[StopSwitch],
        grants: &[BreakGlassGrant],
        may_end: bool,
        now: Timestamp,
    ) -> Option<Alarm> {
        let others = (stops.len() + grants.len()).saturating_sub(1);
        let mut alarm = match (stops.first(), grants.first()) {
            (Some(stop), _) => of_stop(stop, now),
            (None, Some(grant)) => of_grant(grant, now),
            (None, None) => return None,
        };
        if others > 0 {
            alarm.more = Some(format!("and {others} more"));
            alarm.href = Some(EMERGENCY.path.to_owned());
            "See all".clone_into(&mut alarm.action);
        }
        if !may_end {
            alarm.href = None;
        }
        Some(alarm)
    }

    fn of_stop(stop: &StopSwitch, now: Timestamp) -> Alarm {
        Alarm {
            glass: false,
            what: format!("{} is stopped", capital(&stop.what())),
            by: stop.by.clone(),
            reason: stop.reason.clone(),
            since: Moment::new(stop.at, now),
            more: None,
            href: Some(place(Ask::Lift, &stop.id)),
            action: "Lift".to_owned(),
        }
    }

    fn of_grant(grant: &BreakGlassGrant, now: Timestamp) -> Alarm {
        let what = format!("{} on {} in {}", grant.subject, grant.tools, grant.tenant);
        let (what, by, since, ask, action) = match (grant.confirmed_at, &grant.confirmed_by) {
            (Some(at), Some(by)) => {
                let by = format!("{} and {by}", grant.asked_by);
                (format!("Break-glass for {what}"), by, at, Ask::End, "End")
            }
            _ => {
                let what = format!("Break-glass for {what} waits to be confirmed, asked");
                (what, grant.asked_by.clone(), grant.asked_at, Ask::Confirm, "Confirm")
            }
        };
        Alarm {
            glass: true,
            what,
            by,
            reason: grant.reason.clone(),
            since: Moment::new(since, now),
            more: None,
            href: Some(place(ask, &grant.id)),
            action: action.to_owned(),
        }
    }

    fn place(ask: Ask, id: &str) -> String {
        Place::new(EMERGENCY.path).asking(ask).of(id).href()
    }

    /// A sentence begins with a capital letter.
    fn capital(text: &str) -> String {
        let mut characters = text.chars();
        characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn stop(scope: StopScope, target: &str) -> StopSwitch {
            StopSwitch {
                id: "s1".to_owned(),
                scope,
                target: target.to_owned(),
                tenant: None,
                reason: "it runs wild".to_owned(),
                at: Timestamp::default(),
                by: "ada".to_owned(),
                lifted_at: None,
                lifted_by: None,
            }
        }

        #[test]
        fn the_stops_of_other_tenants_are_not_seen() {
            let acme = Reach::of([TenantSlug::from("acme")]);
            let of = |tenant: Option<&str>, scope| StopSwitch {
                tenant: tenant.map(TenantSlug::from),
                ..stop(scope, "crm/refund")
            };
            for (stop, seen) in [
                (of(Some("acme"), StopScope::Tool), true),
                (of(Some("globex"), StopScope::Tool), false),
                (of(None, StopScope::Tool), false),
                (of(None, StopScope::Everything), true),
            ] {
                assert_eq!(sees(&acme, &stop), seen, "{}", stop.what());
                assert!(sees(&Reach::Everything, &stop));
            }
        }

        #[test]
        fn one_bar_says_the_gravest_and_how_many_more() {
            let now = Timestamp::default();
            assert_eq!(gravest(&[], &[], true, now), None);
            let one = gravest(&[stop(StopScope::Tool, "crm/refund")], &[], true, now).expect("an alarm");
            assert_eq!(one.what, "Tool crm/refund is stopped");
            assert_eq!(
                (one.action.as_str(), one.href.as_deref()),
                ("Lift", Some("/emergency?ask=lift&of=s1"))
            );
            let stops = [stop(StopScope::Everything, ""), stop(StopScope::Tool, "crm/refund")];
            let two = gravest(&stops, &[], true, now).expect("an alarm");
            assert_eq!(
                (two.what.as_str(), two.more.as_deref()),
                ("Everything is stopped", Some("and 1 more"))
            );
            assert_eq!((two.action.as_str(), two.href.as_deref()), ("See all", Some("/emergency")));
            assert_eq!(gravest(&stops, &[], false, now).expect("an alarm").href, None);
        }
    }
}
