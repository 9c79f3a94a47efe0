//! What the requester's page reads from the server. It holds nothing of the policy: no rule, no approver who was asked and
//! has not decided, no quorum.

use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::approvals::read::{Asking, Standing};
use crate::wire::Json;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The requester's own call and what became of it. Names and the reason are text of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRequest {
    pub id: String,
    pub asking: Asking,
    pub standing: Standing,
    pub filed: Moment,
    pub expires: Moment,
    /// It was approved, whatever became of it since.
    pub approved: bool,
    /// A call used it of which nobody knows whether its answer arrived.
    pub lost: bool,
    /// When it was decided, taken back, or ended by itself; none while it waits.
    pub ended: Option<Moment>,
    /// Who decided, or took it back.
    pub by: Option<String>,
    /// The reason of a denial.
    pub reason: Option<String>,
    /// Until when the repeated call passes.
    pub until: Option<Moment>,
    /// It waits or was not used up, and is the reader's own.
    pub may_cancel: bool,
}

/// None: no such request, or somebody else's.
#[cfg(feature = "ssr")]
pub async fn read_request(id: String) -> Result<Option<OwnRequest>, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    server::read(&console, &signed_in, &reach, &id).await
}

drawn::unread!(read_request(String) -> Result<Option<OwnRequest>, AppError>);

#[server(endpoint = "request-cancel", output = Json)]
pub async fn cancel_request(#[server(default)] id: String) -> Result<(), AppError> {
    // One's own requests are one's own in every tenant.
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    server::cancel(&console, &signed_in, &id).await
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::page_of;
    use super::OwnRequest;
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::approvals::gather::{name, person};
    use crate::pages::approvals::read::Standing;
    use crate::pages::approvals::words;
    use crate::pages::form::answer::{Done, Draft, Saved};
    use crate::pages::form::place::Place;
    use crate::pages::form::problem::{Fault, Problem};
    use crate::pages::form::respond::{Refusal, actor, respond};
    use crate::permission::ConsoleRole;
    use crate::session::SignedIn;
    use pdp::approvals::ApprovalError;
    use policy::{ApprovalId, Reach};
    use store::approvals::{ANSWERED_AGAIN, ApprovalCall};

    // So long, the page says, a call may be repeated with its key.
    const _: () = assert!(ANSWERED_AGAIN == 60 * 1_000_000);

    pub(super) async fn read(
        console: &Console,
        signed_in: &SignedIn,
        reach: &Reach,
        id: &str,
    ) -> Result<Option<OwnRequest>, AppError> {
        if id.is_empty() || id.contains('\0') {
            return Ok(None);
        }
        let (store, now) = (&console.store, console.now());
        let Some(approval) = store.get_approval(&ApprovalId::new(id)).await? else { return Ok(None) };
        let person = person(store, &signed_in.account_id).await?;
        let own = person.is_some_and(|person| person == approval.subject);
        let owned = signed_in.role == ConsoleRole::Owner && reach.holds(approval.tenant.as_str());
        if !own && !owned {
            return Ok(None);
        }
        let standing = words::standing(&approval, now);
        let waits = standing == Standing::Waiting;
        let lost = standing == Standing::Used
            && store.list_approval_calls(&approval.id).await?.iter().any(ApprovalCall::is_lost);
        Ok(Some(OwnRequest {
            id: approval.id.to_string(),
            asking: words::asking(&approval),
            standing,
            filed: Moment::new(approval.filed_at, now),
            expires: Moment::new(approval.expires_at, now),
            // Only an approval sets it, and nothing takes it away.
            approved: approval.valid_until.is_some(),
            lost,
            ended: (!waits).then(|| Moment::new(words::ended_at(&approval), now)),
            by: match &approval.decided_by {
                Some(person) if !waits => Some(name(store, person).await?),
                _ => None,
            },
            reason: approval.reason.clone().filter(|_| standing == Standing::Denied),
            until: approval
                .valid_until
                .filter(|_| standing == Standing::Approved)
                .map(|at| Moment::new(at, now)),
            may_cancel: own && matches!(standing, Standing::Waiting | Standing::Approved),
        }))
    }

    pub(super) async fn cancel(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
        let page = Place::new(page_of(id));
        let result = withdraw(console, signed_in, id).await;
        respond(result.map(|saved| (page.clone(), saved)), &page, Draft::default())
    }

    async fn withdraw(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
        let gone = || Refusal::from(Problem::of_form(Fault::Gone));
        if id.is_empty() || id.contains('\0') {
            return Err(gone());
        }
        let Some(person) = person(&console.store, &signed_in.account_id).await? else {
            return Err(Problem::of_form(Fault::NoPerson).into());
        };
        let cancelled = console.approvals.cancel(&person, actor(signed_in), &ApprovalId::new(id)).await;
        match cancelled {
            Ok(_) => Ok(Saved { done: Done::RequestCancelled, revision: None, change: None }),
            // Whose it is not is not told that it is there.
            Err(ApprovalError::Unknown | ApprovalError::NotTheRequester) => Err(gone()),
            Err(error) => Err(error.into()),
        }
    }
}
