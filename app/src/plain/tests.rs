//! What plain pages must hold: labels, kept input, no stray script.

use super::*;

fn page() -> PlainPage {
    PlainPage { nonce: "n0nce".to_owned(), ..PlainPage::default() }
}

#[test]
fn sign_in_keeps_the_login_and_escapes_it() {
    let html = sign_in(
        &page(),
        SignInForm {
            login: "\"><script>".to_owned(),
            error: Some("Login or password is wrong.".to_owned()),
            providers: vec![("work".to_owned(), "<script>".to_owned())],
            passkeys: true,
        },
    );
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\""), "{html}");
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("role=\"alert\"") && html.contains("Login or password is wrong."), "{html}");
    assert!(html.contains("action=\"/sign-in\""), "{html}");
    assert!(html.contains("href=\"/sign-in/with/work\""), "{html}");
    assert!(html.contains("action=\"/sign-in/passkey\""), "{html}");
    let bare = sign_in(&page(), SignInForm::default());
    assert!(!bare.contains("/sign-in/with/") && !bare.contains("/sign-in/passkey"), "{bare}");
}

#[test]
fn a_passkey_is_asked_by_a_file_of_ours_and_by_nothing_in_the_page() {
    let form = || CeremonyForm { asked: Asked::Prove, options: r#"{"a": "\"><script>"}"#.to_owned() };
    let mut page = page();
    page.bundle.passkeys = "passkeys.1.js".to_owned();
    let html = ceremony(&page, form());
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(html.contains("<script src=\"/pkg/passkeys.1.js\">"), "{html}");
    assert!(html.contains("data-method=\"get\"") && html.contains("needs JavaScript"), "{html}");
    assert!(!ceremony(&PlainPage::default(), form()).contains("<script"));
}

#[test]
fn every_control_has_a_label() {
    let html = setup(&page(), SetupForm::default());
    for id in ["name", "login", "password", "password_again", "code"] {
        assert!(html.contains(&format!("for=\"{id}\"")), "{id}: {html}");
        assert!(html.contains(&format!("name=\"{id}\"")), "{id}: {html}");
    }
}

#[test]
fn the_script_of_set_up_carries_the_nonce() {
    let html = setup(&page(), SetupForm::default());
    assert!(html.contains("nonce=\"n0nce\""), "{html}");
    assert!(!setup(&PlainPage::default(), SetupForm::default()).contains("<script"));
}

#[test]
fn complaints_stand_at_their_field_and_on_top() {
    let errors =
        SetupErrors { password: Some("Choose a longer password".to_owned()), ..SetupErrors::default() };
    let html = setup(&page(), SetupForm { errors, ..SetupForm::default() });
    assert!(html.contains("One thing needs your attention"), "{html}");
    assert!(html.contains("href=\"#password\""), "{html}");
    assert!(html.contains("aria-describedby=\"password-help password-error\""), "{html}");
}

#[test]
fn a_theme_is_written_where_one_was_chosen() {
    let dark = PlainPage { theme: Theme::Dark, ..page() };
    assert!(message(&dark, "Not here", "Gone.", None).contains("data-theme=\"dark\""));
    assert!(!message(&page(), "Not here", "Gone.", None).contains("data-theme"));
}

#[test]
fn backticks_make_code() {
    let html = message(&page(), "t", "run `x` now", None);
    // What follows inside the element is a marker of the renderer's.
    assert!(html.contains("run <code>x<") && html.contains("</code> now"), "{html}");
}
