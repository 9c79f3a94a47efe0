//! Random worlds, and what is asked in them.

use crate::search::rules::{Parts, rule};
use policy::call::SERVER_METHODS;
use policy::labels::{OpenedBy, StopScope};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Who there is, by id, and of which kind.
pub(crate) const SUBJECTS: &[(&str, &str)] = &[
    ("ann", "user"),
    ("ben", "user"),
    ("bot", "agent"),
    ("cat", "user"),
    ("imp", "agent"),
    ("svc", "service"),
];

/// The place of one who is a member of acme in every world, without any role.
const CAT: usize = 3;

/// Server and name, as they are in order.
pub(crate) const TOOLS: &[(&str, &str)] = &[
    ("crm", "later"),
    ("crm", "move"),
    ("crm", "refund"),
    ("crm", "show"),
    ("crm", "wipe"),
    ("other", "do"),
    ("other", "show"),
];

pub(crate) const SERVERS: &[&str] = &["crm", "other"];

/// Types of resources, each with ids. Those that end with 9 are registered nowhere.
pub(crate) const RESOURCES: &[(&str, &[&str])] =
    &[("customer", &["c-1", "c-2", "c-9", "g-1"]), ("record", &["r1", "r2", "r3", "r9"])];

/// How many of them are registered.
const REGISTERED: usize = 6;

pub(crate) const ACTIONS: &[&str] = &["audit", "delete", "read", "write"];

pub(crate) const ROLES: &[&str] = &["auditor", "editor", "reader"];

pub(crate) const TENANTS: [&str; 2] = ["acme", "globex"];

/// Arguments of a call.
pub(crate) const ARGUMENTS: &[&str] = &[
    r#"{"amount": 5, "customer_id": "c-1"}"#,
    r#"{"amount": 50, "customer_id": "c-2", "note": "x"}"#,
    r#"{"amount": 5, "customer_id": "g-1"}"#,
    r#"{"amount": 5, "customer_id": "c-9"}"#,
    r#"{"amount": 500}"#,
    r#"{"amount": "five", "customer_id": "c-1"}"#,
    "{}",
];

/// What may be stopped, and in which tenant.
const STOPS: &[Stop] = &[
    (StopScope::Everything, "", None),
    (StopScope::Tenant, "", Some("acme")),
    (StopScope::Tenant, "", Some("globex")),
    (StopScope::Subject, "ann", None),
    (StopScope::Subject, "svc", Some("acme")),
    (StopScope::Agent, "bot", Some("acme")),
    (StopScope::Agent, "imp", None),
    (StopScope::Server, "crm", Some("acme")),
    (StopScope::Server, "other", None),
    (StopScope::Tool, "crm/refund", Some("acme")),
    (StopScope::Tool, "crm/show", None),
];

/// What is stopped, and in which tenant.
pub(crate) type Stop = (StopScope, &'static str, Option<&'static str>);

/// Roles by place in [`ROLES`], and whether the membership has ended.
pub(crate) type Membership = (Vec<usize>, bool);

#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) active: bool,
    pub(crate) level: i64,
    /// By place in [`TENANTS`].
    pub(crate) memberships: [Option<Membership>; 2],
}

#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// By place in [`SUBJECTS`].
    pub(crate) subject: usize,
    pub(crate) actor: Option<usize>,
    pub(crate) tools: &'static str,
    pub(crate) purpose: &'static str,
    pub(crate) paused: bool,
    pub(crate) opened_by: OpenedBy,
}

/// Which enforcement key asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// Vouches for members of acme.
    Acme,
    /// The same, and says what they and the resources are like.
    Attributes,
    /// Asks about one server of acme.
    Crm,
    /// Vouches for anybody, in the tenant that it names.
    Free,
    /// Shows the keys of its callers, members of acme.
    Verify,
}

impl Key {
    pub(crate) const ALL: [Self; 5] = [Self::Acme, Self::Attributes, Self::Crm, Self::Free, Self::Verify];

    /// The variable of its secret.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Acme => "ACME_KEY",
            Self::Attributes => "ATTRIBUTES_KEY",
            Self::Crm => "CRM_KEY",
            Self::Free => "FREE_KEY",
            Self::Verify => "VERIFY_KEY",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wanted {
    Subjects,
    Resources,
    Actions,
}

impl Wanted {
    pub(crate) const ALL: [Self; 3] = [Self::Subjects, Self::Resources, Self::Actions];
}

/// What a call is about, by places in the lists above.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About {
    /// With these arguments; None: with any.
    Tool(usize, Option<usize>),
    Resource {
        kind: usize,
        id: usize,
        action: usize,
    },
    Server {
        server: usize,
        method: usize,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) wanted: Wanted,
    pub(crate) key: Key,
    pub(crate) about: About,
    /// By place in [`SUBJECTS`]; one beyond them is nobody.
    pub(crate) who: usize,
    pub(crate) agent: Option<usize>,
    /// By place in the sketch; one beyond them is none.
    pub(crate) task: Option<usize>,
    pub(crate) tenant: Option<&'static str>,
    pub(crate) channel: &'static str,
    pub(crate) ip: Option<&'static str>,
    /// How many a page of the search holds.
    pub(crate) limit: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) rules: Vec<Parts>,
    /// Risk and sensitivity, of each tool.
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    /// Of a tool that is not reviewed.
    pub(crate) review: &'static str,
    pub(crate) accepted: bool,
    /// Whether a tool asks for a scope, which no caller here holds.
    pub(crate) scoped: bool,
    /// What becomes of an argument that names something unregistered.
    pub(crate) unknown: &'static str,
    pub(crate) stop: Option<Stop>,
    pub(crate) enabled: [bool; 2],
    /// Who may use the other server.
    pub(crate) others: Vec<&'static str>,
    pub(crate) suspended: bool,
    /// Region, state and sensitivity, of each registered resource.
    pub(crate) resources: Vec<(&'static str, &'static str, &'static str)>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) questions: Vec<Question>,
}

fn membership() -> impl Strategy<Value = Membership> {
    let roles = subsequence((0..ROLES.len()).collect::<Vec<_>>(), 0..=ROLES.len());
    (roles, prop::bool::weighted(0.1))
}

fn subject() -> impl Strategy<Value = Subject> {
    let memberships = (option::weighted(0.9, membership()), option::weighted(0.4, membership()));
    (prop::bool::weighted(0.9), select(vec![5_i64, 1]), memberships)
        .prop_map(|(active, level, (acme, globex))| Subject { active, level, memberships: [acme, globex] })
}

fn task() -> impl Strategy<Value = Task> {
    let anybody = || 0..SUBJECTS.len();
    let parts = (
        anybody(),
        option::weighted(0.3, anybody()),
        select(vec!["*/*", "crm/*", "crm/refund", "other/*"]),
        select(vec!["orders", "something else"]),
        prop::bool::weighted(0.15),
        select(vec![OpenedBy::Platform, OpenedBy::Agent]),
    );
    parts.prop_map(|(subject, actor, tools, purpose, paused, opened_by)| Task {
        subject,
        actor,
        tools,
        purpose,
        paused,
        opened_by,
    })
}

fn about() -> impl Strategy<Value = About> {
    let resource = (0..RESOURCES.len(), 0..4_usize, 0..ACTIONS.len());
    prop_oneof![
        4 => (0..TOOLS.len(), option::weighted(0.75, 0..ARGUMENTS.len()))
            .prop_map(|(tool, arguments)| About::Tool(tool, arguments)),
        4 => resource.prop_map(|(kind, id, action)| About::Resource { kind, id, action }),
        1 => (0..SERVERS.len(), 0..SERVER_METHODS.len())
            .prop_map(|(server, method)| About::Server { server, method }),
    ]
}

fn question(tasks: usize) -> impl Strategy<Value = Question> {
    let tenant = prop_oneof![6 => Just(Some("acme")), 1 => Just(Some("globex")), 2 => Just(None)];
    let anybody = || prop_oneof![9 => 0..SUBJECTS.len(), 1 => Just(SUBJECTS.len())];
    let parts = (
        select(Wanted::ALL.to_vec()),
        select(Key::ALL.to_vec()),
        about(),
        anybody(),
        option::weighted(0.25, anybody()),
        option::weighted(0.15, 0..=tasks),
        tenant,
        select(vec!["web", "app"]),
        1..4_usize,
        select(vec![Some("10.1.2.3"), Some("192.0.2.1"), None]),
    );
    parts.prop_map(|(wanted, key, about, who, agent, task, tenant, channel, limit, ip)| {
        // Whoever asks about any tenant says in which one subjects are searched for.
        let named = tenant.or((wanted == Wanted::Subjects).then_some("acme"));
        let tenant = if key == Key::Free { named } else { tenant };
        Question { wanted, key, about, who, agent, task, tenant, channel, ip, limit }
    })
}

/// A question that many worlds answer with what is wanted: whether cat may read a record.
fn plain(wanted: Wanted) -> Question {
    Question {
        wanted,
        key: Key::Acme,
        about: About::Resource { kind: 1, id: 0, action: 2 },
        who: CAT,
        agent: None,
        task: None,
        tenant: None,
        channel: "web",
        ip: None,
        limit: 2,
    }
}

/// With so many questions, and three plain ones.
pub(crate) fn sketch(questions: usize) -> impl Strategy<Value = Sketch> {
    const TASKS: usize = 2;
    let labels = (
        select(vec!["low", "medium", "high", "critical"]),
        select(vec!["internal", "public", "confidential", "regulated"]),
    );
    let resource = (
        select(vec!["eu", "us"]),
        select(vec!["active", "archived"]),
        select(vec!["internal", "confidential", "regulated"]),
    );
    let on = || prop::bool::weighted(0.9);
    let parts = (
        vec(subject(), SUBJECTS.len()),
        vec(rule(), 2..10),
        vec(labels, TOOLS.len()),
        select(vec!["new", "changed", "gone"]),
        (any::<bool>(), [on(), on()], prop::bool::weighted(0.05)),
        subsequence(TENANTS.to_vec(), 1..=2),
        vec(resource, REGISTERED),
        vec(task(), TASKS),
        vec(question(TASKS), questions),
        (any::<bool>(), select(vec!["allow", "deny"]), option::weighted(0.4, select(STOPS))),
    );
    parts.prop_map(|parts| {
        let (mut subjects, rules, labels, review, flags, others, resources, tasks, mut questions, more) =
            parts;
        let (accepted, enabled, suspended) = flags;
        let (scoped, unknown, stop) = more;
        subjects[CAT] = Subject { active: true, level: 5, memberships: [Some((Vec::new(), false)), None] };
        questions.extend(Wanted::ALL.map(plain));
        Sketch {
            subjects,
            rules,
            labels,
            review,
            accepted,
            scoped,
            unknown,
            stop,
            enabled,
            others,
            suspended,
            resources,
            tasks,
            questions,
        }
    })
}
