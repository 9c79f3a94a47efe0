//! Who may call a tool: the rules that can match it, each as a sentence.

use crate::components::pill::EffectPill;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::routes::RULES;
use crate::sentence::Sentence;
use crate::sentence::view::pieces;
use crate::url::encode;
use crate::verdict::EffectWords;
use leptos::prelude::*;
use policy::labels::Effect;
use serde::{Deserialize, Serialize};

/// The rules that can match one tool, by name, as far as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Callers {
    pub count: usize,
    pub rules: Vec<CallerRule>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerRule {
    pub id: String,
    pub name: String,
    pub words: EffectWords,
    pub sentence: Sentence,
}

impl Callers {
    /// What begins to pass once the tool is reviewed.
    pub fn after_review(&self) -> String {
        let allows = |rule: &&CallerRule| rule.words.effect == Effect::Allow && !rule.words.shadow;
        let names: Vec<String> = self.rules.iter().filter(allows).map(|rule| plain(&rule.name)).collect();
        match names.as_slice() {
            [] => "No rule allows its calls, so they stay denied until one does.".to_owned(),
            [one] => format!("Calls that the rule “{one}” allows start to pass."),
            [one, other] => format!("Calls that the rules “{one}” and “{other}” allow start to pass."),
            [..] => format!("Calls that {} rules allow start to pass.", names.len()),
        }
    }
}

/// A card with all of them.
pub fn card(callers: Callers) -> AnyView {
    let more = callers.count - callers.rules.len();
    let more =
        (more > 0).then(|| view! { <p class="card-foot">{format!("{more} more rules can match it.")}</p> });
    let body = if callers.rules.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"No rule can match this tool, so every call of it is denied."</p>
            </div>
        }
        .into_any()
    } else {
        let rows: Vec<AnyView> = callers.rules.into_iter().map(row).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Rules that can match this tool"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Effect"</th>
                        <th scope="col">"Rule"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Who may call it"</h2>
                <p>"Rules whose tools, risk and sensitivity fit."</p>
            </header>
            {body}
            {more}
        </section>
    }
    .into_any()
}

fn row(rule: CallerRule) -> AnyView {
    let href = format!("{}/{}", RULES.path, encode(&rule.id));
    view! {
        <tr>
            <td class="cell-lead col-fit">
                <EffectPill words=rule.words/>
            </td>
            <td class="cell-title" data-label="Rule">
                <a class="row-link" href=href>
                    <UntrustedLine text=rule.name/>
                </a>
                <p class="sentence">{pieces(&rule.sentence)}</p>
            </td>
        </tr>
    }
    .into_any()
}

#[cfg(feature = "ssr")]
mod server {
    use super::{CallerRule, Callers};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::sentence::sentence;
    use crate::verdict::EffectWords;
    use policy::Rule;
    use policy::labels::{Effect, RuleStatus};
    use store::administration::{Page, Server, Tool};

    /// Rules that are shown.
    const SHOWN: usize = 50;

    /// The rules that can match the tool in one of the server's tenants; those that are switched off never do.
    pub async fn read(console: &Console, server: &Server, tool: &Tool) -> Result<Callers, AppError> {
        let rules = console.store.list_rules(None, &Page::ALL).await?;
        let found: Vec<_> =
            rules.into_iter().filter(|stored| can_match(&stored.rule, server, tool)).collect();
        let count = found.len();
        let rules = found.into_iter().take(SHOWN).map(|stored| CallerRule {
            id: stored.id.to_string(),
            words: EffectWords {
                effect: stored.rule.effect,
                once_approved: stored.rule.effect == Effect::Allow && stored.rule.approval.is_some(),
                shadow: stored.rule.status == RuleStatus::Shadow,
            },
            sentence: sentence(&stored.rule),
            name: stored.rule.name,
        });
        Ok(Callers { count, rules: rules.collect() })
    }

    fn can_match(rule: &Rule, server: &Server, tool: &Tool) -> bool {
        rule.status != RuleStatus::Disabled
            && rule.tools.iter().any(|pattern| pattern.matches(tool.server.as_str(), &tool.name))
            && rule.risk_at_least.is_none_or(|least| tool.risk >= least)
            && (rule.sensitivity.is_empty() || rule.sensitivity.contains(&tool.sensitivity))
            && rule.tenant.as_ref().is_none_or(|tenant| server.tenants.contains(tenant))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use policy::{Risk, ServerSlug, TenantSlug};
        use serde_json::{Value, json};

        #[test]
        fn only_rules_that_can_match_are_told() {
            let slug = ServerSlug::from("crm");
            let server = Server {
                tenants: vec![TenantSlug::from("acme")],
                ..Server::new(slug.clone(), "https://crm.example/mcp")
            };
            let tool = Tool { risk: Risk::High, ..Tool::new(slug, "refund") };
            let fits = |more: Value| {
                let mut rule = json!({"name": "x", "effect": "allow", "tools": ["crm/*"]});
                if let (Value::Object(rule), Value::Object(more)) = (&mut rule, more) {
                    rule.extend(more);
                }
                can_match(&serde_json::from_value(rule).expect("a rule"), &server, &tool)
            };
            for (more, expected) in [
                (json!({}), true),
                (json!({"tools": ["crm/ref*"]}), true),
                (json!({"tools": ["*/show"]}), false),
                (json!({"tools": []}), false),
                (json!({"status": "disabled"}), false),
                (json!({"status": "shadow"}), true),
                (json!({"tenant": "acme"}), true),
                (json!({"tenant": "globex"}), false),
                (json!({"risk_at_least": "high"}), true),
                (json!({"risk_at_least": "critical"}), false),
                (json!({"sensitivity": ["internal"]}), true),
                (json!({"sensitivity": ["public"]}), false),
            ] {
                assert_eq!(fits(more.clone()), expected, "{more}");
            }
        }
    }
}

#[cfg(feature = "ssr")]
pub use server::read;

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, effect: Effect, shadow: bool) -> CallerRule {
        CallerRule {
            id: name.to_owned(),
            name: name.to_owned(),
            words: EffectWords { effect, once_approved: false, shadow },
            sentence: Sentence::default(),
        }
    }

    #[test]
    fn what_a_review_lets_pass() {
        let callers = |rules: Vec<CallerRule>| Callers { count: rules.len(), rules }.after_review();
        assert!(callers(Vec::new()).starts_with("No rule"));
        assert!(
            callers(vec![rule("a", Effect::Deny, false), rule("b", Effect::Allow, true)])
                .starts_with("No rule")
        );
        assert_eq!(
            callers(vec![rule("a", Effect::Allow, false), rule("b", Effect::Deny, false)]),
            "Calls that the rule “a” allows start to pass."
        );
        let three = ["a", "b", "c"].map(|name| rule(name, Effect::Allow, false)).to_vec();
        assert_eq!(callers(three), "Calls that 3 rules allow start to pass.");
    }
}
