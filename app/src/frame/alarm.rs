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
    use crate::pages::emergency::gather::{in_force, is_own};
    use crate::pages::form::place::{Ask, Place};
    use crate::permission::Permission;
    use crate::routes::EMERGENCY;
    use crate::session::SignedIn;
    use policy::{Reach, Timestamp};
    use store::administration::{BreakGlassGrant, StopSwitch};
    use store::{Store, StoreError};

    /// More than these are not counted.
    const MOST: u64 = 100;

    /// The gravest measure in force: stops before break-glass, the widest and the newest first. Whoever is of some tenants
    /// sees theirs, and the stop of everything.
    pub async fn read(store: &Store, reader: &SignedIn, now: Timestamp) -> Result<Option<Alarm>, StoreError> {
        let reach = reader.reach();
        let (mut stops, grants) = in_force(store, &reach, MOST).await?;
        // Stable: among equals the newest stays first.
        stops.sort_by_key(|stop| stop.scope);
        let ends = reader.may(Permission::Emergency).then_some(&reach);
        Ok(gravest(&stops, &grants, ends, now))
    }

    /// `ends`: how far the reader may end any. None: nowhere.
    fn gravest(
        stops: &[StopSwitch],
        grants: &[BreakGlassGrant],
        ends: Option<&Reach>,
        now: Timestamp,
    ) -> Option<Alarm> {
        let others = (stops.len() + grants.len()).saturating_sub(1);
        let (mut alarm, may_end) = match (stops.first(), grants.first()) {
            (Some(stop), _) => (of_stop(stop, now), ends.is_some_and(|reach| is_own(reach, stop))),
            (None, Some(grant)) => {
                let confirms = ends.is_some_and(Reach::is_everything);
                (of_grant(grant, confirms, now), ends.is_some_and(|reach| reach.holds(grant.tenant.as_str())))
            }
            (None, None) => return None,
        };
        if !may_end {
            alarm.href = None;
        }
        if others > 0 {
            alarm.more = Some(format!("and {others} more"));
            alarm.href = ends.map(|_| EMERGENCY.path.to_owned());
            "See all".clone_into(&mut alarm.action);
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

    /// `confirms`: the reader is somebody who may confirm it.
    fn of_grant(grant: &BreakGlassGrant, confirms: bool, now: Timestamp) -> Alarm {
        let what = format!("{} on {} in {}", grant.subject, grant.tools, grant.tenant);
        let (what, by, since, ask, action) = match (grant.confirmed_at, &grant.confirmed_by) {
            (Some(at), Some(by)) => {
                let by = format!("{} and {by}", grant.asked_by);
                (format!("Break-glass for {what}"), by, at, Ask::End, "End")
            }
            _ => {
                let what = format!("Break-glass for {what} waits to be confirmed, asked");
                let (ask, action) = if confirms { (Ask::Confirm, "Confirm") } else { (Ask::End, "End") };
                (what, grant.asked_by.clone(), grant.asked_at, ask, action)
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
        use policy::labels::StopScope;
        use policy::{SubjectId, TenantSlug};

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

        fn grant(tenant: &str) -> BreakGlassGrant {
            BreakGlassGrant {
                id: "g1".to_owned(),
                tenant: TenantSlug::from(tenant),
                subject: SubjectId::from("alice"),
                tools: "crm/refund".to_owned(),
                reason: "it burns".to_owned(),
                minutes: 5,
                asked_at: Timestamp::default(),
                asked_by: "ada".to_owned(),
                asked_account: None,
                needs_second: true,
                confirmed_at: None,
                confirmed_by: None,
                until: None,
                ended_at: None,
                ended_by: None,
            }
        }

        #[test]
        fn who_is_of_some_tenants_ends_what_is_theirs_and_confirms_nothing() {
            let (acme, everything) = (Reach::of([TenantSlug::from("acme")]), Reach::Everything);
            let now = Timestamp::default();
            let of = |tenant: Option<&str>, scope| StopSwitch {
                tenant: tenant.map(TenantSlug::from),
                ..stop(scope, "crm/refund")
            };
            for (stop, may_lift) in [
                (of(Some("acme"), StopScope::Tool), true),
                (of(Some("globex"), StopScope::Tool), false),
                (of(None, StopScope::Tool), false),
                (of(None, StopScope::Everything), false),
            ] {
                let href =
                    |ends| gravest(std::slice::from_ref(&stop), &[], ends, now).expect("an alarm").href;
                assert_eq!(href(Some(&acme)).is_some(), may_lift, "{}", stop.what());
                assert!(href(Some(&everything)).is_some() && href(None).is_none());
            }
            for (tenant, ends, action) in [
                ("acme", Some(&everything), Some("Confirm")),
                ("acme", Some(&acme), Some("End")),
                ("globex", Some(&acme), None),
                ("acme", None, None),
            ] {
                let alarm = gravest(&[], &[grant(tenant)], ends, now).expect("an alarm");
                assert_eq!(alarm.href.is_some().then_some(alarm.action.as_str()), action, "{tenant}");
            }
        }

        #[test]
        fn one_bar_says_the_gravest_and_how_many_more() {
            let now = Timestamp::default();
            let everything = Reach::Everything;
            let ends = Some(&everything);
            assert_eq!(gravest(&[], &[], ends, now), None);
            let one = gravest(&[stop(StopScope::Tool, "crm/refund")], &[], ends, now).expect("an alarm");
            assert_eq!(one.what, "Tool crm/refund is stopped");
            assert_eq!(
                (one.action.as_str(), one.href.as_deref()),
                ("Lift", Some("/emergency?ask=lift&of=s1"))
            );
            let stops = [stop(StopScope::Everything, ""), stop(StopScope::Tool, "crm/refund")];
            let two = gravest(&stops, &[], ends, now).expect("an alarm");
            assert_eq!(
                (two.what.as_str(), two.more.as_deref()),
                ("Everything is stopped", Some("and 1 more"))
            );
            assert_eq!((two.action.as_str(), two.href.as_deref()), ("See all", Some("/emergency")));
            assert_eq!(gravest(&stops, &[], None, now).expect("an alarm").href, None);
        }
    }
}
