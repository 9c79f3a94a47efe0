"""Makes one MCP tool call and prints what was decided about it as one line of JSON, as `crm-agent` does.

The caller's API key is read from COUNTERSIGN_API_KEY. Exits with 0 whenever there was a decision.
"""

import argparse
import asyncio
import json
import os
import sys
from typing import Any

from fastmcp import Client


async def call(
    server: str, key: str | None, tool: str, arguments: dict[str, Any], task: str | None
) -> dict[str, Any]:
    async with Client(server, auth=key, timeout=30) as client:
        if tool not in [listed.name for listed in await client.list_tools()]:
            print(f"call.py: the server does not list `{tool}`; calling it all the same", file=sys.stderr)
        meta = None if task is None else {"countersign/task": task}
        result = await client.call_tool_mcp(tool, arguments, meta=meta)
    told = (result.meta or {}).get("countersign")
    if told is None:
        raise SystemExit("call.py: the server did not say what was decided")
    if told["decision"]:
        outcome = "allowed"
    else:
        outcome = "waiting" if told["reason"] in ("approval_required", "approval_pending") else "denied"
    return {
        "outcome": outcome,
        "reason": told["reason"],
        "text": "\n".join(block.text for block in result.content if block.type == "text"),
        "decision_id": told["decision_id"],
        "micros": told["micros"],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="http://127.0.0.1:9000/mcp")
    parser.add_argument("--tool", required=True)
    parser.add_argument("--arguments", type=json.loads, default={}, help="a JSON object")
    parser.add_argument("--task", help="the task that the call belongs to, by its id")
    given = parser.parse_args()
    key = os.environ.get("COUNTERSIGN_API_KEY") or None
    line = asyncio.run(call(given.server, key, given.tool, given.arguments, given.task))
    print(json.dumps(line, separators=(",", ":")))
