//! Requests for approval as the profile writes them. Where an approver looks at one is not among it.

use super::PATH;
use pdp::requests::{Offer, Task, TaskStatus};
use policy::ApprovalId;
use serde_json::{Value, json};

/// Says which way requests go here; there is one.
const TEMPLATE: &str = "exact_call";

/// Where a request is looked at by those who asked.
pub(super) fn address(id: &ApprovalId, base: &str) -> String {
    format!("{base}{PATH}/{id}")
}

/// The requester's page.
fn page(id: &ApprovalId, base: &str) -> String {
    format!("{base}/requests/{id}")
}

/// `context.access_request` of a denial.
pub(in crate::authzen) fn offered(offer: &Offer, base: &str) -> Value {
    json!({
        "requestable": true,
        "endpoint": format!("{base}{PATH}"),
        "template": TEMPLATE,
        "expires_at": offer.expires_at,
        "binding_token": offer.binding_token,
        "form_url": page(&offer.approval, base),
        "display": {
            "title": "Waiting for approval",
            "description": "A person has been asked to approve this exact call. Make the same call again once it is approved.",
        },
    })
}

/// `{"task": …}`, with the `result` of one that was approved.
pub(super) fn task(task: &Task, base: &str) -> Value {
    let address = address(&task.id, base);
    let mut links = json!({ "ticket": page(&task.id, base) });
    if task.status == TaskStatus::Pending {
        links["cancel"] = json!(format!("{address}/cancel"));
    }
    let mut told = json!({ "task": {
        "id": task.id,
        "status": task.status.as_str(),
        "status_endpoint": address,
        "expires_at": task.expires_at,
        "links": links,
    }});
    if let Some(granted) = &task.granted {
        let mut approval = json!({ "id": task.id });
        if let Some(at) = granted.approved_at {
            approval["approved_at"] = json!(at);
        }
        if let Some(until) = granted.approved_until {
            approval["approved_until"] = json!(until);
        }
        if let Some(state) = &granted.state {
            approval["state"] = json!(state);
        }
        told["result"] = json!({ "mode": "reevaluate", "approval": approval });
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use pdp::requests::Granted;
    use policy::Timestamp;

    #[test]
    fn a_task_says_what_may_be_done_with_it() {
        let mut asked = Task {
            id: ApprovalId::from("a-1"),
            status: TaskStatus::Pending,
            expires_at: Timestamp::from_micros(1_000_000),
            retry_after: Some(2),
            granted: None,
        };
        let told = task(&asked, "https://decide.example");
        let address = "https://decide.example/access/v1/requests/a-1";
        assert_eq!(told["task"]["status_endpoint"], address);
        assert_eq!(told["task"]["links"]["cancel"], format!("{address}/cancel"));
        assert!(told["task"]["links"].get("review").is_none() && told.get("result").is_none());
        asked.status = TaskStatus::Approved;
        asked.granted = Some(Granted {
            approved_at: Some(Timestamp::from_micros(2_000_000)),
            approved_until: None,
            state: Some("signed".to_owned()),
        });
        let told = task(&asked, "https://decide.example");
        assert!(told["task"]["links"].get("cancel").is_none());
        let approval = json!({"id": "a-1", "approved_at": "1970-01-01T00:00:02Z", "state": "signed"});
        assert_eq!(told["result"], json!({"mode": "reevaluate", "approval": approval}));
    }
}
