//! `/requests/{id}`: where whoever asked sees what became of it, and what to do next. The link stands in the denial.

pub mod read;

use super::form::answer::Answer;
use super::form::input::Filled;
use super::form::notice::Answered;
use crate::components::definition::Definition;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use crate::drawn::server_drawn;
use crate::pages::approvals::read::Standing;
use crate::pages::approvals::table::pill;
use crate::routes::{self, REQUEST};
use crate::status::PageStatus;
use crate::url::{encode, use_parameters};
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use read::{CancelRequest, OwnRequest, read_request};

/// The page of this request.
pub fn page_of(id: &str) -> String {
    REQUEST.path.replace("{id}", &encode(id))
}

#[component]
pub fn RequestPage() -> impl IntoView {
    server_drawn(routes::REQUEST, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        map.with(|map| (id, Answer::read(map)))
    });
    let found = resource(
        move || asked.get(),
        |(id, answer)| async move { read_request(id).await.map(|found| (found, answer)) },
    );
    let status = PageStatus::current();
    loaded(found, move |(found, answer)| match found {
        Some(request) => draw(request, &answer),
        None => {
            status.not_found();
            view! {
                <PageHead title="No such request"/>
                <section class="error-page">
                    <p>"There is no such request, or it is somebody else's. Sign in as the person for whom the call was made."</p>
                </section>
            }
            .into_any()
        }
    })
}

/// What to do next.
fn advice(request: &OwnRequest) -> &'static str {
    match request.standing {
        Standing::Waiting => {
            "A person decides. There is nothing to do until then; repeating the call asks for it once more, and changes nothing."
        }
        Standing::Approved => {
            "Repeat the identical call: it passes. A call that differs in anything asks anew."
        }
        Standing::Used if request.lost => {
            "The call has passed, but it is not known whether its answer arrived. If it did not, repeat the call within 60 seconds with the same Idempotency-Key, or ask an approver whether the use can be given back. Another one asks anew."
        }
        Standing::Used => "The call has passed. Another one asks anew.",
        Standing::Denied => {
            "Repeating the identical call changes nothing for now. Speak with whoever denied it, or make another call."
        }
        Standing::Expired if request.approved => {
            "It was approved, and the approval is over: it lets no call pass any more. Repeat the call to ask again."
        }
        Standing::Expired => "It was not decided in time. Repeat the call to ask again.",
        Standing::Cancelled => "It was cancelled. Repeat the call to ask again.",
    }
}

/// What happened at the moment that [`OwnRequest::ended`] tells.
fn end(request: &OwnRequest) -> &'static str {
    match request.standing {
        Standing::Cancelled => "Cancelled",
        Standing::Expired if !request.approved => "Ended",
        _ => "Decided",
    }
}

fn draw(request: OwnRequest, answer: &Answer) -> AnyView {
    let standing = request.standing;
    let (advice, end) = (advice(&request), end(&request));
    let ended = request.ended.map(|at| {
        let by = request.by.map(|by| {
            view! {
                <small>
                    "by "
                    <UntrustedLine text=by/>
                </small>
            }
        });
        view! {
            <Definition term=end>
                <Time moment=at/>
                {by}
            </Definition>
        }
    });
    let ends = (standing == Standing::Waiting).then(|| {
        view! {
            <Definition term="Ends">
                <Time moment=request.expires/>
            </Definition>
        }
    });
    let until = request.until.map(|at| {
        view! {
            <Definition term="Repeat it until">
                <Time moment=at/>
            </Definition>
        }
    });
    let reason = request.reason.map(|reason| {
        view! {
            <Definition term="Reason">
                <Untrusted text=reason/>
            </Definition>
        }
    });
    let asking = request.asking;
    let actor = asking.actor.map(|actor| {
        view! {
            <small>
                "through "
                <UntrustedLine text=actor/>
            </small>
        }
    });
    let cancel = request.may_cancel.then(|| {
        view! {
            <form class="form" method="post" action=CancelRequest::url()>
                <input type="hidden" name="id" value=request.id/>
                <div class="form-actions">
                    <button class="button">"Cancel request"</button>
                </div>
            </form>
        }
    });
    view! {
        <PageHead title=REQUEST.title>{pill(standing)}</PageHead>
        <div class="stack">
            {Filled::new("", answer).summary()}
            <Answered answer=answer.clone()/>
            <p class="page-lead">{advice}</p>
            <section class="card">
                <dl class="definition-list definition-list-wide">
                    <Definition term="Call">
                        <ToolName server=asking.server tool=asking.tool action=asking.action/>
                    </Definition>
                    <Definition term="For">
                        <UntrustedLine text=asking.subject/>
                        {actor}
                    </Definition>
                    <Definition term="Asked">
                        <Time moment=request.filed/>
                    </Definition>
                    {ends}
                    {ended}
                    {until}
                    {reason}
                </dl>
            </section>
            {cancel}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_place() {
        assert_eq!(page_of("../x?y"), "/requests/..%2Fx%3Fy");
    }
}
