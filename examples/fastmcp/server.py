"""A small MCP server with FastMCP whose every tool call is decided by Countersign."""

import argparse
import asyncio
import logging
import os
import time
from typing import Annotated, Any, Literal

import httpx2
from fastmcp import FastMCP
from fastmcp.exceptions import FastMCPError, NotFoundError, ToolError
from fastmcp.server.dependencies import get_http_headers
from fastmcp.server.middleware import Middleware
from fastmcp.tools.base import ToolResult
from pydantic import Field

log = logging.getLogger("crm")

# Where a call's `_meta` names the task that it belongs to.
TASK = "countersign/task"


class Countersign(Middleware):
    """Asks before every tool call. Whatever is not a readable 200 with `"decision": true` is a denial."""

    def __init__(self, url: str, key: str) -> None:
        self.endpoint = url.rstrip("/") + "/access/v1/evaluation"
        # No redirects, no proxy: key and token go to this address and to no other.
        self.http = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx2.Timeout(2, connect=1),
            follow_redirects=False,
            trust_env=False,
        )

    async def on_call_tool(self, context, call_next):
        call = context.message
        verdict, text = await self.check(call.name, call.arguments or {}, task_of(context))
        if not verdict["decision"]:
            return ToolResult(content=text, meta={"countersign": verdict}, is_error=True)
        try:
            result = await call_next(context)
        except (FastMCPError, NotFoundError) as error:  # the tool failed; it was allowed all the same
            result = ToolResult(content=str(error), is_error=True)
        result.meta = {**(result.meta or {}), "countersign": verdict}
        return result

    async def check(
        self, tool: str, arguments: dict[str, Any], task: str | None = None
    ) -> tuple[dict[str, Any], str]:
        header = get_http_headers(include={"authorization"}).get("authorization", "")
        scheme, _, token = header.partition(" ")
        known = scheme.lower() == "bearer" and token.strip()
        told = {"access_token": known} if known else {}  # without a token: asked, and denied
        if task is not None:
            told["task"] = task  # it narrows, so whoever calls may name it
        question = {
            "subject": {"type": "user", "id": "self"},  # whoever the token names
            "action": {"name": "tools/call"},
            "resource": {"type": "tool", "id": tool, "properties": {"arguments": arguments}},
            "context": told,
        }
        started = time.perf_counter()
        try:
            async with asyncio.timeout(2):
                verdict, text = read(await self.http.post(self.endpoint, json=question))
        except Exception as error:
            log.error("`%s` denied, no decision: %r", tool, error)
            verdict = {"decision": False, "reason": "endpoint_unavailable", "decision_id": None}
            text = "This call could not be authorised right now, so it was not made. Try again later."
        micros = round((time.perf_counter() - started) * 1_000_000)
        return {**verdict, "micros": micros}, text


def task_of(context) -> str | None:
    """The task that the call names in its own `_meta`; only a text is one."""
    server = context.fastmcp_context
    request = server.request_context if server is not None else None
    task = (request.meta or {}).get(TASK) if request is not None else None
    return task if isinstance(task, str) else None


def read(answer: httpx2.Response) -> tuple[dict[str, Any], str]:
    """Raises on anything but a 200 with a true or false `decision`; a denial is a 200 as well."""
    if answer.status_code != 200:
        raise ValueError(f"the endpoint answered {answer.status_code}")
    body = answer.json()
    decision, told = body["decision"], body.get("context", {})
    if decision is not True and decision is not False:
        raise ValueError("unreadable answer")
    reason = told.get("reason") or ("allowed" if decision else "denied")
    text = told.get("reason_user", {}).get("en") or "This call is not allowed."
    verdict = {
        "decision": decision,
        "reason": reason,
        "decision_id": answer.headers.get("countersign-decision-id"),
    }
    if waiting := told.get("access_request"):  # a person was asked to approve this very call
        status_url, expires_at = waiting["form_url"], waiting["expires_at"]
        verdict["approval"] = {"status_url": status_url, "expires_at": expires_at}
        text += (
            f" A person has been asked. See {status_url} (until {expires_at}),"
            " and make exactly this call again once it is approved."
        )
    return verdict, text


# Strict: what was decided on is what runs, "80" is never turned into 80.
mcp = FastMCP("crm", strict_input_validation=True)

CUSTOMERS = {
    "c-42": {"id": "c-42", "name": "Ada Lindqvist", "currency": "EUR", "paid_cents": 240_000, "refunded_cents": 0},
    "c-43": {"id": "c-43", "name": "Bruno Okafor", "currency": "USD", "paid_cents": 1_250_000, "refunded_cents": 0},
}


def customer(customer_id: str) -> dict[str, Any]:
    if customer_id not in CUSTOMERS:
        raise ToolError(f"There is no customer `{customer_id}`.")
    return CUSTOMERS[customer_id]


@mcp.tool(annotations={"readOnlyHint": True})
def get_customer(customer_id: str) -> dict[str, Any]:
    """Show one customer with notes and payments."""
    return customer(customer_id)


@mcp.tool(annotations={"readOnlyHint": False, "destructiveHint": True})
def refund(
    customer_id: str,
    amount: Annotated[float, Field(gt=0)],
    currency: Literal["EUR", "USD"],
    reason: Annotated[str, Field(max_length=500)] = "",
) -> dict[str, Any]:
    """Pay money back to a customer."""
    found, cents = customer(customer_id), round(amount * 100)
    if currency != found["currency"]:
        raise ToolError("This customer pays in another currency.")
    if cents > found["paid_cents"] - found["refunded_cents"]:
        raise ToolError("A refund cannot be more than what was paid.")
    found["refunded_cents"] += cents
    return {"customer_id": customer_id, "refunded_cents": cents, "currency": currency}


@mcp.tool(annotations={"readOnlyHint": False, "destructiveHint": True})
def delete_customer(customer_id: str) -> dict[str, Any]:
    """Delete a customer and all that is stored about them."""
    return {"deleted": CUSTOMERS.pop(customer(customer_id)["id"])["id"]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--countersign", default=os.environ.get("COUNTERSIGN_URL", "http://127.0.0.1:8787"))
    arguments = parser.parse_args()
    if not os.environ.get("COUNTERSIGN_KEY"):
        parser.error("COUNTERSIGN_KEY is not set: the enforcement key of this server")
    mcp.add_middleware(Countersign(arguments.countersign, os.environ["COUNTERSIGN_KEY"]))
    mcp.run(
        transport="http",
        host=arguments.host,
        port=arguments.port,
        path="/mcp",
        stateless_http=True,
        host_origin_protection=True,
        show_banner=False,
    )
