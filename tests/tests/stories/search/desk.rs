//! The server that is asked, brought to one random world after the other.

use crate::search::bundle::variable;
use crate::search::sketch::{Key, SUBJECTS, Sketch, Stop, Task};
use pdp::bundle::{ApplyOptions, Bundle, apply};
use policy::labels::TaskState;
use policy::{SubjectId, TenantSlug};
use store::Writer;
use store::administration::{NewStop, NewTask};
use tests::world::operator;
use tests::{Backend, Pep, Replica, World};

/// What no task is called.
pub(crate) const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

const HOUR: i64 = 3_600_000_000;

/// More than are in force at once.
const MOST_STOPS: u64 = 10;

#[derive(Debug)]
pub(crate) struct Desk {
    world: World,
    replica: Replica,
    /// In the order of [`Key::ALL`].
    peps: Vec<Pep>,
}

impl Desk {
    pub(crate) async fn open(backend: Backend) -> Self {
        let mut world = World::empty(backend).await;
        let own = SUBJECTS.iter().map(|(id, _)| variable(id));
        for name in Key::ALL.into_iter().map(|key| key.variable().to_owned()).chain(own) {
            world.set_secret(&name, &format!("{name}-{}", "x".repeat(40)));
        }
        let replica = world.replica().await;
        let pep = |key: Key| Pep::new(replica.address(), world.secret(key.variable()));
        let peps = Key::ALL.into_iter().map(pep).collect();
        Self { world, replica, peps }
    }

    pub(crate) async fn stop(self) {
        self.replica.stop().await;
    }

    pub(crate) fn pep(&self, key: Key) -> &Pep {
        let place = Key::ALL.iter().position(|known| *known == key).expect("is one of them");
        &self.peps[place]
    }

    /// The key that this caller shows; whom nobody knows shows what is none.
    pub(crate) fn token(&self, who: &str) -> String {
        let known = SUBJECTS.iter().any(|(id, _)| *id == who);
        if known { self.world.secret(&variable(who)).to_owned() } else { "no-key-of-anybody".to_owned() }
    }

    /// Makes the world what the bundle says, whatever it was, opens the tasks of the sketch and stops what it
    /// stops; gives the ids of the tasks.
    pub(crate) async fn become_so(&self, sketch: &Sketch, text: &str) -> Vec<String> {
        let bundle = Bundle::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let secret = |name: &str| Some(self.world.secret(name).to_owned());
        let how = ApplyOptions { prune: true, allow_unmatched: true, ..ApplyOptions::default() };
        let standing = self.world.store.list_active_stops(MOST_STOPS).await.expect("reads");
        let mut writer = self.world.store.write(operator()).await.expect("a unit of work");
        for switch in &standing {
            writer.lift_stop(&switch.id).await.expect("is lifted");
        }
        apply(&mut writer, &bundle, &secret, how).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut ids = Vec::new();
        for task in &sketch.tasks {
            ids.push(open(&mut writer, sketch, task).await);
        }
        if let Some(what) = sketch.stop {
            stop(&mut writer, what).await;
        }
        writer.commit().await.expect("commits");
        ids
    }
}

async fn stop(writer: &mut Writer, (scope, target, tenant): Stop) {
    let tenant = tenant.map(TenantSlug::from);
    let new = NewStop { scope, target, tenant: tenant.as_ref(), reason: "it runs wild" };
    writer.stop(&new).await.expect("is stopped");
}

/// The id of the task, of acme; none's, where its subject is no member there.
async fn open(writer: &mut Writer, sketch: &Sketch, task: &Task) -> String {
    let [acme, _] = &sketch.subjects[task.subject].memberships;
    let is_live = acme.as_ref().is_some_and(|(_, ended)| !ended);
    if !is_live {
        return NOTHING.to_owned();
    }
    let id = |place: usize| SUBJECTS[place].0;
    let new = NewTask {
        tenant: &TenantSlug::from("acme"),
        subject: &SubjectId::from(id(task.subject)),
        actor: task.actor.map(id),
        purpose: task.purpose,
        tools: &[task.tools.to_owned()],
        budget: 1_000_000,
        expires_at: writer.now().saturating_add_micros(HOUR),
        opened_by: task.opened_by,
    };
    let opened = writer.open_task(&new).await.expect("is opened").id;
    if task.paused {
        writer.set_task_state(&opened, TaskState::Paused).await.expect("is paused");
    }
    opened.to_string()
}
