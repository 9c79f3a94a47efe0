//! The HTTP status of a page. In the browser there is none to set.

#[cfg(feature = "ssr")]
use leptos_axum::ResponseOptions;

/// The answer whose status a page may set. Taken while the page is built, used when its data is there.
#[derive(Debug, Clone, Default)]
pub struct PageStatus {
    #[cfg(feature = "ssr")]
    response: Option<ResponseOptions>,
}

impl PageStatus {
    /// The status of the page that is being built.
    pub fn current() -> Self {
        Self {
            #[cfg(feature = "ssr")]
            response: leptos::context::use_context(),
        }
    }

    pub fn not_found(&self) {
        #[cfg(feature = "ssr")]
        self.set(axum::http::StatusCode::NOT_FOUND);
    }

    pub fn forbidden(&self) {
        #[cfg(feature = "ssr")]
        self.set(axum::http::StatusCode::FORBIDDEN);
    }

    #[cfg(feature = "ssr")]
    fn set(&self, status: axum::http::StatusCode) {
        if let Some(response) = &self.response {
            response.set_status(status);
        }
    }
}
