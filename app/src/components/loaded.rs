//! Data of a page: the old view stays while new data loads, the first load shows a skeleton, a failure says so.
//!
//! A view drawn here may be drawn more than once on the server, so it must create no resource of its own.

use super::empty::Skeleton;
use super::notice::ErrorNotice;
use crate::error::AppError;
use crate::wire::Resource;
use leptos::prelude::*;

/// Draws what the resource brings.
pub fn loaded<T, F>(resource: Resource<Result<T, AppError>>, draw: F) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    F: Fn(T) -> AnyView + Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=move || view! { <Skeleton/> }>
            {move || {
                let draw = draw.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(value) => draw(value),
                        Err(error) => view! { <ErrorNotice error=error/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}
