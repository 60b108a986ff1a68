#!/usr/bin/env python3
"""Answers approval requests of the bus, with Python's standard library alone.

    approver.py approval.key [HOST:PORT]

An order of an application with approval by callback waits until this program has answered. The rule here: what costs less
than 100 is approved, what costs more is rejected, and so is what has no cost. Yours may ask your own system; it has ten
seconds, then the bus asks again; an answer without a body says that an operator decides, or that the decision is sent to
the API later. The same request may come twice: answer the same.
"""
import json
import sys
from decimal import Decimal, InvalidOperation

import webhook

HIGHEST_COST = Decimal(100)


def decide(request):
    """The answer to one request."""
    if request["type"] == "uninstall":
        return {"decision": "approve"}
    try:
        cost = Decimal(request["cost"])
    except (TypeError, InvalidOperation):
        return {"decision": "reject", "reason": "the application has no cost"}
    if cost < HIGHEST_COST:
        return {"decision": "approve"}
    return {"decision": "reject", "reason": f"it costs {cost}; {HIGHEST_COST} and more need a talk with IT"}


class Approver(webhook.Handler):
    """One request."""

    def do_POST(self):
        try:
            if self.path != "/approve":
                raise webhook.Refused(404, "there is nothing here")
            _, message = webhook.read_message(self, key)
            request = message["data"]
            answer, order = decide(request), request["order"]
        except webhook.Refused as refused:
            return self.answer(refused.status, "text/plain", str(refused))
        except (KeyError, TypeError) as error:
            return self.answer(400, "text/plain", f"the request lacks {error}")
        print(f"{order}: {answer['decision']} {answer.get('reason', '')}", flush=True)
        return self.answer(200, "application/json", json.dumps(answer))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("use: approver.py KEY-FILE [HOST:PORT]")
    key = webhook.read_key(sys.argv[1])
    webhook.serve(Approver, sys.argv[2] if len(sys.argv) == 3 else "127.0.0.1:8801", "/approve")
