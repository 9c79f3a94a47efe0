//! The one set of icons, inlined from `style/icons`.

use leptos::prelude::*;

macro_rules! glyphs {
    ($($variant:ident = $file:literal),+ $(,)?) => {
        /// An icon of the set.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Glyph {
            $($variant),+
        }

        impl Glyph {
            /// The inside of its `<svg>`.
            fn drawing(self) -> &'static str {
                match self {
                    $(Self::$variant => {
                        const DRAWING: &str = inside(include_str!(concat!("../../../style/icons/", $file, ".svg")));
                        DRAWING
                    })+
                }
            }
        }
    };
}

glyphs! {
    Access = "access",
    Account = "account",
    Approvals = "approvals",
    Changes = "changes",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronRight = "chevron-right",
    Clock = "clock",
    Copy = "copy",
    Cross = "cross",
    DashedCircle = "dashed-circle",
    Decisions = "decisions",
    Evidence = "evidence",
    Filter = "filter",
    Info = "info",
    Issuers = "issuers",
    Key = "key",
    Lock = "lock",
    Menu = "menu",
    More = "more",
    Overview = "overview",
    Plus = "plus",
    Resources = "resources",
    Roles = "roles",
    Rules = "rules",
    Search = "search",
    Servers = "servers",
    Settings = "settings",
    SignOut = "sign-out",
    Subjects = "subjects",
    Tasks = "tasks",
    Tenant = "tenant",
    Tool = "tool",
    Try = "try",
    Warning = "warning",
}

/// What stands between the opening and the closing tag of a file that holds one `<svg>`.
const fn inside(file: &'static str) -> &'static str {
    let bytes = file.as_bytes();
    let mut start = 0;
    while bytes[start] != b'>' {
        start += 1;
    }
    let mut end = bytes.len() - 1;
    while bytes[end] != b'<' {
        end -= 1;
    }
    let (head, _) = file.split_at(end);
    let (_, drawing) = head.split_at(start + 1);
    drawing
}

/// An icon. It never carries meaning alone: the word beside it, or the control's label, does.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            inner_html=glyph.drawing()
        ></svg>
    }
}

/// The mark of Countersign.
#[component]
pub fn Mark() -> impl IntoView {
    const DRAWING: &str = concat!(
        r#"<rect width="32" height="32" rx="7"/>"#,
        r#"<g fill="none" stroke-linecap="round" stroke-linejoin="round">"#,
        r#"<path d="m8 14.5 5.25 5.25L24 8" stroke-width="3.25"/>"#,
        r#"<path d="M8 25.25h16" stroke-width="2" opacity=".75"/></g>"#,
    );
    view! { <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" inner_html=DRAWING></svg> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_the_inside_of_its_file() {
        assert_eq!(inside("<svg a=\"b\"><path d=\"m1\"/></svg>\n"), "<path d=\"m1\"/>");
        assert!(Glyph::Check.drawing().starts_with("<path"));
    }
}
