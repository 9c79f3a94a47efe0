//! A little CRM in memory and its tools. Nothing here knows who is calling or whether they may.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use rmcp::model::{JsonObject, Tool, ToolAnnotations, object};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The tools as listed to clients. `examples/demo/bundle.yaml` repeats names, texts and schemas; a test
/// below holds the two together.
pub(crate) fn tools() -> Vec<Tool> {
    let customer_id = json!({ "type": "string", "description": "Such as c-42" });
    vec![
        tool(
            "get_customer",
            "Show one customer with notes and payments.",
            json!({ "customer_id": customer_id }),
            &["customer_id"],
            ToolAnnotations::new().read_only(true),
        ),
        tool(
            "search_customers",
            "Find customers by a part of their name or email address.",
            json!({
                "query": { "type": "string", "maxLength": 200 },
                "limit": { "type": "integer", "minimum": 1, "maximum": 50 },
            }),
            &["query"],
            ToolAnnotations::new().read_only(true),
        ),
        tool(
            "add_note",
            "Add a note to a customer.",
            json!({
                "customer_id": customer_id,
                "text": { "type": "string", "minLength": 1, "maxLength": 2000 },
            }),
            &["customer_id", "text"],
            ToolAnnotations::new().read_only(false).destructive(false),
        ),
        tool(
            "refund",
            "Pay money back to a customer.",
            json!({
                "customer_id": customer_id,
                "amount": { "type": "number", "exclusiveMinimum": 0 },
                "currency": { "type": "string", "enum": ["EUR", "USD"] },
                "reason": { "type": "string", "maxLength": 500 },
            }),
            &["customer_id", "amount", "currency"],
            ToolAnnotations::new().read_only(false).destructive(true),
        ),
        tool(
            "export_customers",
            "Export every customer with email address.",
            json!({ "format": { "type": "string", "enum": ["csv", "json"] } }),
            &["format"],
            ToolAnnotations::new().read_only(true),
        ),
        tool(
            "delete_customer",
            "Delete a customer and all that is stored about them.",
            json!({ "customer_id": customer_id }),
            &["customer_id"],
            ToolAnnotations::new().read_only(false).destructive(true),
        ),
    ]
}

fn tool(
    name: &'static str,
    description: &'static str,
    properties: Value,
    required: &[&str],
    annotations: ToolAnnotations,
) -> Tool {
    let mut schema = object(json!({ "type": "object", "required": required, "additionalProperties": false }));
    schema.insert("properties".to_owned(), properties);
    Tool::new(name, description, schema).with_annotations(annotations)
}

/// The customers. Money is in cents.
pub(crate) struct Crm {
    customers: Mutex<BTreeMap<String, Customer>>,
}

#[derive(Serialize)]
struct Customer {
    id: String,
    name: String,
    email: String,
    currency: Currency,
    paid_cents: i64,
    refunded_cents: i64,
    notes: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Deserialize, Serialize)]
enum Currency {
    #[serde(rename = "EUR")]
    Eur,
    #[serde(rename = "USD")]
    Usd,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerId {
    customer_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    customer_id: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    customer_id: String,
    amount: f64,
    currency: Currency,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    format: ExportFormat,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ExportFormat {
    Csv,
    Json,
}

impl Crm {
    /// Three customers to play with.
    pub(crate) fn sample() -> Self {
        let customers = [
            ("c-42", "Ada Lindqvist", "ada@example.com", Currency::Eur, 240_000),
            ("c-43", "Bruno Okafor", "bruno@example.com", Currency::Usd, 1_250_000),
            ("c-44", "Chiara Neumann", "chiara@example.org", Currency::Eur, 8_990),
        ];
        let customers = customers.into_iter().map(|(id, name, email, currency, paid_cents)| {
            let customer = Customer {
                id: id.to_owned(),
                name: name.to_owned(),
                email: email.to_owned(),
                currency,
                paid_cents,
                refunded_cents: 0,
                notes: Vec::new(),
            };
            (customer.id.clone(), customer)
        });
        Self { customers: Mutex::new(customers.collect()) }
    }

    /// Runs a tool. The error is a text for the caller.
    pub(crate) fn call(&self, tool: &str, arguments: JsonObject) -> Result<Value, String> {
        match tool {
            "get_customer" => self.get_customer(&parse(arguments)?),
            "search_customers" => self.search_customers(&parse(arguments)?),
            "add_note" => self.add_note(parse(arguments)?),
            "refund" => self.refund(&parse(arguments)?),
            "export_customers" => self.export_customers(&parse(arguments)?),
            "delete_customer" => self.delete_customer(&parse(arguments)?),
            other => Err(format!("There is no tool `{other}`.")),
        }
    }

    fn get_customer(&self, CustomerId { customer_id }: &CustomerId) -> Result<Value, String> {
        self.with_customer(customer_id, |customer| Ok(json!(customer)))
    }

    fn search_customers(&self, search: &Search) -> Result<Value, String> {
        let query = search.query.to_lowercase();
        let customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<Value> = customers
            .values()
            .filter(|customer| {
                customer.name.to_lowercase().contains(&query)
                    || customer.email.to_lowercase().contains(&query)
            })
            .take(search.limit.unwrap_or(10).min(50))
            .map(|customer| json!({ "id": customer.id, "name": customer.name, "email": customer.email }))
            .collect();
        Ok(json!({ "customers": found }))
    }

    fn add_note(&self, note: Note) -> Result<Value, String> {
        let Note { customer_id, text } = note;
        self.with_customer(&customer_id, |customer| {
            customer.notes.push(text);
            Ok(json!({ "customer_id": customer_id, "notes": customer.notes.len() }))
        })
    }

    fn refund(&self, refund: &Refund) -> Result<Value, String> {
        let cents = cents(refund.amount)?;
        self.with_customer(&refund.customer_id, |customer| {
            if customer.currency != refund.currency {
                return Err("This customer pays in another currency.".to_owned());
            }
            if cents > customer.paid_cents - customer.refunded_cents {
                return Err("A refund cannot be more than what was paid.".to_owned());
            }
            customer.refunded_cents += cents;
            if let Some(reason) = &refund.reason {
                customer.notes.push(format!("Refund: {reason}"));
            }
            Ok(json!({ "customer_id": customer.id, "refunded_cents": cents, "currency": customer.currency }))
        })
    }

    fn export_customers(&self, export: &Export) -> Result<Value, String> {
        let customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match export.format {
            ExportFormat::Json => json!({ "customers": customers.values().collect::<Vec<_>>() }),
            ExportFormat::Csv => {
                let mut csv = "id,name,email\n".to_owned();
                for customer in customers.values() {
                    let fields = [customer.id.as_str(), customer.name.as_str(), customer.email.as_str()];
                    csv.push_str(&fields.map(quoted).join(","));
                    csv.push('\n');
                }
                json!({ "csv": csv })
            }
        })
    }

    fn delete_customer(&self, CustomerId { customer_id }: &CustomerId) -> Result<Value, String> {
        let mut customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        customers.remove(customer_id).ok_or_else(|| unknown(customer_id))?;
        Ok(json!({ "deleted": customer_id }))
    }

    fn with_customer(
        &self,
        customer_id: &str,
        action: impl FnOnce(&mut Customer) -> Result<Value, String>,
    ) -> Result<Value, String> {
        let mut customers = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        action(customers.get_mut(customer_id).ok_or_else(|| unknown(customer_id))?)
    }

    /// All data, to see in a test whether a call did anything.
    #[cfg(test)]
    pub(crate) fn snapshot(&self) -> Value {
        json!(*self.customers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("These arguments do not fit: {error}."))
}

fn unknown(customer_id: &str) -> String {
    format!("There is no customer `{customer_id}`.")
}

/// Money arrives as a JSON number; it must be whole cents.
fn cents(amount: f64) -> Result<i64, String> {
    let cents = (amount * 100.0).round();
    if !(1.0..=1e11).contains(&cents) || cents / 100.0 != amount {
        return Err("An amount is more than nothing and has two decimals at the most.".to_owned());
    }
    Ok(cents as i64)
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_describes_the_tools_as_they_are() -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Bundle {
            servers: Vec<Server>,
        }
        #[derive(Deserialize)]
        struct Server {
            tools: Vec<Value>,
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/bundle.yaml");
        let text = std::fs::read_to_string(path)?;
        let bundle: Bundle = serde_saphyr::from_str(&text).map_err(|error| anyhow::anyhow!("{error}"))?;
        let declared: Vec<Value> = bundle
            .servers
            .iter()
            .flat_map(|server| &server.tools)
            .map(|tool| {
                json!({
                    "name": tool["name"],
                    "description": tool["description"],
                    "read_only": tool["read_only"],
                    "input_schema": tool["input_schema"],
                })
            })
            .collect();
        let listed: Vec<Value> = tools()
            .iter()
            .map(|tool| {
                json!({
                    "name": tool.name,
                    "description": tool.description,
                    "read_only": tool.annotations.as_ref().and_then(|hints| hints.read_only_hint),
                    "input_schema": tool.schema_as_json_value(),
                })
            })
            .collect();
        assert_eq!(declared, listed);
        Ok(())
    }

    #[test]
    fn every_tool_that_is_listed_exists() {
        let crm = Crm::sample();
        for tool in tools() {
            let answer = crm.call(&tool.name, JsonObject::new());
            assert!(
                answer.is_err_and(|text| text.starts_with("These arguments do not fit")),
                "{}",
                tool.name
            );
        }
    }

    #[test]
    fn a_refund_is_in_whole_cents_and_no_more_than_was_paid() {
        let crm = Crm::sample();
        let refund = |amount: f64| {
            crm.call("refund", object(json!({ "customer_id": "c-44", "amount": amount, "currency": "EUR" })))
        };
        assert!(refund(80.0).is_ok());
        assert!(refund(9.91).is_err());
        assert!(refund(0.001).is_err());
        assert!(refund(-1.0).is_err());
        assert!(refund(9.9).is_ok());
        assert!(refund(0.01).is_err());
    }

    #[test]
    fn a_deleted_customer_is_gone() {
        let crm = Crm::sample();
        let ada = || object(json!({ "customer_id": "c-42" }));
        assert!(crm.call("get_customer", ada()).is_ok());
        assert!(crm.call("delete_customer", ada()).is_ok());
        assert!(crm.call("get_customer", ada()).is_err());
    }
}
