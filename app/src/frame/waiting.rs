//! How many requests wait for the reader: the badge in the navigation, and the bar at the foot of an approver's phone.
//! It comes with the frame's data; the inbox keeps it right while it is open.

use super::read::FrameData;
use crate::components::icon::{Glyph, Icon};
use crate::error::AppError;
use crate::routes::{ACCOUNT, APPROVALS, Page, is_current};
use crate::wire::Resource;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// What the inbox knows better than the frame's data; none until it knows.
#[derive(Clone, Copy)]
pub struct Waiting {
    pub count: RwSignal<Option<u64>>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { count: RwSignal::new(None) }
    }
}

/// More are not counted one by one.
pub(crate) const MOST: u64 = 99;

pub(crate) fn at_most(count: u64) -> String {
    if count > MOST { format!("{MOST}+") } else { count.to_string() }
}

/// Nothing where nothing waits.
pub(super) fn badge(data: Resource<Result<FrameData, AppError>>, waiting: Waiting) -> AnyView {
    view! {
        <Transition fallback=|| ()>
            {move || Suspend::new(async move {
                let drawn = data.await.ok().and_then(|data| data.waiting);
                move || {
                    let count = waiting.count.get().or(drawn).filter(|count| *count > 0);
                    count
                        .map(|count| {
                            view! {
                                <span class="badge">
                                    {at_most(count)}
                                    <span class="visually-hidden">" waiting"</span>
                                </span>
                            }
                        })
                }
            })}
        </Transition>
    }
    .into_any()
}

/// The places of somebody who only answers; shown on narrow screens (style/frame.css).
pub(super) fn bottom_bar(data: Resource<Result<FrameData, AppError>>, waiting: Waiting) -> AnyView {
    let path = use_location().pathname;
    let current = move |page: &'static Page| move || is_current(page, &path.get()).then_some("page");
    view! {
        <nav class="bottom-bar" aria-label="Approver">
            <a href=APPROVALS.path aria-current=current(&APPROVALS)>
                <Icon glyph=Glyph::Approvals/>
                "Approvals"
                {badge(data, waiting)}
            </a>
            <a href=ACCOUNT.path aria-current=current(&ACCOUNT)>
                <Icon glyph=Glyph::Account/>
                "Account"
            </a>
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::at_most;

    #[test]
    fn a_badge_stays_small() {
        assert_eq!([4, 99, 100].map(at_most), ["4", "99", "99+"]);
    }
}
