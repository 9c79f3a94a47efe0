//! The answer to a request for approval: a plain form, since for what is of high risk it asks for the password once more,
//! and only the server compares passwords.

use super::address::Address;
use super::answer::{self, Plain};
use super::permitted::{Approves, Permitted};
use super::public_url::is_local_path;
use super::{ConsoleState, passkeys, presence, sessions};
use app::pages::approval::bar::{ANSWER, BY_PASSKEY, FORM};
use app::pages::approval::may_see;
use app::pages::approvals::table::page_of;
use app::pages::form::answer::{Done, Draft, Saved};
use app::pages::form::place::Place;
use app::pages::form::problem::{Fault, Problem};
use app::pages::form::respond::{Refusal, parse_moment};
use app::routes::APPROVALS;
use app::session::{Presence, SignedIn};
use app::url::href;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Form, Router};
use pdp::approvals::{ApprovalError, Decider, Vote};
use policy::approval::Seen;
use policy::labels::{ApprovalState, Verdict};
use policy::{ApprovalId, DecisionId, Timestamp};
use serde::Deserialize;
use store::approvals::Approval;
use store::{Actor, Via};
use tower_sessions::Session;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 1_000;

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(ANSWER, post(answer).get(to_page))
}

async fn to_page(Path(id): Path<String>) -> Response {
    answer::see_other(&page_of(&id))
}

/// Missing fields are empty, and refused as such.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    /// `approve`, `deny`, `reissue`, or `passkey` for a proof before any of these: the button.
    answer: String,
    /// The decision that used it, where a use is given back.
    decision: String,
    reason: String,
    password: String,
    /// What the approver saw.
    seen: String,
    until: String,
    uses: String,
}

/// What is asked of us.
#[derive(Debug)]
enum Doing {
    Vote(Vote),
    /// The use by this decision is given back: its answer never arrived.
    Reissue(DecisionId),
}

impl Fields {
    /// None where it is no form of ours.
    fn doing(&self, now: Timestamp) -> Option<Result<Doing, Vec<Problem>>> {
        if self.answer == "reissue" {
            let decision = Some(self.decision.as_str()).filter(|id| !id.is_empty() && !id.contains('\0'))?;
            return Some(Ok(Doing::Reissue(DecisionId::new(decision))));
        }
        self.vote(now).map(|vote| vote.map(Doing::Vote))
    }

    /// What was typed, as the page is drawn with it once more. Never the password.
    fn draft(&self) -> Draft {
        let typed = [("reason", &self.reason), ("until", &self.until), ("uses", &self.uses)];
        Draft::new(FORM, typed.map(|(name, value)| (name, value.as_str())))
    }

    /// The same page with what is wrong.
    fn refused(&self, id: &ApprovalId, problems: Vec<Problem>) -> Response {
        answer::see_other(&Place::new(page_of(id.as_str())).refused(&self.draft().with(problems)))
    }

    /// The page says what is another than it was seen: it compares with what was seen.
    fn changed(&self, id: &ApprovalId) -> Response {
        let draft = self.draft().write();
        answer::see_other(&href(
            &page_of(id.as_str()),
            [("changed", Some(self.seen.as_str())), ("draft", Some(draft.as_str()))],
        ))
    }

    /// The vote, or what is wrong with it; none where it is no answer of our form.
    fn vote(&self, now: Timestamp) -> Option<Result<Vote, Vec<Problem>>> {
        let verdict = match self.answer.as_str() {
            "approve" => Verdict::Approve,
            "deny" => Verdict::Deny,
            _ => return None,
        };
        let seen = self.seen.parse::<Seen>().ok()?;
        let mut problems = Vec::new();
        let reason = self.reason.trim();
        if reason.is_empty() && verdict == Verdict::Deny {
            problems.push(Problem::new("reason", Fault::Missing));
        }
        if reason.chars().count() > LONGEST_REASON {
            problems.push(Problem::new("reason", Fault::TooLong(LONGEST_REASON)));
        }
        if reason.contains('\0') {
            problems.push(Problem::new("reason", Fault::Control));
        }
        // What is denied is not narrowed.
        let approves = verdict == Verdict::Approve;
        let valid_until = match parse_moment("until", &self.until, now) {
            Ok(until) => until,
            Err(problem) => {
                if approves {
                    problems.push(problem);
                }
                None
            }
        };
        let uses = match self.uses.trim() {
            "" => None,
            text => match text.parse::<u32>() {
                Ok(uses @ 1..) => Some(uses),
                _ => {
                    if approves {
                        problems.push(Problem::new("uses", Fault::NotBetween(1, u32::MAX)));
                    }
                    None
                }
            },
        };
        if !problems.is_empty() {
            return Some(Err(problems));
        }
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        let (valid_until, uses) = if approves { (valid_until, uses) } else { (None, None) };
        Some(Ok(Vote { verdict, reason, seen, valid_until, uses }))
    }
}

#[expect(clippy::too_many_arguments, reason = "each is a part of the request")]
async fn answer(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    Permitted(signed_in, ..): Permitted<Approves>,
    Extension(proved): Extension<Presence>,
    address: Address,
    Path(id): Path<String>,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Ok(Form(mut fields)) = fields else { return plain.unreadable() };
    let unknown =
        || undecided(&plain, StatusCode::NOT_FOUND, "There is no such request, or it does not ask you.");
    if id.contains('\0') {
        return unknown();
    }
    let id = ApprovalId::new(id);
    if fields.answer == BY_PASSKEY {
        // Back to the page with what was typed; it is answered there.
        let page = page_of(id.as_str());
        let typed = Place::new(page.as_str()).refused(&fields.draft());
        // An address has an end; a very long reason is typed once more.
        let back = if is_local_path(&typed) { typed } else { page };
        return passkeys::ask_proof(&state, &plain, &signed_in, address, back).await;
    }
    let doing = match fields.doing(state.now()) {
        Some(Ok(doing)) => doing,
        Some(Err(problems)) => return fields.refused(&id, problems),
        None => return plain.unreadable(),
    };
    // Before the password is asked for: that alone would say that there is one, and of what risk.
    match Box::pin(may_see(&state.console, &signed_in, &id)).await {
        Ok(true) => {}
        Ok(false) => return unknown(),
        Err(error) => return plain.unavailable(&error),
    }
    let approval = match state.store.get_approval(&id).await {
        Ok(Some(approval)) if signed_in.reach().holds(approval.tenant.as_str()) => approval,
        Ok(_) => return unknown(),
        Err(error) => return plain.unavailable(&error),
    };
    let risk = match state.console.approvals.gravest_risk(&approval).await {
        Ok(risk) => risk,
        Err(error) => return plain.unavailable(&error),
    };
    if proved.is_too_old_for(risk, state.now()) {
        // Where the tool is another one than was seen, the click counts for nothing anyway: that is said first.
        if let Doing::Vote(vote) = &doing {
            match Box::pin(state.console.approvals.tool_moved(&approval, &vote.seen)).await {
                Ok(None) => {}
                Ok(Some(_)) => return fields.changed(&id),
                Err(error) => return plain.unavailable(&error),
            }
        }
        let password = std::mem::take(&mut fields.password);
        if password.is_empty() {
            return fields.refused(&id, vec![Problem::new("password", Fault::Unproven)]);
        }
        let refuse = |status: StatusCode, text: &str| match status {
            StatusCode::FORBIDDEN => {
                fields.refused(&id, vec![Problem::new("password", Fault::WrongPassword)])
            }
            _ => undecided(&plain, status, text),
        };
        if let Err(answer) = presence::prove(&state, &plain, &signed_in, address, password, refuse).await {
            return *answer;
        }
        if let Err(error) = sessions::note_proof(&session, state.now()).await {
            return plain.unavailable(&error);
        }
    }
    Box::pin(act(&state, &plain, &signed_in, &id, &doing, &fields)).await
}

/// Does it, and says what became of it.
async fn act(
    state: &ConsoleState,
    plain: &Plain,
    signed_in: &SignedIn,
    id: &ApprovalId,
    doing: &Doing,
    fields: &Fields,
) -> Response {
    let request_id = Some(plain.correlation.0.clone());
    let actor = Actor { name: signed_in.login.clone(), via: Via::Console, request_id };
    let by = Decider { account: &signed_in.account_id, actor };
    let approvals = &state.console.approvals;
    let done = match doing {
        Doing::Vote(vote) => approvals.vote(&by, id, vote).await.map(|approval| done(&approval)),
        Doing::Reissue(decision) => approvals.reissue(&by, id, decision).await.map(|_| Done::UseGivenBack),
    };
    match done {
        Ok(done) => {
            tracing::info!(approval = %id, account = %signed_in.account_id, done = done.as_str(), "a request was answered");
            let saved = Saved { done, revision: None, change: None };
            answer::see_other(&Place::new(APPROVALS.path).saved(&saved))
        }
        Err(ApprovalError::Changed(_)) => fields.changed(id),
        Err(ApprovalError::Unknown) => {
            undecided(plain, StatusCode::NOT_FOUND, "There is no such request, or it does not ask you.")
        }
        Err(error) => match Refusal::from(error) {
            Refusal::Problems(problems) => fields.refused(id, problems),
            Refusal::Store(error) => plain.unavailable(&error),
        },
    }
}

/// What the approver is told: one approval may be one of several.
fn done(approval: &Approval) -> Done {
    match approval.state {
        ApprovalState::Denied => Done::RequestDenied,
        ApprovalState::Pending => Done::ApprovalCounted,
        _ => Done::RequestApproved,
    }
}

fn undecided(plain: &Plain, status: StatusCode, text: &str) -> Response {
    plain.message(status, "Nothing was decided", text, Some((APPROVALS.path, "Back to Approvals")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(answer: &str, reason: &str, until: &str, uses: &str) -> Fields {
        let seen = Seen { definition: "d".repeat(64), arguments: "a".repeat(64), rules: vec![Some(1)] };
        Fields {
            answer: answer.to_owned(),
            decision: String::new(),
            reason: reason.to_owned(),
            password: "secret".to_owned(),
            seen: seen.to_string(),
            until: until.to_owned(),
            uses: uses.to_owned(),
        }
    }

    fn problems(fields: &Fields) -> Vec<Problem> {
        match fields.vote(Timestamp::parse("2026-11-26T10:00:00Z").unwrap()) {
            Some(Err(problems)) => problems,
            Some(Ok(_)) => Vec::new(),
            None => panic!("no answer"),
        }
    }

    #[test]
    fn a_denial_needs_a_reason_and_an_approval_none() {
        assert_eq!(problems(&fields("deny", "  ", "", "")), [Problem::new("reason", Fault::Missing)]);
        assert_eq!(problems(&fields("deny", "too much", "", "")), []);
        assert_eq!(problems(&fields("approve", "", "", "")), []);
        let long = "x".repeat(LONGEST_REASON + 1);
        assert_eq!(problems(&fields("deny", &long, "", "")), [Problem::new("reason", Fault::TooLong(1_000))]);
    }

    #[test]
    fn what_narrows_an_approval_must_be_read_and_is_nothing_to_a_denial() {
        assert_eq!(
            problems(&fields("approve", "", "2026-11-26T09:00", "0")),
            [Problem::new("until", Fault::Past), Problem::new("uses", Fault::NotBetween(1, u32::MAX))]
        );
        assert_eq!(problems(&fields("deny", "no", "2026-11-26T09:00", "-1")), []);
        assert_eq!(problems(&fields("approve", "", "2026-11-26T11:00", "2")), []);
    }

    #[test]
    fn what_is_neither_button_is_no_answer() {
        // A use is given back by the decision that took it, and not by none.
        for answer in ["", "Approve", "yes", "approve ", "reissue"] {
            assert!(fields(answer, "x", "", "").doing(Timestamp::default()).is_none(), "{answer}");
        }
        let back = Fields { decision: "0190".to_owned(), ..fields("reissue", "", "", "") };
        assert!(
            matches!(back.doing(Timestamp::default()), Some(Ok(Doing::Reissue(id))) if id.as_str() == "0190")
        );
        let unseen = Fields { seen: "v0".to_owned(), ..fields("approve", "", "", "") };
        assert!(unseen.vote(Timestamp::default()).is_none());
    }

    #[test]
    fn a_password_is_in_no_address() {
        assert_eq!(fields("deny", "x", "", "").draft().value("password"), None);
    }
}
