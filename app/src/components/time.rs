//! A moment: relative words as the server made them, the exact UTC time in the title.

use crate::moment::Moment;
use leptos::prelude::*;

#[component]
pub fn Time(moment: Moment) -> impl IntoView {
    view! {
        <time datetime=moment.iso title=moment.exact>
            {moment.words}
        </time>
    }
}
