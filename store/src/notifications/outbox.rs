//! From events to deliveries: one to each webhook that is told of it, and by mail to each account that may decide.

use super::Notice;
use super::people::People;
use super::tables::{MailSettings, NotificationDeliveries, NotificationEvents};
use crate::Store;
use crate::administration::list_webhooks;
use crate::approvals::ApprovalEventKind;
use crate::approvals::tables::{ApprovalEvents, Approvals};
use crate::db::{Dialect, StoreError, Tx, new_id, now_micros, to_json, word};
use policy::labels::{ApprovalState, NoticeKind};
use policy::{ApprovalId, ServerSlug, SubjectId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, InsertStatement, JoinType, OnConflict, Order, Query, SelectStatement};

/// Events are turned into deliveries so many at a time.
const AT_ONCE: u64 = 100;

const COLUMNS: [NotificationDeliveries; 11] = [
    NotificationDeliveries::Id,
    NotificationDeliveries::Event,
    NotificationDeliveries::Kind,
    NotificationDeliveries::Approval,
    NotificationDeliveries::Webhook,
    NotificationDeliveries::Account,
    NotificationDeliveries::Payload,
    NotificationDeliveries::At,
    NotificationDeliveries::State,
    NotificationDeliveries::Attempts,
    NotificationDeliveries::NextAt,
];

#[derive(sqlx::FromRow)]
struct WaitingRow {
    event: String,
}

#[derive(sqlx::FromRow)]
struct ToldRow {
    event: String,
    at: i64,
    kind: String,
    by: Option<String>,
    approval: String,
    tenant: String,
    subject: String,
    actor: Option<String>,
    server: Option<String>,
    tool: Option<String>,
    action: String,
    risk: Option<String>,
    filed_at: i64,
    expires_at: i64,
}

impl TryFrom<ToldRow> for Notice {
    type Error = StoreError;

    fn try_from(row: ToldRow) -> Result<Self, StoreError> {
        let happened: ApprovalEventKind = word(&row.kind, "approval_events.kind")?;
        let (kind, state) = match happened {
            ApprovalEventKind::Requested => (NoticeKind::Requested, ApprovalState::Pending),
            ApprovalEventKind::Approved => (NoticeKind::Decided, ApprovalState::Approved),
            ApprovalEventKind::Denied => (NoticeKind::Decided, ApprovalState::Denied),
            ApprovalEventKind::Cancelled => (NoticeKind::Decided, ApprovalState::Cancelled),
            ApprovalEventKind::Expired => (NoticeKind::Expired, ApprovalState::Expired),
            ApprovalEventKind::Voted | ApprovalEventKind::Used | ApprovalEventKind::Reissued => {
                return Err(StoreError::corrupt("the outbox holds an event that nobody is told of"));
            }
        };
        Ok(Self {
            kind,
            state,
            approval: ApprovalId::new(row.approval),
            tenant: TenantSlug::new(row.tenant),
            subject: SubjectId::new(row.subject),
            actor: row.actor.map(SubjectId::new),
            server: row.server.map(ServerSlug::new),
            tool: row.tool,
            action: row.action,
            risk: row.risk.map(|risk| word(&risk, "approvals.risk")).transpose()?,
            at: Timestamp::from_micros(row.at),
            requested_at: Timestamp::from_micros(row.filed_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            by: row.by.map(SubjectId::new),
        })
    }
}

fn select_waiting() -> SelectStatement {
    Query::select()
        .column(NotificationEvents::Event)
        .from(NotificationEvents::Table)
        .order_by(NotificationEvents::Event, Order::Asc)
        .limit(1)
        .take()
}

fn select_told() -> SelectStatement {
    let event = |column: ApprovalEvents| Expr::col(("e", column));
    let approval = |column: Approvals| Expr::col(("a", column));
    Query::select()
        .expr_as(event(ApprovalEvents::Id), "event")
        .expr_as(event(ApprovalEvents::At), "at")
        .expr_as(event(ApprovalEvents::Kind), "kind")
        .expr_as(event(ApprovalEvents::By), "by")
        .expr_as(event(ApprovalEvents::Approval), "approval")
        .expr_as(approval(Approvals::Tenant), "tenant")
        .expr_as(approval(Approvals::Subject), "subject")
        .expr_as(approval(Approvals::Actor), "actor")
        .expr_as(approval(Approvals::Server), "server")
        .expr_as(approval(Approvals::Tool), "tool")
        .expr_as(approval(Approvals::Action), "action")
        .expr_as(approval(Approvals::Risk), "risk")
        .expr_as(approval(Approvals::FiledAt), "filed_at")
        .expr_as(approval(Approvals::ExpiresAt), "expires_at")
        .from_as(NotificationEvents::Table, "n")
        .join_as(
            JoinType::InnerJoin,
            ApprovalEvents::Table,
            "e",
            event(ApprovalEvents::Id).equals(("n", NotificationEvents::Event)),
        )
        .join_as(
            JoinType::InnerJoin,
            Approvals::Table,
            "a",
            approval(Approvals::Id).equals(("e", ApprovalEvents::Approval)),
        )
        .order_by(("n", NotificationEvents::Event), Order::Asc)
        .limit(AT_ONCE)
        .take()
}

/// Whether the event was still there to be taken.
async fn take(tx: &mut Tx, event: &str) -> Result<bool, StoreError> {
    let delete = Query::delete()
        .from_table(NotificationEvents::Table)
        .and_where(Expr::col(NotificationEvents::Event).eq(event))
        .take();
    Ok(tx.execute(&delete).await? > 0)
}

async fn sends_mail(tx: &mut Tx) -> Result<bool, StoreError> {
    #[derive(sqlx::FromRow)]
    struct OneRow {
        one: i64,
    }

    let query = Query::select().column(MailSettings::One).from(MailSettings::Table).take();
    Ok(tx.fetch_optional::<OneRow>(&query).await?.is_some_and(|row| row.one == 1))
}

/// Deliveries of one event.
struct Deliveries<'a> {
    event: &'a str,
    notice: &'a Notice,
    payload: String,
    insert: InsertStatement,
    any: bool,
}

impl<'a> Deliveries<'a> {
    fn of(event: &'a str, notice: &'a Notice) -> Result<Self, StoreError> {
        let mut insert = Query::insert();
        // Told already: of one request a person hears once, however often it is asked for.
        insert
            .into_table(NotificationDeliveries::Table)
            .columns(COLUMNS)
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(Self { event, notice, payload: to_json(notice)?, insert, any: false })
    }

    fn add(&mut self, webhook: Option<&str>, account: Option<&str>, next_at: Expr) {
        self.any = true;
        self.insert.values_panic([
            new_id().into(),
            self.event.into(),
            self.notice.kind.as_str().into(),
            self.notice.approval.as_str().into(),
            webhook.into(),
            account.into(),
            self.payload.as_str().into(),
            self.notice.at.micros().into(),
            "waiting".into(),
            0_i64.into(),
            next_at,
        ]);
    }

    async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.any {
            tx.execute(&self.insert).await?;
        }
        Ok(())
    }
}

impl Store {
    /// Makes deliveries of the events that wait, the oldest first, and says of how many. Replicas may do it at once.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not; then the events still wait.
    pub async fn make_deliveries(&self) -> Result<usize, StoreError> {
        // Most of the times there is nothing, and then nobody who writes is kept waiting.
        let Some(first) = self.db.fetch_optional::<WaitingRow>(&select_waiting()).await? else {
            return Ok(0);
        };
        tracing::debug!(event = %first.event, "events wait to be told");
        let mut tx = self.db.begin_write().await?;
        let told = make(&mut tx, self.dialect()).await?;
        tx.commit().await?;
        Ok(told)
    }
}

async fn make(tx: &mut Tx, dialect: Dialect) -> Result<usize, StoreError> {
    let rows: Vec<ToldRow> = tx.fetch_all(&select_told()).await?;
    let webhooks = list_webhooks(tx).await?;
    let people = if sends_mail(tx).await? { Some(People::read(tx, dialect).await?) } else { None };
    let mut told = 0;
    for row in rows {
        let event = row.event.clone();
        // Another replica may have been faster.
        if !take(tx, &event).await? {
            continue;
        }
        let notice = match Notice::try_from(row) {
            Ok(notice) => notice,
            Err(error) => {
                // One that does not read back must not hold up all others for ever.
                tracing::error!(%event, %error, "nobody can be told of an event");
                continue;
            }
        };
        let mut deliveries = Deliveries::of(&event, &notice)?;
        for webhook in webhooks.iter().filter(|webhook| webhook.wants(notice.kind, &notice.tenant)) {
            deliveries.add(Some(&webhook.id), None, now_micros(dialect));
        }
        if let Some(people) = people.as_ref().filter(|_| notice.kind == NoticeKind::Requested) {
            // Whoever is asked later, as the request goes unanswered, is told later.
            for (account, since) in people.asked(tx, notice.approval.as_str(), notice.tenant.as_str()).await?
            {
                deliveries.add(None, Some(&account), since.micros().into());
            }
        }
        deliveries.write(tx).await?;
        told += 1;
    }
    Ok(told)
}
